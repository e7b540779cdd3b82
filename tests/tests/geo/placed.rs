// SPDX-License-Identifier: MIT
//! A guarded host that knows places, and peers with addresses that look public.

use super::publisher::{packed, serve};
use aegis_lists::geo::writer::{Value as Record, Writer};
use aegis_testbed::{Daemon, Host, Lab, Link, Result};
use aegis_tests::configuration::File;
use aegis_tests::guarded::Guarded;
use serde_json::Value;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// For what takes a moment.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// What passes the first look at a packet, and then belongs to no connection.
pub const PASSED: &str = "default";
/// Seconds since 1970: not so long ago that anybody warns.
fn built() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("it is later than 1970").as_secs()
}

/// The databases of the test, of countries and of systems: prefixes that look public, inside
/// namespaces.
fn databases() -> [Vec<u8>; 2] {
    let countries = [
        ("81.2.69.0/24", "CN"),
        ("89.160.0.0/17", "SE"),
        ("2a02:100::/32", "CN"),
        ("2a02:101::/32", "SE"),
    ];
    let systems = [("89.160.20.0/24", 4134), ("2a02:101:1::/48", 4134)];
    let net = |text: &str| text.parse().expect("a network");
    let countries = countries.map(|(text, code)| (net(text), Record::country(code)));
    let systems = systems.map(|(text, number)| (net(text), Record::system(number, "A Provider")));
    let write = |kind: &'static str, networks: Vec<_>| Writer::new(kind, built(), networks).write();
    [
        write("DBIP-Country-Lite", countries.to_vec()),
        write("DBIP-ASN-Lite", systems.to_vec()),
    ]
}

/// The same in files that a configuration chooses.
fn chosen(file: &File) -> String {
    let write = |name: &str, bytes: Vec<u8>| {
        let path = file.folder().join(name);
        std::fs::write(&path, bytes).expect("the folder is our own");
        path.display().to_string()
    };
    let [country, asn] = databases();
    let (country, asn) = (write("country.mmdb", country), write("asn.mmdb", asn));
    format!("[geo]\ncountry = {country:?}\nasn = {asn:?}\n")
}

/// A publisher in the host's own namespace, of whom the daemon has them.
pub fn published(host: &Host, _: &File) -> Result<String> {
    let listener = host
        .enter(|| TcpListener::bind("127.0.0.1:0"))?
        .expect("there are ports");
    let address = listener.local_addr().expect("it listens");
    let path = |what: &str| format!("/{what}.gz");
    let [country, asn] = databases();
    let bodies = vec![
        (path("country"), packed(&country)),
        (path("asn"), packed(&asn)),
    ];
    std::thread::spawn(move || serve(listener, bodies, 2));
    Ok(format!(
        "[geo]\nupdate = true\nurl = \"http://{address}/{{what}}.gz\"\n"
    ))
}

/// Asks until an answer is right.
pub fn until(
    what: &str,
    ask: impl Fn() -> Result<Value>,
    right: impl Fn(&Value) -> bool,
) -> Result<Value> {
    let begun = Instant::now();
    loop {
        let answer = ask()?;
        if right(&answer) {
            return Ok(answer);
        }
        assert!(begun.elapsed() < PATIENCE, "{what}: {answer:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A guarded host, its configuration, and peers with addresses of their own.
pub struct Placed {
    pub lab: Guarded,
    pub file: File,
    pub databases: String,
}

impl Placed {
    /// With databases in files, on a link that the test has made ready.
    pub fn start(policy: &str, prepare: impl FnOnce(&Link) -> Result<()>) -> Result<Self> {
        Self::with(|_, file| Ok(chosen(file)), policy, prepare)
    }

    /// With the beginning of a configuration that says where databases are.
    pub fn with(
        databases: impl FnOnce(&Host, &File) -> Result<String>,
        policy: &str,
        prepare: impl FnOnce(&Link) -> Result<()>,
    ) -> Result<Self> {
        let file = File::new("");
        let lab = Lab::new()?;
        let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
        let databases = databases(&host, &file)?;
        file.write(&format!("{databases}{policy}"));
        let pair = lab.veth(&attacker, "eth0", &host, "eth0");
        let link = pair.quiet().without_offloads().up()?;
        prepare(&link)?;
        let daemon = Daemon::on(&host, "eth0")
            .options(&["--config", file.path()])
            .start()?;
        let lab = Guarded::of(lab, link, daemon)?;
        let placed = Self {
            lab,
            file,
            databases,
        };
        let loaded = |geo: &Value| {
            let databases = geo["databases"].as_array().map_or(0, Vec::len);
            databases == 2 && geo["policy"]["pieces_v4"].as_u64() > Some(0)
        };
        until("places are loaded", || placed.geo(), loaded)?;
        Ok(placed)
    }

    pub fn geo(&self) -> Result<Value> {
        self.lab.daemon.json(&["geo", "status"])
    }

    /// Another policy, from the next packet on.
    pub fn reload(&self, policy: &str) -> Result<Value> {
        self.file.write(&format!("{}{policy}", self.databases));
        self.lab.daemon.json(&["reload"])
    }

    /// What becomes of a SYN from an address.
    #[track_caller]
    pub fn arriving(&self, source: &str, reason: &str) -> Result<()> {
        let family = if source.contains(':') { "ipv6" } else { "ipv4" };
        let counter = format!("xdp_ingress/{family}/{reason}");
        let syn = self.lab.syn(source);
        match reason {
            "place" => self.lab.drops(source, &syn, &counter),
            _ => self.lab.passes(source, &syn, &counter),
        }
    }
}

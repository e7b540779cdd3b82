// SPDX-License-Identifier: MIT
//! A guarded host whose neighbour routes for many: a scan may come from any address beyond it.

use aegis_testbed::{Daemon, DaemonBuilder, Lab, Link, Nmap, Result, Scan};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::{until, why};
use jiff::Timestamp;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// More than may be tried, and fewer SYNs than a source has at once.
pub const PORTS: &str = "1-100";
/// As many as may be tried (`port_scan.ports`).
pub const PORTS_ALLOWED: u64 = 50;

/// Nothing is picked up: what is out of state is seen for what it is.
const NO_GRACE: [&str; 2] = ["--set", "attach.grace=0s"];

/// Somebody beyond the neighbour, over IPv4.
pub fn v4(host: u8) -> IpAddr {
    Ipv4Addr::new(198, 51, 100, host).into()
}

/// Somebody beyond the neighbour, over IPv6, in a network of their own.
pub fn v6(network: u16) -> IpAddr {
    Ipv6Addr::new(0x2001, 0xdb8, 0xaf, network, 0, 0, 0, 7).into()
}

/// What an address is banned as: itself, or its network.
pub fn source(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            format!("{}/64", Ipv6Addr::from_bits(network))
        }
    }
}

/// The link on which everybody comes.
pub fn reached() -> Result<(Lab, Link)> {
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let link = lab.veth(&attacker, "eth0", &host, "eth0");
    let link = link.quiet().without_offloads().up()?;
    let (v4, v6) = (link.a.v4().to_string(), link.a.v6().to_string());
    host.ip(&["route", "add", "198.51.100.0/24", "via", &v4])?;
    host.ip(&["-6", "route", "add", "2001:db8:af::/48", "via", &v6])?;
    Ok((lab, link))
}

/// A daemon on that link.
pub fn daemon(link: &Link, options: &[&str]) -> DaemonBuilder {
    let daemon = Daemon::on(link.b.host(), "eth0").options(&NO_GRACE);
    daemon.options(options)
}

pub struct Scanned {
    pub lab: Guarded,
}

impl Scanned {
    pub fn start(options: &[&str]) -> Result<Self> {
        let (lab, link) = reached()?;
        let daemon = daemon(&link, options).start()?;
        Ok(Self {
            lab: Guarded::of(lab, link, daemon)?,
        })
    }

    /// This host, as somebody at an address calls it.
    pub fn target(&self, from: IpAddr) -> IpAddr {
        match from {
            IpAddr::V4(_) => self.lab.link.b.v4().into(),
            IpAddr::V6(_) => self.lab.link.b.v6().into(),
        }
    }

    /// Scans from an address that the neighbour is given.
    pub fn scan(&self, from: IpAddr) -> Result<()> {
        let whole = if from.is_ipv4() { "32" } else { "128" };
        let address = format!("{from}/{whole}");
        let given = ["address", "replace", &address, "dev", "eth0"];
        self.lab.attacker.ip(&given)?;
        let from_there = ["-e", "eth0", "-S", &from.to_string()];
        let nmap = self.nmap(self.target(from));
        let options = from_there.iter();
        let nmap = options.fold(nmap, |nmap, option| nmap.option(option));
        nmap.run().map(drop)
    }

    /// A scan of this host: each port once.
    pub fn nmap(&self, target: IpAddr) -> Nmap<'_> {
        let nmap = Nmap::new(&self.lab.attacker, target, Scan::Syn);
        let nmap = nmap.ports(PORTS).retries(0).option("-T4");
        let fast = ["--min-rate", "500", "--max-rtt-timeout", "100ms"];
        fast.iter().fold(nmap, |nmap, option| nmap.option(option))
    }

    /// Scans until that is banned for; returns what is said of it.
    #[track_caller]
    pub fn convict(&self, from: IpAddr) -> Result<Value> {
        self.scan(from)?;
        let banned = |why: &Value| !detected(why).is_empty();
        until("the ban of a scanner", || self.why(from), banned)
    }

    pub fn why(&self, address: IpAddr) -> Result<Value> {
        why(&self.lab.daemon, address)
    }

    /// Who is banned, and why: target, part, and the origins of the causes.
    pub fn bans(&self) -> Result<Vec<[String; 3]>> {
        let list = self.lab.daemon.json(&["list"])?;
        let bans = list["bans"].as_array().expect("bans are a list");
        Ok(bans.iter().map(in_words).collect())
    }
}

fn in_words(ban: &Value) -> [String; 3] {
    let text = |value: &Value| value.as_str().expect("it is text").to_owned();
    let causes = ban["causes"].as_array().expect("causes are a list");
    let origins: Vec<String> = causes.iter().map(|cause| text(&cause["origin"])).collect();
    [text(&ban["target"]), text(&ban["part"]), origins.join(" ")]
}

/// Origins of all causes of all bans in an answer to `why`.
pub fn origins(why: &Value) -> Vec<&str> {
    causes(why)
        .filter_map(|cause| cause["origin"].as_str())
        .collect()
}

/// The causes that a detector found.
pub fn detected(why: &Value) -> Vec<&Value> {
    let detected = causes(why).filter(|cause| cause["origin"] != "operator");
    detected.collect()
}

fn causes(why: &Value) -> impl Iterator<Item = &Value> {
    let bans = why["bans"].as_array().expect("bans are a list").iter();
    bans.flat_map(|ban| ban["causes"].as_array().expect("causes are a list"))
}

/// A moment that an answer tells.
pub fn moment(value: &Value) -> Timestamp {
    let text = value.as_str().expect("it is text");
    text.parse().expect("it is a moment")
}

// SPDX-License-Identifier: MIT
//! A guarded web server on one Ethernet with an attacker and an honest client: what both send
//! arrives at the same interface.

use aegis_testbed::{Daemon, Host, HttpServer, Lab, Link, Port, Result, Visitor};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Floods of one test at a time: each takes a processor.
static ALONE: Mutex<()> = Mutex::new(());
/// Nobody has it; what goes through it ends at the attacker.
const NOBODY: [(&str, &str); 2] = [("-4", "10.66.1.254"), ("-6", "fd66:1::fe")];
const ETHERNET: &str = "eth0";
/// Nothing stands before the daemon does, so that it need not pick anything up.
const STRICT: [&str; 2] = ["--set", "attach.grace=0s"];

/// Fields are dropped in this order: the daemon before its interface.
pub struct Siege {
    daemon: Option<Daemon>,
    http: HttpServer,
    pub attacker: Port,
    pub client: Port,
    pub guarded: Port,
    _taking: OwnedFd,
    _lab: Lab,
    _alone: MutexGuard<'static, ()>,
}

impl Siege {
    /// Waits for its turn, and guards nothing yet.
    pub fn unguarded() -> Result<Self> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let lab = Lab::new()?;
        let [attacker, client, guarded] =
            ["attacker", "client", "guarded"].map(|label| lab.host(label));
        let hosts = [attacker?, client?, guarded?];
        let ends = hosts.each_ref().map(|host| (host, ETHERNET));
        let lan = lab.bridge(&ends).quiet().without_offloads().up()?;
        let taking = lan.members[2].take_sent_back()?;
        let [attacker, client, guarded] =
            <[Port; 3]>::try_from(lan.ports).expect("a port for each host");
        lead_nowhere(guarded.host(), &attacker)?;
        Ok(Self {
            http: HttpServer::start(guarded.host(), 80)?,
            daemon: None,
            attacker,
            client,
            guarded,
            _taking: taking,
            _lab: lab,
            _alone: alone,
        })
    }

    /// With a daemon that has these options.
    pub fn with(options: &[&str]) -> Result<Self> {
        let mut siege = Self::unguarded()?;
        siege.guard(options)?;
        Ok(siege)
    }

    /// Starts the daemon.
    pub fn guard(&mut self, options: &[&str]) -> Result<()> {
        let daemon = Daemon::on(self.guarded.host(), ETHERNET);
        self.daemon = Some(daemon.options(&STRICT).options(options).start()?);
        Ok(())
    }

    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().expect("the test started it")
    }

    /// From the attacker to the guarded host, for tools.
    pub fn link(&self) -> Link {
        Link {
            a: self.attacker.clone(),
            b: self.guarded.clone(),
        }
    }

    pub fn server(&self, v6: bool) -> SocketAddr {
        let address: IpAddr = match v6 {
            true => self.guarded.v6().into(),
            false => self.guarded.v4().into(),
        };
        SocketAddr::new(address, self.http.port())
    }

    /// Visits of the client, so many a second.
    pub fn visits(&self, per_second: u64, seconds: u64) -> Result<Visitor> {
        Visitor::start(self.client.host(), self.server(false), per_second, seconds)
    }
}

/// Gives answers to invented sources a way; a host without one would not answer at all.
fn lead_nowhere(host: &Host, sink: &Port) -> Result<()> {
    let mac = sink.mac().to_string();
    for (family, gateway) in NOBODY {
        let neighbour = ["neighbour", "replace", gateway, "lladdr", &mac];
        host.ip(&[&neighbour[..], &["nud", "permanent", "dev", ETHERNET]].concat())?;
        let route = [
            "route", "replace", "default", "via", gateway, "dev", ETHERNET,
        ];
        host.ip(&[&[family][..], &route].concat())?;
    }
    Ok(())
}

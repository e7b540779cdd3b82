// SPDX-License-Identifier: MIT
//! The scene: three hosts on one Ethernet, a web server on one of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::Duration;

use aegis_testbed::{Fetcher, Host, HttpServer, Lab, Link, Port};
use anyhow::Result;

/// Port of the web server.
pub const HTTP: u16 = 80;
/// Which port of the bridge the guarded host has.
const GUARDED: usize = 1;
/// How often the client fetches the page.
const FETCH: Duration = Duration::from_millis(20);

/// The guarded host answers invented sources too. What it takes for a router is the attacker's own card, under an
/// address that is nobody's: a real router would be protected from bans.
fn answer_everybody(guarded: &Port, attacker: &Port) -> Result<()> {
    let [a, b, c, _] = guarded.v4().octets();
    let (router, mac) = (
        Ipv4Addr::new(a, b, c, 254).to_string(),
        attacker.mac().to_string(),
    );
    let (host, name) = (guarded.host(), guarded.name());
    let station = [
        "neigh",
        "replace",
        &router,
        "lladdr",
        &mac,
        "dev",
        name,
        "nud",
        "permanent",
    ];
    host.ip(&station)?;
    host.ip(&["route", "replace", "default", "via", &router, "dev", name])?;
    Ok(())
}

/// Three hosts on one bridge. Dropping it removes everything.
#[derive(Debug)]
pub struct Scene {
    // Dropped before the namespace it serves in.
    _server: HttpServer,
    _answers: OwnedFd,
    attacker: Port,
    guarded: Port,
    client: Port,
    _lab: Lab,
}

impl Scene {
    /// Makes the namespaces and starts the web server.
    pub fn build() -> Result<Self> {
        let lab = Lab::new()?;
        let (attacker, guarded, client) = (
            lab.host("attacker")?,
            lab.host("guarded")?,
            lab.host("client")?,
        );
        let ends = [(&attacker, "eth0"), (&guarded, "eth0"), (&client, "eth0")];
        let lan = lab.bridge(&ends).quiet().up()?;
        let [attacker, guarded, client] = <[Port; 3]>::try_from(lan.ports)
            .expect("a bridge has as many ports as it was given hosts");
        answer_everybody(&guarded, &attacker)?;
        // A veth takes what the firewall itself answers only where a program waits at its other end.
        let answers = lan.members[GUARDED].take_sent_back()?;
        let server = HttpServer::start(guarded.host(), HTTP)?;
        Ok(Self {
            _server: server,
            _answers: answers,
            attacker,
            guarded,
            client,
            _lab: lab,
        })
    }

    /// Who attacks.
    pub fn attacker(&self) -> &Port {
        &self.attacker
    }

    /// Whom Aegis guards.
    pub fn guarded(&self) -> &Port {
        &self.guarded
    }

    /// Who only wants the page.
    pub fn client(&self) -> &Port {
        &self.client
    }

    /// The attacker's machine.
    pub fn attacking_host(&self) -> &Host {
        self.attacker.host()
    }

    /// The way from the attacker to the guarded host.
    pub fn way(&self) -> Link {
        Link {
            a: self.attacker.clone(),
            b: self.guarded.clone(),
        }
    }

    /// The web server's address.
    pub fn web(&self) -> SocketAddr {
        SocketAddr::from((IpAddr::from(self.guarded.v4()), HTTP))
    }

    /// Lets the client fetch the page, over and over.
    pub fn start_fetching(&self) -> Result<Fetcher> {
        Ok(Fetcher::start(self.client.host(), self.web(), FETCH)?)
    }
}

// SPDX-License-Identifier: MIT
//! The scene: three hosts on one Ethernet, a web server on one of them.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use aegis_testbed::{Fetcher, Host, HttpServer, Lab, Port};
use anyhow::Result;

/// Port of the web server.
pub const HTTP: u16 = 80;
/// How often the client fetches the page.
const FETCH: Duration = Duration::from_millis(20);

/// Three hosts on one bridge. Dropping it removes everything.
#[derive(Debug)]
pub struct Scene {
    // Dropped before the namespace it serves in.
    _server: HttpServer,
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
        let server = HttpServer::start(guarded.host(), HTTP)?;
        Ok(Self {
            _server: server,
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

    /// The web server's address.
    pub fn web(&self) -> SocketAddr {
        SocketAddr::from((IpAddr::from(self.guarded.v4()), HTTP))
    }

    /// Lets the client fetch the page, over and over.
    pub fn start_fetching(&self) -> Result<Fetcher> {
        Ok(Fetcher::start(self.client.host(), self.web(), FETCH)?)
    }
}

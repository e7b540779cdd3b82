// SPDX-License-Identifier: MIT
//! A router between two networks: what it guards is not its own.

use crate::error::Result;
use crate::host::Host;
use crate::lab::Lab;
use crate::link::Link;

/// A client, a router that forwards both families, and a server, in namespaces of their own.
///
/// Both links are quiet and without offloads: what arrives at the router is what is sent, packet by packet.
#[derive(Debug)]
pub struct Routed {
    /// From `eth0` of the client to `eth0` of the router.
    pub near: Link,
    /// From `eth1` of the router to `eth0` of the server.
    pub far: Link,
    /// Owns the namespaces.
    pub lab: Lab,
}

impl Routed {
    /// Makes the three hosts, the links between them and the routes.
    ///
    /// # Errors
    /// As [`Lab::new`] and [`Lab::veth`].
    pub fn up() -> Result<Self> {
        let lab = Lab::new()?;
        let (client, router, server) = (
            lab.host("client")?,
            lab.host("router")?,
            lab.host("server")?,
        );
        let near = lab.veth(&client, "eth0", &router, "eth0");
        let near = near.quiet().without_offloads().up()?;
        let far = lab.veth(&router, "eth1", &server, "eth0");
        let far = far.quiet().without_offloads().up()?;
        near.a.route_all_through(&near.b)?;
        far.b.route_all_through(&far.a)?;
        for port in [&near.b, &far.a] {
            // Without multicast a router joins no group of routers, and need not report that it did.
            router.ip(&["link", "set", "dev", port.name(), "multicast", "off"])?;
        }
        for setting in ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"] {
            router.set_sysctl(setting, "1")?;
        }
        Ok(Self { near, far, lab })
    }

    /// The host that asks.
    #[must_use]
    pub fn client(&self) -> &Host {
        self.near.a.host()
    }

    /// The host between.
    #[must_use]
    pub fn router(&self) -> &Host {
        self.near.b.host()
    }

    /// The host that answers.
    #[must_use]
    pub fn server(&self) -> &Host {
        self.far.b.host()
    }
}

// SPDX-License-Identifier: MIT
//! One Ethernet for several hosts: a bridge in a namespace of its own, one veth pair a host.

use super::{Addresses, LinkOptions, MacAddr, Port, veth};
use crate::error::Result;
use crate::host::Host;
use crate::lab::{self, Lab};

/// Name of the bridge in its namespace.
const BRIDGE: &str = "br0";

/// Hosts on one Ethernet.
#[derive(Clone, Debug)]
pub struct Lan {
    /// The ports of the hosts, in the order they were named.
    pub ports: Vec<Port>,
    /// The other ends of their cables, in the same order: interfaces of the switch, without addresses of their own.
    pub members: Vec<Port>,
    switch: Host,
}

impl Lan {
    /// The namespace with the bridge in it, `br0` and its members `p1`, `p2`, ...
    #[must_use]
    pub fn switch(&self) -> &Host {
        &self.switch
    }
}

/// Options of a bridged network that is not there yet.
#[derive(Debug)]
#[must_use = "call up() to make the network"]
pub struct BridgeBuilder<'lab> {
    lab: &'lab Lab,
    ends: Vec<(Host, String)>,
    options: LinkOptions,
}

impl<'lab> BridgeBuilder<'lab> {
    pub(crate) fn new(lab: &'lab Lab, ends: &[(&Host, &str)]) -> Self {
        let ends = ends
            .iter()
            .map(|(host, name)| ((*host).clone(), (*name).to_owned()))
            .collect();
        Self {
            lab,
            ends,
            options: LinkOptions::default(),
        }
    }

    /// No frame but those the test causes, and no flooding: the bridge knows every station from the start.
    pub fn quiet(mut self) -> Self {
        self.options.quiet = true;
        self
    }

    /// Largest IP packet, in bytes, on every port.
    pub fn mtu(mut self, mtu: u32) -> Self {
        self.options.mtu = Some(mtu);
        self
    }

    /// Offloads off on the hosts' ports, see [`Port::disable_offloads`].
    pub fn without_offloads(mut self) -> Self {
        self.options.without_offloads = true;
        self
    }

    /// Makes the network and sets every port up. Station numbers follow the order of the hosts, from 1.
    ///
    /// # Errors
    /// With the message of the program that failed.
    pub fn up(self) -> Result<Lan> {
        let net = self.lab.next_net();
        let switch = self.lab.host(&format!("switch{net}"))?;
        switch.set_sysctl("net.ipv6.conf.default.disable_ipv6", "1")?;
        let snooping = ["type", "bridge", "stp_state", "0", "mcast_snooping", "0"];
        switch.ip(&[&["link", "add", BRIDGE][..], &snooping].concat())?;
        switch.ip(&["link", "set", "dev", BRIDGE, "up"])?;
        let (mut ports, mut members) = (Vec::new(), Vec::new());
        for (station, (host, name)) in (1..).zip(self.ends) {
            let mac = MacAddr::numbered(net, station);
            let port = Port {
                host,
                name,
                mac,
                addresses: Addresses::numbered(net, station),
            };
            members.push(plug(&port, &switch, station, &self.options)?);
            ports.push(port);
        }
        if self.options.quiet {
            lab::introduce(&ports)?;
        }
        Ok(Lan {
            ports,
            members,
            switch,
        })
    }
}

/// Connects one host to the bridge; returns the bridge's end.
fn plug(port: &Port, switch: &Host, station: u8, options: &LinkOptions) -> Result<Port> {
    let member = Port {
        host: switch.clone(),
        name: format!("p{station}"),
        // The far half of the number space, so that no member has the address of a station.
        mac: MacAddr::new([0x02, 0xae, 0x61, 0x51, port.mac.octets()[4], station]),
        addresses: port.addresses,
    };
    veth::create_pair(port, &member, options)?;
    switch.ip(&["link", "set", "dev", member.name(), "master", BRIDGE, "up"])?;
    if options.without_offloads {
        port.disable_offloads()?;
    }
    if options.quiet {
        let mac = port.mac.to_string();
        let entry = [
            "fdb",
            "replace",
            &mac,
            "dev",
            member.name(),
            "master",
            "static",
        ];
        switch.run("bridge", &entry)?.success()?;
    }
    port.raise(options)?;
    port.wait_carrier()?;
    member.wait_carrier()?;
    Ok(member)
}

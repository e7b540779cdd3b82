// SPDX-License-Identifier: MIT
//! veth pairs: two Ethernet interfaces, each the other's wire.

use std::process::Command;

use super::{Addresses, Link, LinkOptions, MacAddr, Port};
use crate::error::Result;
use crate::host::{Host, RUN_LIMIT};
use crate::lab::{self, Lab};
use crate::process::{self, find_tool};

/// Options of a veth pair that is not there yet.
#[derive(Debug)]
#[must_use = "call up() to make the link"]
pub struct VethBuilder<'lab> {
    lab: &'lab Lab,
    ends: [(Host, String); 2],
    addresses: Option<[Addresses; 2]>,
    options: LinkOptions,
}

impl<'lab> VethBuilder<'lab> {
    pub(crate) fn new(lab: &'lab Lab, a: (&Host, &str), b: (&Host, &str)) -> Self {
        let end = |(host, name): (&Host, &str)| (host.clone(), name.to_owned());
        Self {
            lab,
            ends: [end(a), end(b)],
            addresses: None,
            options: LinkOptions::default(),
        }
    }

    /// No frame but those the test causes: no ARP, ND, DAD, MLD or router solicitation, permanent neighbours.
    pub fn quiet(mut self) -> Self {
        self.options.quiet = true;
        self
    }

    /// Largest IP packet, in bytes, on both ends.
    pub fn mtu(mut self, mtu: u32) -> Self {
        self.options.mtu = Some(mtu);
        self
    }

    /// Transmit and receive queues on both ends.
    pub fn queues(mut self, queues: u32) -> Self {
        self.options.queues = Some(queues);
        self
    }

    /// Offloads off on both ends, see [`Port::disable_offloads`].
    pub fn without_offloads(mut self) -> Self {
        self.options.without_offloads = true;
        self
    }

    /// Addresses other than [`Addresses::numbered`].
    pub fn addresses(mut self, a: Addresses, b: Addresses) -> Self {
        self.addresses = Some([a, b]);
        self
    }

    /// Makes the pair and sets both ends up.
    ///
    /// # Errors
    /// With the message of the program that failed: `ip`, or `ethtool` for the offloads.
    pub fn up(self) -> Result<Link> {
        let net = self.lab.next_net();
        let addresses = self
            .addresses
            .unwrap_or([Addresses::numbered(net, 1), Addresses::numbered(net, 2)]);
        let [(a_host, a_name), (b_host, b_name)] = self.ends;
        let port = |host, name, station: u8, addresses| Port {
            host,
            name,
            mac: MacAddr::numbered(net, station),
            addresses,
        };
        let a = port(a_host, a_name, 1, addresses[0]);
        let b = port(b_host, b_name, 2, addresses[1]);
        create_pair(&a, &b, &self.options)?;
        for port in [&a, &b] {
            if self.options.without_offloads {
                port.disable_offloads()?;
            }
            port.raise(&self.options)?;
        }
        a.wait_carrier()?;
        b.wait_carrier()?;
        if self.options.quiet {
            lab::introduce(&[a.clone(), b.clone()])?;
        }
        Ok(Link { a, b })
    }
}

/// Creates both interfaces directly in their namespaces: none ever shows up in the namespace of the caller.
pub(super) fn create_pair(a: &Port, b: &Port, options: &LinkOptions) -> Result<()> {
    let common = options.creation_args();
    let (a_mac, b_mac) = (a.mac.to_string(), b.mac.to_string());
    let mut command = Command::new(find_tool("ip")?);
    command.args([
        "link",
        "add",
        a.name(),
        "address",
        &a_mac,
        "netns",
        a.host.namespace(),
    ]);
    command
        .args(&common)
        .args(["type", "veth", "peer", "name", b.name()]);
    command
        .args(["address", &b_mac, "netns", b.host.namespace()])
        .args(&common);
    process::run(command, RUN_LIMIT)?.success().map(drop)
}

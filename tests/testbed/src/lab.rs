// SPDX-License-Identifier: MIT
//! A lab: the namespaces of one test, and the links between them, gone when it is dropped.

use std::any::Any;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Mutex, Once};

use crate::cleanup::{self, Deferred};
use crate::error::Result;
use crate::host::{Host, RUN_LIMIT};
use crate::link::tun::TunBuilder;
use crate::link::{BridgeBuilder, Link, Port, VethBuilder, VlanBuilder, wireguard};
use crate::process::{self, find_tool, lock};

/// Settings of every new host: addresses work at once, and nobody speaks unasked.
const SETTINGS: [(&str, &str); 8] = [
    ("net.ipv6.conf.all.accept_dad", "0"),
    ("net.ipv6.conf.default.accept_dad", "0"),
    ("net.ipv6.conf.default.dad_transmits", "0"),
    ("net.ipv6.conf.default.accept_ra", "0"),
    ("net.ipv6.conf.default.router_solicitations", "0"),
    ("net.ipv4.conf.all.rp_filter", "0"),
    ("net.ipv4.conf.default.rp_filter", "0"),
    // Lets ping() use the kernel's echo sockets.
    ("net.ipv4.ping_group_range", "0 2147483647"),
];

/// Namespaces with names nobody else has, and what connects them.
///
/// ```no_run
/// # fn main() -> aegis_testbed::Result<()> {
/// let lab = aegis_testbed::Lab::new()?;
/// let (attacker, guarded) = (lab.host("attacker")?, lab.host("guarded")?);
/// let link = lab.veth(&attacker, "eth0", &guarded, "eth0").quiet().up()?;
/// let echoes = aegis_testbed::ping(&attacker, link.b.v4().into(), 3)?;
/// assert_eq!(echoes.received, 3);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Lab {
    stem: String,
    nets: Mutex<u8>,
    // Dropped before the namespaces: what lives in them.
    kept: Mutex<Vec<Box<dyn Any + Send>>>,
    namespaces: Mutex<Vec<Deferred>>,
}

impl Lab {
    /// An empty lab. The first of a process also sweeps up what dead test processes have left.
    ///
    /// # Errors
    /// [`Error::MissingTool`](crate::Error::MissingTool) without `ip` or `nsenter`.
    pub fn new() -> Result<Self> {
        static SWEPT: Once = Once::new();
        find_tool("ip")?;
        find_tool("nsenter")?;
        SWEPT.call_once(|| drop(cleanup::sweep_stale()));
        Ok(Self {
            stem: cleanup::unique_stem(),
            nets: Mutex::new(0),
            kept: Mutex::default(),
            namespaces: Mutex::default(),
        })
    }

    /// Adds a host with its loopback up, `net.ipv6` without DAD, and no link yet.
    ///
    /// # Errors
    /// [`Error::Failed`](crate::Error::Failed) when namespaces cannot be made, most often for want of root.
    pub fn host(&self, label: &str) -> Result<Host> {
        let namespace = format!("{}-{label}", self.stem);
        let doomed = namespace.clone();
        lock(&self.namespaces).push(cleanup::defer(move || cleanup::delete_namespace(&doomed)));
        let mut command = Command::new(find_tool("ip")?);
        command.args(["netns", "add", &namespace]);
        process::run(command, RUN_LIMIT)?.success()?;
        let host = Host::new(&namespace, label);
        for (name, value) in SETTINGS {
            host.set_sysctl(name, value)?;
        }
        host.ip(&["link", "set", "dev", "lo", "up"])?;
        Ok(host)
    }

    /// A veth pair between two hosts; set options, then call `up()`.
    pub fn veth<'lab>(
        &'lab self,
        a: &Host,
        a_name: &str,
        b: &Host,
        b_name: &str,
    ) -> VethBuilder<'lab> {
        VethBuilder::new(self, (a, a_name), (b, b_name))
    }

    /// One Ethernet for several hosts: attacker, guarded, bystander; set options, then call `up()`.
    pub fn bridge<'lab>(&'lab self, ends: &[(&Host, &str)]) -> BridgeBuilder<'lab> {
        BridgeBuilder::new(self, ends)
    }

    /// VLAN sub-interfaces on both ends of a link; name the tags, then call `up()`.
    pub fn vlan<'lab>(&'lab self, link: &Link) -> VlanBuilder<'lab> {
        VlanBuilder::new(self, link)
    }

    /// A WireGuard tunnel named `name` on both ends, carried by `link`.
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) without the kernel's WireGuard and without `wireguard-go`.
    pub fn wireguard(&self, link: &Link, name: &str) -> Result<Link> {
        wireguard::up(self, link, name)
    }

    /// A tun device in one host, whose other end is the test itself; set options, then call `up()`.
    pub fn tun<'lab>(&'lab self, host: &Host, name: &str) -> TunBuilder<'lab> {
        TunBuilder::new(self, host, name)
    }

    /// True when this kernel can make links of this kind: `veth`, `bridge`, `vlan`, `wireguard`, `dummy`, `tun`.
    #[must_use]
    pub fn supports(kind: &str) -> bool {
        static KNOWN: Mutex<BTreeMap<String, bool>> = Mutex::new(BTreeMap::new());
        if let Some(answer) = lock(&KNOWN).get(kind) {
            return *answer;
        }
        let answer = Self::new().and_then(|lab| lab.try_kind(kind)).is_ok();
        lock(&KNOWN).insert(kind.to_owned(), answer);
        answer
    }

    /// True when a host can be told to keep a list of the connections that pass through it.
    #[must_use]
    pub fn tracks_connections() -> bool {
        let probe = || Self::new()?.host("probe")?.track_connections();
        probe().is_ok()
    }

    /// Makes a link of this kind in a namespace of its own.
    fn try_kind(&self, kind: &str) -> Result<()> {
        let host = self.host("probe")?;
        match kind {
            "tun" => self.tun(&host, "probe0").up().map(drop),
            "vlan" => {
                host.ip(&[
                    "link", "add", "probe0", "type", "veth", "peer", "name", "probe1",
                ])?;
                let tagged = ["name", "probe2", "type", "vlan", "id", "2"];
                host.ip(&[&["link", "add", "link", "probe0"][..], &tagged].concat())
                    .map(drop)
            }
            other => host.ip(&["link", "add", "probe0", "type", other]).map(drop),
        }
    }

    /// Number of the next network, from which addresses and MACs follow.
    pub(crate) fn next_net(&self) -> u8 {
        let mut nets = lock(&self.nets);
        *nets = nets
            .checked_add(1)
            .expect("a lab has fewer than 256 networks");
        *nets
    }

    /// Keeps something alive until just before the namespaces go.
    pub(crate) fn keep(&self, thing: impl Any + Send) {
        lock(&self.kept).push(Box::new(thing));
    }
}

/// Tells every host of `ports` the hardware addresses of the others, for good, so that nobody has to ask.
pub(crate) fn introduce(ports: &[Port]) -> Result<()> {
    for (index, port) in ports.iter().enumerate() {
        for (_, other) in ports
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
        {
            let mac = other.mac().to_string();
            for address in [other.v4().to_string(), other.v6().to_string()] {
                let entry = ["neighbour", "replace", &address, "lladdr", &mac];
                port.host()
                    .ip(&[&entry[..], &["nud", "permanent", "dev", port.name()]].concat())?;
            }
        }
    }
    Ok(())
}

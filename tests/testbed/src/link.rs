// SPDX-License-Identifier: MIT
//! Links between hosts, with addresses and hardware addresses that are the same in every run.

use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Doing, Error, Result};
use crate::host::Host;
use crate::raw::RawSocket;
use crate::sys;

pub mod bridge;
pub mod tun;
pub mod veth;
pub mod vlan;
pub(crate) mod wireguard;

pub use bridge::{BridgeBuilder, Lan};
pub use tun::Tun;
pub use veth::VethBuilder;
pub use vlan::{VlanBuilder, VlanTag};

/// How long the kernel may take to notice that both ends of a link are up; it looks at least once a second.
const CARRIER: Duration = Duration::from_secs(5);

/// Hardware address of an Ethernet station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MacAddr([u8; 6]);

impl MacAddr {
    /// From its six octets, in wire order.
    #[must_use]
    pub const fn new(octets: [u8; 6]) -> Self {
        Self(octets)
    }

    /// The six octets, in wire order.
    #[must_use]
    pub const fn octets(self) -> [u8; 6] {
        self.0
    }

    /// Locally administered address of one station of one network of a lab.
    const fn numbered(net: u8, station: u8) -> Self {
        Self([0x02, 0xae, 0x61, 0x50, net, station])
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// Both addresses of an interface with their prefix lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    v4: (Ipv4Addr, u8),
    v6: (Ipv6Addr, u8),
}

impl Addresses {
    /// From two prefixes in the usual notation, `10.0.0.1/24` and `fd00::1/64`.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when one is not an address with a prefix length.
    pub fn new(v4: &str, v6: &str) -> Result<Self> {
        Ok(Self {
            v4: prefix(v4, 32)?,
            v6: prefix(v6, 128)?,
        })
    }

    /// `10.66.<net>.<station>/24` and `fd66:<net>::<station>/64`, what links get unless told otherwise.
    #[must_use]
    pub const fn numbered(net: u8, station: u8) -> Self {
        Self {
            v4: (Ipv4Addr::new(10, 66, net, station), 24),
            v6: (
                Ipv6Addr::new(0xfd66, net as u16, 0, 0, 0, 0, 0, station as u16),
                64,
            ),
        }
    }

    /// IPv4 address.
    #[must_use]
    pub const fn v4(&self) -> Ipv4Addr {
        self.v4.0
    }

    /// IPv6 address.
    #[must_use]
    pub const fn v6(&self) -> Ipv6Addr {
        self.v6.0
    }
}

fn prefix<A: FromStr>(text: &str, longest: u8) -> Result<(A, u8)> {
    let read = || {
        let (address, length) = text.split_once('/')?;
        let length = length.parse().ok().filter(|length| *length <= longest)?;
        Some((address.parse().ok()?, length))
    };
    let what = "an address with a prefix length".to_owned();
    read().ok_or_else(|| Error::Unreadable {
        what,
        text: text.to_owned(),
    })
}

/// One interface of one host.
#[derive(Clone, Debug)]
pub struct Port {
    host: Host,
    name: String,
    mac: MacAddr,
    addresses: Addresses,
}

impl Port {
    /// The host it belongs to.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Name of the interface in its host.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Hardware address; zero where the link has none (tun, WireGuard).
    #[must_use]
    pub fn mac(&self) -> MacAddr {
        self.mac
    }

    /// IPv4 address.
    #[must_use]
    pub fn v4(&self) -> Ipv4Addr {
        self.addresses.v4()
    }

    /// IPv6 address.
    #[must_use]
    pub fn v6(&self) -> Ipv6Addr {
        self.addresses.v6()
    }

    /// A raw socket on this interface.
    ///
    /// # Errors
    /// [`Error::Io`] when the interface is gone or root is missing.
    pub fn raw(&self) -> Result<RawSocket> {
        RawSocket::open(&self.host, &self.name)
    }

    /// Takes what the XDP program at the other end of a veth sends back (`XDP_TX`), for as long as the answer lives:
    /// such an end needs a program of its own, and has one that lets everything pass.
    ///
    /// # Errors
    /// [`Error::Io`] when there is a program already, or on kernels before 5.9.
    pub fn take_sent_back(&self) -> Result<OwnedFd> {
        let attached = self.host.enter(|| {
            let index = sys::interface_index(&self.name)?;
            sys::attach_passing_xdp(index)
        })?;
        attached.doing(|| format!("attach a program to {}", self.name))
    }

    /// Packets the interface has carried, by its own count.
    ///
    /// # Errors
    /// [`Error::Io`] when the host is gone, [`Error::Unreadable`] when the interface is.
    pub fn packets(&self) -> Result<PacketCounts> {
        // The file of the thread, which is inside the host; that of the process is not.
        let table = self
            .host
            .enter(|| fs::read_to_string("/proc/thread-self/net/dev"))?
            .doing(|| format!("count the packets of {}", self.name))?;
        PacketCounts::of(&self.name, &table).ok_or_else(|| Error::Unreadable {
            what: format!("the packet counts of {}", self.name),
            text: table,
        })
    }

    /// Sends everything that is for no network of the host's own through `gateway`, over both families.
    ///
    /// Answers to invented sources need it: a host without a route to a source does not answer at all.
    ///
    /// # Errors
    /// [`Error::Failed`] with the message of `ip`.
    pub fn route_all_through(&self, gateway: &Port) -> Result<()> {
        for (family, via) in [
            ("-4", gateway.v4().to_string()),
            ("-6", gateway.v6().to_string()),
        ] {
            let route = [
                "route", "replace", "default", "via", &via, "dev", &self.name,
            ];
            self.host.ip(&[&[family][..], &route].concat())?;
        }
        Ok(())
    }

    /// Sets checksum, segmentation and VLAN offloads off, so that frames on the link are whole and final.
    ///
    /// # Errors
    /// [`Error::Failed`] with the message of `ethtool`, [`Error::MissingTool`] without it.
    pub fn disable_offloads(&self) -> Result<()> {
        let features = ["tx", "rx", "tso", "gso", "gro", "txvlan", "rxvlan"];
        let mut args = vec!["-K", self.name()];
        args.extend(features.iter().flat_map(|feature| [*feature, "off"]));
        self.host.run("ethtool", &args)?.success().map(drop)
    }

    /// Gives the interface its addresses and sets it up.
    fn raise(&self, options: &LinkOptions) -> Result<()> {
        if options.quiet {
            self.hush()?;
        }
        let Addresses { v4, v6 } = self.addresses;
        self.host
            .add_address(&self.name, &format!("{}/{}", v4.0, v4.1))?;
        self.host
            .add_address(&self.name, &format!("{}/{}", v6.0, v6.1))?;
        self.host
            .ip(&["link", "set", "dev", &self.name, "up"])
            .map(drop)
    }

    /// Waits until the kernel has noticed the carrier, which it does in the background: before that IPv6 is deaf.
    fn wait_carrier(&self) -> Result<()> {
        let began = Instant::now();
        loop {
            let shown = self.host.ip(&["-o", "link", "show", "dev", &self.name])?;
            if shown.contains(" state UP ") {
                return Ok(());
            }
            if began.elapsed() > CARRIER {
                let what = format!("the carrier of {}", self.name);
                return Err(Error::Timeout {
                    what,
                    waited: CARRIER,
                    seen: shown,
                });
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Keeps the kernel from sending anything of its own accord on this interface, which must still be down.
    ///
    /// No link-local address means no router solicitation and no DAD; without ARP the kernel joins no
    /// solicited-node group, so that there is no MLD report either.
    fn hush(&self) -> Result<()> {
        self.host
            .ip(&["link", "set", "dev", &self.name, "addrgenmode", "none"])?;
        self.host
            .ip(&["link", "set", "dev", &self.name, "arp", "off"])
            .map(drop)
    }
}

/// Packets that an interface has carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketCounts {
    /// From the link to the host.
    pub received: u64,
    /// From the host to the link.
    pub sent: u64,
}

impl PacketCounts {
    /// From the kernel's table of interfaces: eight numbers on what was received, packets second, then on what was sent.
    fn of(name: &str, table: &str) -> Option<Self> {
        let mut rows = table.lines().filter_map(|line| line.split_once(':'));
        let (_, row) = rows.find(|(interface, _)| interface.trim() == name)?;
        let mut numbers = row.split_whitespace().map(str::parse);
        Some(Self {
            received: numbers.nth(1)?.ok()?,
            sent: numbers.nth(7)?.ok()?,
        })
    }
}

/// Two ports that reach each other.
#[derive(Clone, Debug)]
pub struct Link {
    /// The end named first.
    pub a: Port,
    /// The end named second.
    pub b: Port,
}

/// What the builders of links have in common.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LinkOptions {
    pub(crate) quiet: bool,
    pub(crate) mtu: Option<u32>,
    pub(crate) queues: Option<u32>,
    pub(crate) without_offloads: bool,
}

impl LinkOptions {
    /// Arguments of `ip link add` that set MTU and queues.
    fn creation_args(&self) -> Vec<String> {
        let pairs = [
            ("mtu", self.mtu),
            ("numtxqueues", self.queues),
            ("numrxqueues", self.queues),
        ];
        let given = pairs
            .iter()
            .filter_map(|(name, value)| Some((name, (*value)?)));
        given
            .flat_map(|(name, value)| [(*name).to_owned(), value.to_string()])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_address_reads_as_people_write_it() {
        let mac = MacAddr::numbered(3, 10);
        assert_eq!(mac.to_string(), "02:ae:61:50:03:0a");
        assert_eq!(MacAddr::new(mac.octets()), mac);
    }

    #[test]
    fn packet_counts_are_read_from_the_table_of_the_kernel() {
        let table = "Inter-|   Receive      |  Transmit\n face |bytes packets ...\n\
            \x20 lo:       1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n\
            eth0: 100 20 0 7 0 0 0 0 300 40 0 0 0 0 0 0\n";
        let (received, sent) = (20, 40);
        let counts = Some(PacketCounts { received, sent });
        assert_eq!(PacketCounts::of("eth0", table), counts);
        assert_eq!(PacketCounts::of("eth1", table), None);
    }

    #[test]
    fn addresses_need_a_prefix_length_that_fits() {
        let good = Addresses::new("10.0.0.1/24", "fd00::1/64").unwrap();
        assert_eq!(good.v4(), Ipv4Addr::new(10, 0, 0, 1));
        assert!(Addresses::new("10.0.0.1", "fd00::1/64").is_err());
        assert!(Addresses::new("10.0.0.1/33", "fd00::1/64").is_err());
        assert!(Addresses::new("10.0.0.1/24", "fd00::1/129").is_err());
    }
}

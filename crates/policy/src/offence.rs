// SPDX-License-Identifier: MIT
//! What a source did that it should not have.

use crate::Target;
use aegis_abi::{Family, OffenceCodes, Reason};
use aegis_core::Nanos;
use ipnet::{IpNet, Ipv6Net};
use std::net::IpAddr;

/// What a source did, as the detectors tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offence {
    /// Who: an IPv4 address or an IPv6 /64.
    pub source: Target,
    /// What.
    pub kind: Reason,
    /// Whether nobody else can have sent the packets in the source's name.
    pub proven: bool,
    /// When.
    pub at: Nanos,
    /// Distinct ports tried since `first_seen`.
    pub ports_seen: u32,
    /// Unsolicited packets since `first_seen`.
    pub packets: u64,
    /// Of them, those over a rate.
    pub refused: u64,
    /// The ports tried last.
    pub recent_ports: Vec<u16>,
    /// Since when the source is counted. Offences with the same beginning are counts that went on.
    pub first_seen: Nanos,
}

impl Offence {
    /// As the kernel tells it; `None` for an address that can be no source.
    #[must_use]
    pub fn told(record: &aegis_abi::Offence, codes: OffenceCodes) -> Option<Self> {
        let [a, b, c, d, ..] = record.address;
        let source = match codes.family {
            Family::V4 => IpNet::from(IpAddr::from([a, b, c, d])),
            Family::V6 => Ipv6Net::new_assert(record.address.into(), 64)
                .trunc()
                .into(),
            Family::Other => return None,
        };
        let ports = record.recent.iter().copied();
        Some(Self {
            source: Target::try_from(source).ok()?,
            kind: codes.reason,
            proven: record.proven != 0,
            at: Nanos(record.time_ns),
            ports_seen: record.tried.into(),
            packets: record.packets.into(),
            refused: record.refused.into(),
            recent_ports: ports.filter(|port| *port != 0).collect(),
            first_seen: Nanos(record.window_ns),
        })
    }

    /// The figures, as the remark of a ban.
    #[must_use]
    pub fn figures(&self) -> String {
        let seconds = self
            .at
            .0
            .saturating_sub(self.first_seen.0)
            .div_ceil(1_000_000_000);
        let (ports, packets) = (self.ports_seen, self.packets);
        match ports {
            0 => format!("{packets} packets within {seconds} s"),
            _ => format!("{ports} ports, {packets} packets within {seconds} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(address: &str) -> (aegis_abi::Offence, OffenceCodes) {
        let mut record = aegis_abi::Offence {
            time_ns: 3_500_000_000,
            window_ns: 1_000_000_000,
            packets: 60,
            refused: 7,
            recent: [22, 80, 0, 0, 0, 0, 0, 443],
            tried: 51,
            ..Default::default()
        };
        let family = match address.parse().unwrap() {
            IpAddr::V4(address) => {
                record.address[..4].copy_from_slice(&address.octets());
                Family::V4
            }
            IpAddr::V6(address) => {
                record.address = address.octets();
                Family::V6
            }
        };
        let reason = Reason::PortScan;
        (record, OffenceCodes { reason, family })
    }

    #[test]
    fn a_record_of_the_kernel_is_read_whole() {
        let (record, codes) = record("192.0.2.7");
        let offence = Offence::told(&record, codes).unwrap();
        let expected = Offence {
            source: "192.0.2.7".parse().unwrap(),
            kind: Reason::PortScan,
            proven: false,
            at: Nanos(3_500_000_000),
            ports_seen: 51,
            packets: 60,
            refused: 7,
            recent_ports: vec![22, 80, 443],
            first_seen: Nanos(1_000_000_000),
        };
        assert_eq!(offence, expected);
        assert_eq!(offence.figures(), "51 ports, 60 packets within 3 s");
        let portless = Offence {
            ports_seen: 0,
            ..offence
        };
        assert_eq!(portless.figures(), "60 packets within 3 s");
        let proven = aegis_abi::Offence {
            proven: 1,
            ..record
        };
        assert!(Offence::told(&proven, codes).unwrap().proven);
    }

    #[test]
    fn an_ipv6_source_is_its_network_and_what_has_no_address_is_none() {
        let (one, codes) = record("2001:db8:1:2:3::4");
        let source = Offence::told(&one, codes).unwrap().source;
        assert_eq!(source, "2001:db8:1:2::/64".parse().unwrap());
        let other = OffenceCodes {
            family: Family::Other,
            ..codes
        };
        assert_eq!(Offence::told(&one, other), None);
        let (nobody, codes) = record("0.0.0.0");
        assert_eq!(Offence::told(&nobody, codes), None);
    }
}

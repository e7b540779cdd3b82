// SPDX-License-Identifier: MIT
//! Which part of a peer's traffic a ban is about: all of it, a protocol, a port, or both; or what
//! begins connections.

use crate::ParseError;
use aegis_abi::ScopeKey;
use aegis_core::packet::protocol as number;
use aegis_core::stage::ban::Service;
use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

/// A transport port, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(NonZeroU16);

impl Port {
    /// The port, unless it is 0.
    #[must_use]
    pub fn new(port: u16) -> Option<Self> {
        NonZeroU16::new(port).map(Self)
    }

    /// Host order.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

impl FromStr for Port {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse().ok().and_then(Self::new))
            .flatten()
            .ok_or_else(|| ParseError::Port(text.into()))
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An IP protocol number, 0 to 254.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(u8);

/// Names by number; the first of several for one number is the one shown. The rest are spellings
/// of the IANA registry that differ from it.
const NAMES: [(&str, u8); 13] = [
    ("tcp", number::TCP),
    ("udp", number::UDP),
    ("icmp", number::ICMP),
    ("icmpv6", number::ICMPV6),
    ("sctp", number::SCTP),
    ("udplite", number::UDP_LITE),
    ("dccp", number::DCCP),
    ("esp", 50),
    ("ah", 51),
    ("gre", 47),
    ("igmp", number::IGMP),
    ("ipv6-icmp", number::ICMPV6),
    ("udp-lite", number::UDP_LITE),
];

impl Protocol {
    /// TCP.
    pub const TCP: Self = Self(number::TCP);
    /// UDP.
    pub const UDP: Self = Self(number::UDP);

    /// The protocol of a number, unless it is 255, which IANA keeps from use.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (number != ScopeKey::ANY_PROTOCOL).then_some(Self(number))
    }

    /// As in the IP header.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// The name, where it is one of those that can be given by name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(_, number)| *number == self.0)
            .map(|(name, _)| *name)
    }

    /// Whether its packets have ports that the packet path reads.
    #[must_use]
    pub fn has_ports(self) -> bool {
        matches!(
            self.0,
            number::TCP | number::UDP | number::DCCP | number::SCTP | number::UDP_LITE
        )
    }

    /// The names that are shown, one for each protocol that has one.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        let shown = |(name, number): &&(&'static str, u8)| Self(*number).name() == Some(*name);
        NAMES.iter().filter(shown).map(|(name, _)| *name)
    }

    /// The names to choose from, for messages.
    pub(crate) fn known() -> String {
        Self::names().collect::<Vec<_>>().join(", ")
    }
}

impl FromStr for Protocol {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let named = NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        if let Some((_, number)) = named {
            return Ok(Self(*number));
        }
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse().ok().and_then(Self::new))
            .flatten()
            .ok_or_else(|| ParseError::Protocol(text.into()))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "protocol {}", self.0),
        }
    }
}

/// A part of a peer's traffic. A port is the destination port, whichever way the packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    port: Option<Port>,
    protocol: Option<Protocol>,
    /// Only packets outside known connections; then there is neither port nor protocol.
    unsolicited: bool,
}

impl Part {
    /// All of it.
    pub const WHOLE: Self = Self {
        port: None,
        protocol: None,
        unsolicited: false,
    };

    /// What belongs to no known connection: the peer's connections go on, and it begins no other.
    pub const UNSOLICITED: Self = Self {
        unsolicited: true,
        ..Self::WHOLE
    };

    /// The part with this port and protocol, where given.
    ///
    /// # Errors
    /// [`ParseError::Portless`] for a port of a protocol that has none.
    pub fn new(port: Option<Port>, protocol: Option<Protocol>) -> Result<Self, ParseError> {
        match (port, protocol) {
            (Some(port), Some(protocol)) if !protocol.has_ports() => {
                Err(ParseError::Portless { port, protocol })
            }
            _ => Ok(Self {
                port,
                protocol,
                unsolicited: false,
            }),
        }
    }

    /// The destination port, where it matters.
    #[must_use]
    pub fn port(self) -> Option<Port> {
        self.port
    }

    /// The protocol, where it matters.
    #[must_use]
    pub fn protocol(self) -> Option<Protocol> {
        self.protocol
    }

    /// Whether this is all of it.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self == Self::WHOLE
    }

    /// Whether this is only what belongs to no known connection.
    #[must_use]
    pub fn is_unsolicited(self) -> bool {
        self.unsolicited
    }

    /// Whether a ban on this port or protocol, or both, is one on packets to a service.
    pub(crate) fn covers(self, service: Service) -> bool {
        let port = self.port.is_none_or(|port| port.get() == service.port);
        let protocol = self.protocol.is_none_or(|p| p.number() == service.protocol);
        let any = self.port.is_some() || self.protocol.is_some();
        any && port && protocol
    }

    /// The key in a scope group; not for the whole.
    pub(crate) fn key(self, group: u32) -> ScopeKey {
        if self.unsolicited {
            return ScopeKey::unsolicited(group);
        }
        ScopeKey {
            group,
            port: self.port.map_or(0, Port::get),
            protocol: self
                .protocol
                .map_or(ScopeKey::ANY_PROTOCOL, Protocol::number),
            kind: ScopeKey::ALL,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.port, self.protocol) {
            (None, None) if self.unsolicited => f.write_str("new connections"),
            (None, None) => f.write_str("everything"),
            (Some(port), None) => write!(f, "port {port}"),
            (None, Some(protocol)) => protocol.fmt(f),
            (Some(port), Some(protocol)) => write!(f, "{protocol} port {port}"),
        }
    }
}

/// As it is shown.
impl FromStr for Part {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (protocol, port) = match words.as_slice() {
            ["everything"] => return Ok(Self::WHOLE),
            ["new", "connections"] => return Ok(Self::UNSOLICITED),
            ["port", port] => (None, Some(*port)),
            ["protocol", protocol] | [protocol] => (Some(*protocol), None),
            ["protocol", protocol, "port", port] | [protocol, "port", port] => {
                (Some(*protocol), Some(*port))
            }
            _ => return Err(ParseError::Part(text.into())),
        };
        let port = port.map(str::parse).transpose()?;
        Self::new(port, protocol.map(str::parse).transpose()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_out_of_range_names_the_range() {
        for text in ["99999", "0", "-1", "+80", "", "http", "65536"] {
            let error = text.parse::<Port>().unwrap_err().to_string();
            assert!(error.contains("between 1 and 65535"), "{error}");
        }
        assert_eq!("65535".parse::<Port>().unwrap().get(), 65535);
    }

    #[test]
    fn protocols_go_by_name_in_any_case_and_by_number() {
        for (text, number) in [
            ("tcp", 6),
            ("UDP", 17),
            ("Icmp", 1),
            ("icmpv6", 58),
            ("IPv6-ICMP", 58),
            ("gre", 47),
            ("6", 6),
            ("254", 254),
            ("0", 0),
        ] {
            assert_eq!(text.parse::<Protocol>().unwrap().number(), number, "{text}");
        }
        assert_eq!(Protocol(58).to_string(), "icmpv6");
        assert_eq!(Protocol(254).to_string(), "protocol 254");
    }

    #[test]
    fn an_unknown_protocol_lists_the_known_ones() {
        for text in ["tpc", "255", "256", "-6", ""] {
            let error = text.parse::<Protocol>().unwrap_err().to_string();
            assert!(
                error.contains("tcp, udp, icmp, icmpv6, sctp, udplite, dccp, esp, ah, gre, igmp"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_port_of_a_protocol_without_ports_is_refused() {
        let port = Port::new(80);
        for name in ["icmp", "icmpv6", "esp", "ah", "gre", "igmp", "200"] {
            let error = Part::new(port, Some(name.parse().unwrap()))
                .unwrap_err()
                .to_string();
            assert!(error.contains("has no ports"), "{error}");
        }
        for name in ["tcp", "udp", "sctp", "udplite", "dccp"] {
            assert!(
                Part::new(port, Some(name.parse().unwrap())).is_ok(),
                "{name}"
            );
        }
    }

    #[test]
    fn parts_say_what_they_are() {
        let part = |port, protocol| Part::new(port, protocol).unwrap().to_string();
        assert_eq!(part(None, None), "everything");
        assert_eq!(part(Port::new(53), None), "port 53");
        assert_eq!(part(Port::new(22), Some(Protocol::TCP)), "tcp port 22");
        assert_eq!(part(None, Some(Protocol(1))), "icmp");
        assert_eq!(Part::UNSOLICITED.to_string(), "new connections");
    }

    #[test]
    fn a_part_is_read_as_it_is_shown() {
        for text in [
            "everything",
            "new connections",
            "port 53",
            "tcp port 22",
            "icmp",
            "protocol 254",
        ] {
            let part: Part = text.parse().expect(text);
            assert_eq!(part.to_string(), text);
        }
        for (text, part) in [
            ("", "no part"),
            ("new", "not a protocol"),
            ("port", "not a protocol"),
            ("port 0", "not a port"),
            ("tcp 22", "no part"),
            ("icmp port 22", "has no ports"),
        ] {
            let error = text.parse::<Part>().expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn new_connections_are_a_part_of_their_own() {
        let part = Part::UNSOLICITED;
        assert!(part.is_unsolicited() && !part.is_whole() && !Part::WHOLE.is_unsolicited());
        assert_eq!((part.port(), part.protocol()), (None, None));
        assert_ne!(Part::new(None, None).unwrap(), part);
        assert_eq!(part.key(7), ScopeKey::unsolicited(7));
        let port = Part::new(Port::new(80), None).unwrap();
        assert_eq!(port.key(7).kind, ScopeKey::ALL);
    }
}

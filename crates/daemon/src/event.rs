// SPDX-License-Identifier: MIT
//! The kernel's events into the ones that people and programs read.

use crate::ban::{Moment, protocol_name};
use crate::geo;
use aegis_abi::event::EventCodes;
use aegis_abi::{Event, Family, Reason};
use aegis_api::SecurityEvent;
use aegis_core::Nanos;
use aegis_core::packet::protocol as number;
use aegis_policy::Protocol;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// How many events are kept for those who ask later.
pub const KEPT: usize = 1024;

/// The most recent events.
#[derive(Debug, Default)]
pub struct Recent(VecDeque<SecurityEvent>);

impl Recent {
    /// One more; the oldest goes when there are [`KEPT`].
    pub fn push(&mut self, event: SecurityEvent) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(event);
    }

    /// At most so many, the newest last.
    pub fn last(&self, limit: usize) -> Vec<SecurityEvent> {
        self.0
            .iter()
            .skip(self.0.len().saturating_sub(limit))
            .cloned()
            .collect()
    }

    /// Likewise, of those for which `wanted` holds.
    pub fn last_of(
        &self,
        limit: usize,
        wanted: impl Fn(&SecurityEvent) -> bool,
    ) -> Vec<SecurityEvent> {
        let newest = self
            .0
            .iter()
            .rev()
            .filter(|event| wanted(event))
            .take(limit);
        let mut found: Vec<SecurityEvent> = newest.cloned().collect();
        found.reverse();
        found
    }
}

/// Translates events; it knows what the numbers in them mean here.
#[derive(Debug)]
pub struct Translator {
    /// Names of interfaces by index.
    pub interfaces: BTreeMap<u32, String>,
}

impl Translator {
    /// An event in words.
    pub fn translate(&self, event: &Event, codes: &EventCodes, now: &Moment) -> SecurityEvent {
        let addresses = addresses(event, codes.family);
        let known = addresses.is_some();
        let ports = ports(event, codes.reason).filter(|_| known);
        let icmp = matches!(event.protocol, number::ICMP | number::ICMPV6)
            && known
            && codes.reason != Reason::IcmpTruncated
            && codes.reason != Reason::LaterFragment;
        SecurityEvent {
            timestamp: now.wall_of(Nanos(event.time_ns)),
            src_ip: addresses.map(|(source, _)| source),
            dst_ip: addresses.map(|(_, destination)| destination),
            src_port: ports.map(|(source, _)| source),
            dst_port: ports.map(|(_, destination)| destination),
            proto: known.then(|| protocol(event.protocol)),
            tcp_flags: (event.protocol == number::TCP && ports.is_some())
                .then(|| tcp_flags(event.tcp_flags)),
            action: codes.action.label().to_owned(),
            reason: codes.reason.class(codes.hook).label().to_owned(),
            threat_type: codes.reason.label().to_owned(),
            packet_len: event.length,
            hook: codes.hook.label().to_owned(),
            interface: self.interface(event.interface),
            rule: Some(event.rule).filter(|&rule| rule != 0),
            list: None,
            category: None,
            suppressed: event.suppressed,
            icmp_type: icmp.then_some(event.icmp_type),
            icmp_code: icmp.then_some(event.icmp_code),
            hop_limit: known.then_some(event.hop_limit),
            src_place: addresses.and_then(|(source, _)| geo::place(source)),
            dst_place: addresses.and_then(|(_, destination)| geo::place(destination)),
            geo_rule: None,
        }
    }

    fn interface(&self, index: u32) -> String {
        self.interfaces
            .get(&index)
            .cloned()
            .unwrap_or_else(|| format!("#{index}"))
    }
}

/// Source and destination; `None` where the frame was too broken to have any.
fn addresses(event: &Event, family: Family) -> Option<(IpAddr, IpAddr)> {
    if event.source == [0; 16] && event.destination == [0; 16] {
        return None;
    }
    let address = |bytes: [u8; 16]| match family {
        Family::V4 => Some(IpAddr::from([bytes[0], bytes[1], bytes[2], bytes[3]])),
        Family::V6 => Some(IpAddr::from(bytes)),
        Family::Other => None,
    };
    Some((address(event.source)?, address(event.destination)?))
}

/// Both 0 means that there was no whole transport header, but for a packet dropped for just that.
fn ports(event: &Event, reason: Reason) -> Option<(u16, u16)> {
    let ports = (event.source_port, event.destination_port);
    let has = Protocol::new(event.protocol).is_some_and(Protocol::has_ports);
    (has && (ports != (0, 0) || reason == Reason::TcpPortZero)).then_some(ports)
}

fn protocol(number: u8) -> String {
    Protocol::new(number).map_or_else(|| number.to_string(), protocol_name)
}

/// See `SecurityEvent::tcp_flags`.
fn tcp_flags(flags: u16) -> String {
    let letters = "FSRPAUECNrrr".chars().enumerate();
    letters
        .filter(|(bit, _)| flags & (1 << bit) != 0)
        .map(|(_, letter)| letter)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::{Action, Hook};
    use jiff::Timestamp;

    fn translated(event: &Event, reason: Reason, family: Family) -> SecurityEvent {
        let interfaces = BTreeMap::from([(3, "eth0".to_owned())]);
        let codes = EventCodes {
            reason,
            action: Action::Drop,
            hook: Hook::XdpIngress,
            family,
        };
        let wall = Timestamp::from_second(1_700_000_000).expect("in range");
        let now = Moment {
            monotonic: Nanos(2_000_000_000),
            wall,
        };
        Translator { interfaces }.translate(event, &codes, &now)
    }

    fn v4(last: u8) -> [u8; 16] {
        let mut address = [0; 16];
        address[..4].copy_from_slice(&[192, 0, 2, last]);
        address
    }

    #[test]
    fn an_event_has_the_field_names_that_users_filter_by() {
        let event = Event {
            time_ns: 1_000_000_000,
            source: v4(1),
            destination: v4(2),
            length: 54,
            interface: 3,
            source_port: 40_000,
            destination_port: 80,
            tcp_flags: 0x29,
            protocol: 6,
            hop_limit: 64,
            ..Event::EMPTY
        };
        let json = serde_json::to_value(translated(&event, Reason::TcpXmas, Family::V4));
        assert_eq!(
            json.expect("plain fields"),
            serde_json::json!({
                "timestamp": "2023-11-14T22:13:19Z", "src_ip": "192.0.2.1", "dst_ip": "192.0.2.2",
                "src_port": 40_000, "dst_port": 80, "proto": "tcp", "tcp_flags": "FPU",
                "action": "drop", "reason": "TCP_ANOMALY", "threat_type": "tcp_xmas",
                "packet_len": 54, "hook": "xdp_ingress", "interface": "eth0", "rule": null,
                "list": null, "category": null, "suppressed": 0,
                "icmp_type": null, "icmp_code": null, "hop_limit": 64,
            })
        );
    }

    #[test]
    fn what_a_packet_does_not_have_is_null() {
        let broken = translated(&Event::EMPTY, Reason::Ipv4Truncated, Family::V4);
        assert_eq!(
            (broken.src_ip, broken.src_port, broken.proto),
            (None, None, None)
        );
        assert_eq!(broken.interface, "#0");
        let echo = Event {
            source: v4(1),
            destination: v4(2),
            protocol: 1,
            icmp_type: 8,
            ..Event::EMPTY
        };
        let echo = translated(&echo, Reason::BanAddress, Family::V4);
        assert_eq!(
            (echo.icmp_type, echo.icmp_code, echo.dst_port),
            (Some(8), Some(0), None)
        );
        assert_eq!(
            (echo.proto.as_deref(), echo.tcp_flags),
            (Some("icmp"), None)
        );
        let esp = Event {
            source: v4(1),
            destination: v4(2),
            protocol: 99,
            ..Event::EMPTY
        };
        assert_eq!(
            translated(&esp, Reason::BanAddress, Family::V4)
                .proto
                .as_deref(),
            Some("99")
        );
    }

    #[test]
    fn flags_are_spelt_lowest_bit_first() {
        assert_eq!(tcp_flags(0), "");
        assert_eq!(tcp_flags(0x12), "SA");
        assert_eq!(tcp_flags(0xfff), "FSRPAUECNrrr");
    }

    #[test]
    fn the_oldest_event_makes_room() {
        let mut recent = Recent::default();
        let event = translated(&Event::EMPTY, Reason::Land, Family::V4);
        for packet_len in 0..1030 {
            recent.push(SecurityEvent {
                packet_len,
                ..event.clone()
            });
        }
        assert_eq!(recent.last(usize::MAX).len(), KEPT);
        let lengths: Vec<u32> = recent
            .last(2)
            .iter()
            .map(|event| event.packet_len)
            .collect();
        assert_eq!(lengths, [1028, 1029]);
        assert_eq!(recent.last(0), []);
        let even = recent.last_of(2, |event| event.packet_len % 2 == 0);
        let lengths: Vec<u32> = even.iter().map(|event| event.packet_len).collect();
        assert_eq!(lengths, [1026, 1028]);
    }
}

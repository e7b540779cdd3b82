// SPDX-License-Identifier: MIT
//! Packets of offenders that are kept as evidence: those of the time when they offended. Recent
//! events are not enough, as a flood of others' pushes them out within seconds.

use crate::event::Recent;
use aegis_api::SecurityEvent;
use aegis_policy::Target;
use ipnet::{IpNet, Ipv6Net};
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// Events that are kept of a source.
pub const SAMPLES: usize = 5;
/// Sources of which any are kept; beyond it the first goes.
const SOURCES: usize = 1_024;

/// Samples by source: an IPv4 address or an IPv6 /64.
#[derive(Debug, Default)]
pub struct Samples {
    kept: BTreeMap<Target, Vec<SecurityEvent>>,
    order: VecDeque<Target>,
}

impl Samples {
    /// Keeps events of an offender from now on, and those that are there already.
    pub fn keep(&mut self, source: Target, recent: &Recent) {
        let samples = recent.last_of(SAMPLES, |event| source_of(event) == Some(source));
        match self.kept.get_mut(&source) {
            // Those of a new offence, where there are any.
            Some(kept) if !samples.is_empty() => *kept = samples,
            Some(_) => {}
            None => {
                if self.order.len() == SOURCES {
                    let gone = self.order.pop_front();
                    gone.and_then(|gone| self.kept.remove(&gone));
                }
                self.order.push_back(source);
                self.kept.insert(source, samples);
            }
        }
    }

    /// One more event, which may be of an offender.
    pub fn note(&mut self, event: &SecurityEvent) {
        let kept = source_of(event).and_then(|source| self.kept.get_mut(&source));
        if let Some(kept) = kept.filter(|kept| kept.len() < SAMPLES) {
            kept.push(event.clone());
        }
    }

    /// What is kept of the source that an address belongs to.
    pub fn of(&self, address: IpAddr) -> &[SecurityEvent] {
        let kept = source(address).and_then(|source| self.kept.get(&source));
        kept.map_or(&[], Vec::as_slice)
    }
}

fn source_of(event: &SecurityEvent) -> Option<Target> {
    event.src_ip.and_then(source)
}

fn source(address: IpAddr) -> Option<Target> {
    let net: IpNet = match address {
        IpAddr::V4(_) => address.into(),
        IpAddr::V6(address) => Ipv6Net::new(address, 64).ok()?.trunc().into(),
    };
    Target::try_from(net).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(from: &str, packet_len: u32) -> SecurityEvent {
        SecurityEvent {
            timestamp: jiff::Timestamp::UNIX_EPOCH,
            src_ip: Some(from.parse().expect("an address")),
            dst_ip: None,
            src_port: None,
            dst_port: None,
            proto: None,
            tcp_flags: None,
            action: "drop".to_owned(),
            reason: "PORTSCAN".to_owned(),
            threat_type: "port_scan".to_owned(),
            packet_len,
            hook: "xdp_ingress".to_owned(),
            interface: "eth0".to_owned(),
            rule: None,
            list: None,
            category: None,
            suppressed: 0,
            icmp_type: None,
            icmp_code: None,
            hop_limit: None,
            src_place: None,
            dst_place: None,
            geo_rule: None,
        }
    }

    fn lengths(samples: &Samples, address: &str) -> Vec<u32> {
        let of = samples.of(address.parse().expect("an address"));
        of.iter().map(|event| event.packet_len).collect()
    }

    #[test]
    fn packets_from_before_and_after_an_offence_are_kept_and_others_are_not() {
        let (mut recent, mut samples) = (Recent::default(), Samples::default());
        recent.push(event("2001:db8::1", 1));
        recent.push(event("2001:db8:0:1::1", 2));
        samples.keep("2001:db8::/64".parse().expect("a target"), &recent);
        for packet_len in 3..20 {
            samples.note(&event("2001:db8::9", packet_len));
            samples.note(&event("192.0.2.1", packet_len));
        }
        assert_eq!(lengths(&samples, "2001:db8::7"), [1, 3, 4, 5, 6]);
        assert!(lengths(&samples, "192.0.2.1").is_empty());
        samples.keep(
            "2001:db8::/64".parse().expect("a target"),
            &Recent::default(),
        );
        assert_eq!(
            lengths(&samples, "2001:db8::7").len(),
            SAMPLES,
            "nothing newer is known"
        );
    }

    #[test]
    fn no_more_sources_are_kept_than_there_is_room_for() {
        let mut samples = Samples::default();
        for number in 0..SOURCES as u32 + 3 {
            let address = IpAddr::from((0x0a00_0001 + number).to_be_bytes());
            samples.keep(Target::from(address), &Recent::default());
        }
        assert_eq!(
            (samples.kept.len(), samples.order.len()),
            (SOURCES, SOURCES)
        );
    }
}

// SPDX-License-Identifier: MIT
//! Offences, and who never commits one.

use super::*;
use crate::model::{Host, HostTables, Prefix, Talk};
use aegis_abi::Family;
use std::net::IpAddr;

const SECOND: u64 = 1_000_000_000;

fn scanner(port: u16) -> Talk {
    Talk {
        peer: ([198, 51, 100, 7].into(), 40_000),
        local: ([192, 0, 2, 1].into(), port),
    }
}

/// The reasons of SYNs to these ports.
fn scans(host: &Host, ports: std::ops::Range<u16>) -> Vec<Reason> {
    let syn = |port| host.arrives(&scanner(port).peer_sends("S", [1, 0])).reason;
    ports.map(syn).collect()
}

#[test]
fn a_scan_is_an_offence_told_once_and_then_the_source_cools_down() {
    let host = Host::new();
    let reasons = scans(&host, 1..1_000);
    let first = reasons.iter().position(|reason| *reason != Reason::Default);
    let first = first.expect("it went too far");
    assert!((50..62).contains(&first), "after {first} ports");
    assert_eq!(reasons[first], Reason::PortScan);
    assert!(
        reasons[first + 1..]
            .iter()
            .all(|reason| *reason == Reason::CoolDown)
    );
    let offences = host.tables.take_offences();
    assert_eq!(offences.len(), 1);
    let offence = offences[0];
    assert_eq!(offence.address[..4], [198, 51, 100, 7]);
    assert_eq!(
        (offence.reason, offence.proven),
        (Reason::PortScan.code(), 0)
    );
    assert_eq!((offence.tried, offence.strikes), (51, 1));
    assert_eq!(offence.port, first as u16 + 1);
    assert_eq!(offence.until_ns, host.now.0 + host.settings.cool_down_ns);
    assert_eq!(usize::from(offence.recent.contains(&offence.port)), 1);
}

#[test]
fn who_goes_on_afterwards_cools_down_twice_as_long() {
    let mut host = Host::new();
    for strike in 1..=3_u8 {
        scans(&host, 1..200);
        let offence = host.tables.take_offences()[0];
        let pause = host.settings.cool_down_ns << (strike - 1);
        assert_eq!(
            (offence.strikes, offence.until_ns - host.now.0),
            (strike, pause)
        );
        host.wait(pause);
    }
}

/// A spoofed scan cannot cut anybody off from what he has.
#[test]
fn cooling_down_harms_neither_known_connections_nor_answers() {
    let host = Host::new();
    let talk = scanner(22);
    host.accepts(&talk, [99, 499]);
    scans(&host, 1_000..1_200);
    let data = talk.peer_sends("PA", [100, 500]).payload(b"still here");
    assert_eq!(host.arrives(&data).reason, Reason::Established);
    let outward = Talk {
        peer: (talk.peer.0, 443),
        local: (talk.local.0, 50_000),
    };
    host.connects(&outward, [99, 499]);
    assert!(host.tables.flow(&outward.tuple(6)).is_some());
    host.departs(&outward.local_says());
    assert_eq!(
        host.arrives(&outward.peer_says()).reason,
        Reason::Established
    );
    let next = host.arrives(&scanner(80).peer_sends("S", [1, 0]));
    assert_eq!(next.reason, Reason::CoolDown);
}

#[test]
fn whoever_is_protected_never_cools_down() {
    let network = Prefix::host(scanner(1).peer.0).network();
    let host = Host::with(HostTables::new().protect(network));
    let reasons = scans(&host, 1..1_000);
    assert!(!reasons.contains(&Reason::CoolDown));
    assert!(host.tables.take_offences().is_empty());
    let counted = host.tables.state_counter(StateCounter::OffencesProtected);
    assert!(counted >= 1);
    assert_eq!(host.tables.sources()[0].strikes, 0);
}

/// Of IPv6 a source is a /64: one host has as many addresses as it likes.
#[test]
fn an_ipv6_scanner_that_changes_its_address_is_one_source_and_a_protected_neighbour_saves_it() {
    let talk = |host: u16, port| Talk {
        peer: ([0x2001, 0xdb8, 7, 7, 0, 0, 0, host].into(), 40_000),
        local: ([0x2001, 0xdb8, 1, 1, 0, 0, 0, 1].into(), port),
    };
    let scan = |host: &Host| {
        (1..200)
            .map(|port| {
                host.arrives(&talk(port, port).peer_sends("S", [1, 0]))
                    .reason
            })
            .collect::<Vec<Reason>>()
    };
    let host = Host::new();
    assert!(scan(&host).contains(&Reason::CoolDown));
    let offence = host.tables.take_offences()[0];
    assert_eq!(offence.family, Family::V6.code());
    assert_eq!(offence.address[8..], [0; 8]);
    assert_eq!(host.tables.sources().len(), 1);
    let gateway: IpAddr = [0x2001, 0xdb8, 7, 7, 0, 0, 0, 0].into();
    let protected = HostTables::new().protect(Prefix::host(gateway).network());
    assert!(!scan(&Host::with(protected)).contains(&Reason::CoolDown));
}

#[test]
fn each_module_can_be_switched_off() {
    let with = |flags| {
        let mut host = Host::new();
        host.settings.flags = flags;
        scans(&host, 1..1_000)
    };
    let all = Host::new().settings.flags;
    let free = with(all.without(Flags::PORT_SCAN));
    assert!(
        free.iter()
            .all(|reason| [Reason::Default, Reason::SynRate, Reason::CoolDown].contains(reason))
    );
    assert!(free.contains(&Reason::SynRate));
    let unlimited = with(all.without(Flags::RATE_LIMIT));
    assert!(unlimited.contains(&Reason::PortScan) && !unlimited.contains(&Reason::SynRate));
    let neither = with(all.without(Flags::RATE_LIMIT).without(Flags::PORT_SCAN));
    assert!(neither.iter().all(|reason| *reason == Reason::Default));
}

#[test]
fn anomalies_are_probes_and_the_last_of_them_says_so() {
    let host = Host::new();
    let probe = |port| {
        host.arrives(&scanner(port).peer_sends("FPU", [0, 0]))
            .reason
    };
    let reasons: Vec<Reason> = (1..100).map(probe).collect();
    assert_eq!(reasons[..50], [Reason::TcpXmas; 50]);
    assert_eq!(
        reasons
            .iter()
            .filter(|reason| **reason == Reason::PortScan)
            .count(),
        1
    );
    let last = reasons[98];
    // It stays dropped for what it is while the source cools down.
    assert_eq!(last, Reason::TcpXmas);
}

#[test]
fn what_departs_is_never_charged() {
    let host = Host::new();
    for port in 1..1_000 {
        host.departs(&scanner(port).local_sends("S", [1, 0]));
        host.departs(&scanner(port).local_says());
    }
    assert!(host.tables.sources().is_empty());
}

#[test]
fn a_source_is_forgotten_in_favour_of_another_and_that_is_counted() {
    let mut host = Host::new();
    host.settings.flags = host.settings.flags.without(Flags::RATE_LIMIT);
    for source in 0..200_000_u32 {
        host.now.0 += 1_000;
        let [_, b, c, d] = source.to_be_bytes();
        let talk = Talk {
            peer: ([20 + b, c, d, 1].into(), 40_000),
            ..scanner(80)
        };
        host.arrives(&talk.peer_sends("S", [1, 0]));
    }
    let sources = host.tables.sources().len() as u64;
    let evicted = host.tables.state_counter(StateCounter::SourcesEvicted);
    assert!(sources <= u64::from(Source::ENTRIES));
    assert_eq!(sources + evicted, 200_000);
    assert!(host.now.0 < 2_000 * SECOND);
}

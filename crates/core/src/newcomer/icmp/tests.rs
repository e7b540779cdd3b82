// SPDX-License-Identifier: MIT
//! Echoes, and errors that belong to something or do not.

use super::*;
use crate::emit::Frame;
use crate::model::{Host, Talk};
use aegis_abi::{Flags, Rate};

const ESTABLISHED: Verdict = Verdict::pass(Reason::Established);
const BEGINS: Verdict = Verdict::pass(Reason::Default);
const RELATED: Verdict = Verdict::pass(Reason::Related);
const UNRELATED: Verdict = Verdict::drop(Reason::IcmpUnrelated);

/// Two ends, and the types of an echo request, an echo reply and an unreachable port.
fn families() -> [(Talk, [u8; 3]); 2] {
    let talk = |peer: &str, local: &str| Talk {
        peer: (peer.parse().unwrap(), 443),
        local: (local.parse().unwrap(), 40_000),
    };
    [
        (talk("198.51.100.7", "192.0.2.1"), [8, 0, 3]),
        (talk("2001:db8:7::7", "2001:db8:1::1"), [128, 129, 1]),
    ]
}

/// An error of somebody on the way, about a packet of ours.
fn error(talk: &Talk, kind: u8, quoted: &Frame) -> Frame {
    let router = match talk.peer.0 {
        std::net::IpAddr::V4(_) => [203, 0, 113, 1].into(),
        std::net::IpAddr::V6(_) => [0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1].into(),
    };
    Frame::raw_ip()
        .ip(router, talk.local.0)
        .icmp_error(kind, 0, &quoted.bytes())
}

#[test]
fn an_echo_that_was_asked_for_passes_and_no_other_does() {
    for (talk, [request, reply, _]) in families() {
        let host = Host::new();
        assert_eq!(host.departs(&talk.departing().echo(request, 7, 1)), BEGINS);
        assert_eq!(
            host.arrives(&talk.arriving().echo(reply, 7, 1)),
            ESTABLISHED
        );
        let unasked = host.arrives(&talk.arriving().echo(reply, 8, 1));
        assert_eq!(unasked, Verdict::drop(Reason::IcmpUnsolicited));
    }
}

#[test]
fn a_peer_that_asks_is_bounded_whether_it_is_answered_or_not() {
    for (talk, [request, reply, _]) in families() {
        let mut host = Host::new();
        host.settings.icmp_source = Rate::per_second(1, 20);
        let asks = |identifier| host.arrives(&talk.arriving().echo(request, identifier, 1));
        assert_eq!(asks(7), BEGINS);
        host.departs(&talk.departing().echo(reply, 7, 1));
        for _ in 0..18 {
            assert_eq!(asks(7), ESTABLISHED);
        }
        assert_eq!(asks(8), BEGINS);
        for identifier in [7, 8, 9] {
            assert_eq!(asks(identifier), Verdict::drop(Reason::IcmpRate));
        }
        // A flow would let all that follows pass.
        assert_eq!(host.tables.flows().len(), 0);
    }
}

#[test]
fn what_this_side_asks_for_is_answered_without_a_bound() {
    for (talk, [request, reply, _]) in families() {
        let mut host = Host::new();
        host.settings.icmp_source = Rate::per_second(1, 1);
        for _ in 0..20 {
            host.departs(&talk.departing().echo(request, 7, 1));
            let answer = host.arrives(&talk.arriving().echo(reply, 7, 1));
            assert_eq!(answer, ESTABLISHED);
        }
        // A long ping has a flow in the end.
        assert_eq!(host.tables.flows().len(), 1);
    }
}

#[test]
fn a_peer_that_is_pinged_is_charged_for_what_it_asks_itself() {
    for (talk, [request, reply, _]) in families() {
        let mut host = Host::new();
        host.settings.icmp_source = Rate::per_second(1, 2);
        for _ in 0..20 {
            host.departs(&talk.departing().echo(request, 7, 1));
            host.arrives(&talk.arriving().echo(reply, 7, 1));
        }
        assert_eq!(host.tables.flows().len(), 1);
        let asked = [7; 3].map(|same| host.arrives(&talk.arriving().echo(request, same, 1)));
        assert_eq!(asked, [BEGINS, BEGINS, Verdict::drop(Reason::IcmpRate)]);
    }
}

#[test]
fn errors_about_what_is_known_are_bounded_and_about_what_is_over_there_are_none() {
    for (talk, [_, _, unreachable]) in families() {
        let mut host = Host::new();
        host.settings.icmp_host = Rate::per_second(1, 2);
        host.connects(&talk, [99, 499]);
        let data = talk.local_sends("PA", [500, 100]).payload(b"more");
        let told = |host: &Host| host.arrives(&error(&talk, unreachable, &data));
        let bounded = Verdict::drop(Reason::IcmpHostRate);
        assert_eq!([(); 3].map(|()| told(&host)), [RELATED, RELATED, bounded]);
        host.now.0 += host.settings.timeouts.tcp_established + 1;
        assert_eq!(told(&host), Verdict::drop(Reason::IcmpUnrelated));
    }
}

#[test]
fn all_sources_together_are_bounded() {
    let mut host = Host::new();
    host.settings.icmp_host = Rate::per_second(1, 2);
    let passed = (1..=9)
        .filter(|last| {
            let frame = Frame::raw_ip().ipv4([203, 0, 113, *last], [192, 0, 2, 1]);
            host.arrives(&frame.icmp(13, 0)) == BEGINS
        })
        .count();
    assert_eq!(passed, 2);
}

#[test]
fn an_error_about_a_packet_of_ours_is_related_whoever_sends_it() {
    for (talk, [request, _, unreachable]) in families() {
        let host = Host::new();
        let syn = talk.local_sends("S", [1, 0]);
        let question = talk.local_says();
        let ping = talk.departing().echo(request, 7, 1);
        for ours in [&syn, &question, &ping] {
            host.departs(ours);
            let verdict = host.arrives(&error(&talk, unreachable, ours));
            assert_eq!(verdict, RELATED, "{ours:?}");
        }
        host.connects(&talk, [99, 499]);
        let data = talk.local_sends("PA", [500, 100]).payload(b"more");
        assert_eq!(host.arrives(&error(&talk, unreachable, &data)), RELATED);
    }
}

#[test]
fn an_error_about_a_packet_that_nobody_sent_is_dropped() {
    for (talk, [_, _, unreachable]) in families() {
        let mut host = Host::new();
        host.connects(&talk, [99, 499]);
        let other = Talk {
            peer: (talk.peer.0, 444),
            ..talk
        };
        // Of another port, of another protocol, and the peer's own packet in place of ours.
        for forged in [
            other.local_sends("A", [1, 1]),
            talk.local_says(),
            talk.peer_sends("A", [100, 500]),
        ] {
            assert_eq!(host.arrives(&error(&talk, unreachable, &forged)), UNRELATED);
        }
        // One that quotes too little to tell.
        let bytes = talk.local_sends("A", [500, 100]).bytes();
        let short = error(&talk, unreachable, &talk.local_says());
        let header = bytes.len() - 20;
        let short = short.icmp_error(unreachable, 0, &bytes[..header + 5]);
        assert_eq!(host.arrives(&short), UNRELATED);
        host.settings.flags = host.settings.flags.without(Flags::CONN_TRACK);
        assert_eq!(host.arrives(&short), Verdict::pass(Reason::Untracked));
    }
}

/// A stranger who knows the ends must not keep a connection known by errors about it.
#[test]
fn an_error_keeps_nothing_known() {
    for (talk, [_, _, unreachable]) in families() {
        let mut host = Host::new();
        let question = talk.local_says();
        host.departs(&question);
        host.wait(host.settings.timeouts.half_open - 1);
        let forged = error(&talk, unreachable, &question);
        assert_eq!(host.arrives(&forged), RELATED);
        host.wait(1);
        assert_eq!(host.arrives(&forged), UNRELATED);
    }
}

#[test]
fn an_error_about_what_has_no_connections_is_bounded_like_the_rest() {
    for (talk, [_, _, unreachable]) in families() {
        let mut host = Host::new();
        host.settings.icmp_source = Rate::per_second(1, 1);
        let tunnel = talk.departing().protocol(50).payload(&[0; 40]);
        let answer = error(&talk, unreachable, &tunnel);
        assert_eq!(host.arrives(&answer), BEGINS);
        assert_eq!(host.arrives(&answer), Verdict::drop(Reason::IcmpRate));
    }
}

#[test]
fn options_of_a_quoted_packet_do_not_hide_its_ports() {
    let [(talk, _), _] = families();
    let host = Host::new();
    let ours = talk.local_says().options(&[7, 4, 4, 0]);
    host.departs(&ours);
    assert_eq!(host.arrives(&error(&talk, 11, &ours)), RELATED);
}

#[test]
fn what_this_side_sends_is_its_own_affair() {
    for (talk, [_, reply, unreachable]) in families() {
        let host = Host::new();
        for frame in [
            talk.departing().echo(reply, 7, 1),
            talk.departing().icmp(unreachable, 1),
            talk.departing().icmp(13, 0),
        ] {
            assert_eq!(host.departs(&frame), BEGINS);
        }
        assert!(host.tables.half_opens().is_empty());
    }
}

// SPDX-License-Identifier: MIT
//! What strangers can do who know the ends of a connection but not its numbers.

use super::*;

/// What a stranger could send in the peer's name, with numbers that he had to guess. He knows how
/// the peer counts where he sent the SYN himself, but then its reset is his own to send.
fn guesses(talk: &Talk) -> Vec<Frame> {
    let numbers = [[0, 0], [7, 7], [100, 499], [100, 501], [99, 499]];
    let guess = |letters: &str| {
        let known = if letters.contains('R') { 2 } else { 5 };
        numbers[..known]
            .iter()
            .map(|guess| talk.peer_sends(letters, *guess))
            .collect::<Vec<Frame>>()
    };
    ["A", "PA", "FA", "SA", "RA", "R"]
        .into_iter()
        .flat_map(guess)
        .collect()
}

#[test]
fn no_guess_proves_ends_or_keeps_a_connection_that_a_peer_begins() {
    for talk in talks() {
        let mut host = Host::new();
        host.arrives(&talk.peer_sends("S", [99, 0]));
        host.departs(&talk.local_sends("SA", [499, 100]));
        let before = gauge(&host);
        host.wait(host.settings.timeouts.half_open - 1);
        for frame in guesses(&talk) {
            assert_ne!(host.arrives(&frame), ESTABLISHED, "{frame:?}");
        }
        assert!(!is_known(&host, &talk));
        assert_eq!(gauge(&host), before);
        let mut other = host.clone();
        let proof = talk.peer_sends("A", [100, 500]);
        assert_eq!(host.arrives(&proof), ESTABLISHED);
        // Nothing of all that counted as use.
        other.wait(1);
        assert_eq!(other.arrives(&proof), OUT_OF_STATE);
    }
}

#[test]
fn no_guess_proves_ends_or_keeps_a_connection_that_this_side_begins() {
    for talk in talks() {
        let mut host = Host::new();
        host.departs(&talk.local_sends("S", [499, 0]));
        host.wait(host.settings.timeouts.half_open - 1);
        for frame in guesses(&talk) {
            assert_ne!(host.arrives(&frame).reason, Reason::Established);
        }
        assert!(!is_known(&host, &talk));
        let mut other = host.clone();
        let proof = talk.peer_sends("SA", [99, 500]);
        assert_eq!(host.arrives(&proof), ESTABLISHED);
        other.wait(1);
        assert_eq!(other.arrives(&proof), OUT_OF_STATE);
    }
}

/// A wrong acknowledgement of a half-open connection has the stack answer with a reset that takes
/// the wrong number up (RFC 9293 section 3.10.7.4). The connection stands.
#[test]
fn a_reset_that_a_stranger_provoked_ends_nothing_and_lowers_no_gauge() {
    for talk in talks() {
        let host = Host::new();
        host.arrives(&talk.peer_sends("S", [99, 0]));
        host.departs(&talk.local_sends("SA", [499, 100]));
        let before = gauge(&host);
        assert_eq!(host.departs(&talk.local_sends("R", [7, 0])), ESTABLISHED);
        assert_eq!(host.tables.half_opens().len(), 1);
        assert_eq!(gauge(&host), before);
        host.arrives(&talk.peer_sends("A", [100, 500]));
        assert!(is_known(&host, &talk));
    }
}

/// RFC 5961: whoever sends something odd is answered with a bare acknowledgement. Two forged
/// segments must not make a connection of somebody who never answered.
#[test]
fn an_acknowledgement_that_a_stranger_provoked_proves_nothing() {
    for talk in talks() {
        let host = Host::new();
        host.arrives(&talk.peer_sends("S", [99, 0]));
        host.departs(&talk.local_sends("SA", [499, 100]));
        let challenge = talk.local_sends("A", [500, 100]);
        assert_eq!(host.departs(&challenge), ESTABLISHED);
        assert!(!is_known(&host, &talk));
    }
}

#[test]
fn a_syn_in_the_name_of_somebody_who_is_answered_changes_nothing() {
    for talk in talks() {
        let host = Host::new();
        host.arrives(&talk.peer_sends("S", [99, 0]));
        host.departs(&talk.local_sends("SA", [499, 100]));
        host.arrives(&talk.peer_sends("S", [7_000, 0]));
        host.arrives(&talk.peer_sends("R", [7_001, 0]));
        let proof = talk.peer_sends("A", [100, 500]);
        assert_eq!(host.arrives(&proof), ESTABLISHED);
        assert!(is_known(&host, &talk));
    }
}

#[test]
fn a_syn_in_the_name_of_somebody_who_is_connected_changes_nothing() {
    for talk in talks() {
        let host = Host::new();
        host.accepts(&talk, [99, 499]);
        let before = flow(&host, &talk);
        assert_eq!(host.arrives(&talk.peer_sends("S", [7_000, 0])), BEGINS);
        // The stack answers with a challenge (RFC 5961 section 4).
        let challenge = talk.local_sends("A", [500, 100]);
        assert_eq!(host.departs(&challenge), ESTABLISHED);
        let flow = flow(&host, &talk);
        assert_eq!(flow.ingress, before.ingress);
        assert_eq!(state(&flow), State::Established);
    }
}

#[test]
fn a_syn_ack_that_nobody_asked_for_is_out_of_state_and_no_probe() {
    for talk in talks() {
        let host = Host::new();
        for port in 1..1_000 {
            let talk = Talk {
                local: (talk.local.0, port),
                ..talk
            };
            for flags in ["SA", "R", "RA"] {
                let frame = talk.peer_sends(flags, [99, 500]);
                assert_eq!(host.arrives(&frame), OUT_OF_STATE);
            }
        }
        assert!(host.tables.sources().is_empty());
        assert!(host.tables.half_opens().is_empty() && host.tables.flows().is_empty());
    }
}

/// Victims of scans in this host's name are no scanners, and neither is who answers late.
#[test]
fn acknowledgements_out_of_state_count_as_probes_below_the_ephemeral_ports_only() {
    for talk in talks() {
        for (first, scan) in [(1_u16, true), (40_000, false)] {
            let host = Host::new();
            let to = |port| Talk {
                local: (talk.local.0, port),
                ..talk
            };
            let reasons: Vec<Reason> = (first..first + 100)
                .map(|port| host.arrives(&to(port).peer_sends("A", [1, 1])).reason)
                .collect();
            assert_eq!(reasons.contains(&Reason::PortScan), scan);
            assert_eq!(!host.tables.take_offences().is_empty(), scan);
        }
    }
}

#[test]
fn beyond_the_gauge_nothing_is_remembered_and_the_kernel_or_a_cookie_answers() {
    let [talk, _] = talks();
    for (flags, verdict) in [
        (Flags::default(), BEGINS),
        (Flags::SYN_COOKIES, Verdict::answer(Reason::SynCookie)),
    ] {
        let mut host = Host::new();
        host.settings.syn_host = Rate::per_second(1, 2);
        host.settings.flags = host.settings.flags.with(flags);
        let from = |port| Talk {
            peer: (talk.peer.0, port),
            ..talk
        };
        let asks = |port| host.arrives(&from(port).peer_sends("S", [99, 0]));
        let proves = |port| {
            host.departs(&from(port).local_sends("SA", [499, 100]));
            host.arrives(&from(port).peer_sends("A", [100, 500]));
            assert!(is_known(&host, &from(port)));
        };
        assert_eq!([asks(1_001), asks(1_002)], [BEGINS; 2]);
        assert_eq!(asks(1_003), verdict);
        assert_eq!(host.tables.half_opens().len(), 2);
        let exceeded = host.tables.state_counter(StateCounter::GaugeExceeded);
        assert_eq!(exceeded, 1);
        // Whoever proves itself makes room for one more, and only one.
        proves(1_001);
        assert_eq!([asks(1_004), asks(1_005)], [BEGINS, verdict]);
        // Who was not charged does not pay back either.
        let before = gauge(&host);
        proves(1_005);
        assert_eq!(gauge(&host), before);
    }
}

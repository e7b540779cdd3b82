// SPDX-License-Identifier: MIT
//! What is measured.

use super::case::{Case, EMPTY, EMPTY_TC, established, known, name};
use crate::frames;
use crate::policies::{Peer, guarded};
use aegis_abi::{Family, Hook, Reason};
use aegis_core::verdict::Verdict;
use aegis_engine::rig::Runnable;

const BANNED: f64 = 2.5;
const PASSED: f64 = 4.0;
const LOADED: f64 = 1.5;
const FIRST: f64 = 10.0;

const BANNED_ADDRESS: Verdict = Verdict::drop(Reason::BanAddress);
const ESTABLISHED: Verdict = Verdict::pass(Reason::Established);
/// Passed with nothing known of it.
const BEGINS: Verdict = Verdict::pass(Reason::Default);

/// More ports than a source may try.
const SCANNED: std::ops::Range<u16> = 1_000..1_100;

/// Every case.
pub(super) fn cases() -> Vec<Case> {
    let any = || frames::tcp(Peer::Stranger.address(Family::V4), guarded(Family::V4));
    let mut cases = vec![
        Case::idle(EMPTY, any(), Runnable::Empty),
        Case::idle(EMPTY_TC, any(), Runnable::EmptyTc).against(EMPTY_TC),
        Case::idle("empty, but the source varied", any(), Runnable::VaryOnly),
    ];
    for family in [Family::V4, Family::V6] {
        cases.extend(connected(family));
        cases.extend(begun(family));
        cases.extend(refused(family));
        cases.extend(policed(family));
        cases.extend(loaded(family));
    }
    cases
}

/// Of a connection that is known.
fn connected(family: Family) -> Vec<Case> {
    let (peer, local) = (Peer::Stranger.address(family), guarded(family));
    let segment = |what: String, frame, verdict| {
        Case::new(what, frame, verdict).after(known(Peer::Stranger, family))
    };
    let back = format!("{}, TC egress", established(family));
    let mut cases = vec![
        segment(established(family), frames::tcp(peer, local), ESTABLISHED).at_most(PASSED),
        segment(back, frames::tcp_back(local, peer), ESTABLISHED)
            .departing()
            .at_most(PASSED),
    ];
    if matches!(family, Family::V6) {
        cases.push(segment(
            "IPv6 TCP established behind two extension headers, passed".to_owned(),
            frames::tcp_behind_extensions(peer, local),
            ESTABLISHED,
        ));
    }
    cases
}

/// Of a connection that begins, each time another one.
fn begun(family: Family) -> Vec<Case> {
    let (name, local) = (name(family), guarded(family));
    let peer = Peer::Newcomer.address(family);
    vec![
        Case::new(
            format!("{name} SYN of a new source, passed"),
            frames::tcp_syn(peer, local, 80),
            BEGINS,
        )
        .varied()
        .at_most(FIRST),
        Case::new(
            format!("{name} UDP of a new source, passed"),
            frames::datagram(peer, local),
            BEGINS,
        )
        .varied()
        .at_most(FIRST),
    ]
}

/// What nobody has asked for.
fn refused(family: Family) -> Vec<Case> {
    let (name, local) = (name(family), guarded(family));
    let stray = frames::tcp(Peer::Newcomer.address(family), local);
    let scanner = Peer::Scanner.address(family);
    let scan = SCANNED
        .map(|port| (Hook::XdpIngress, frames::tcp_syn(scanner, local, port)))
        .collect();
    let case = |what: &str, frame: &[u8], reason| {
        let what = format!("{name} {what}, dropped");
        Case::new(what, frame.to_vec(), Verdict::drop(reason))
    };
    let probe = frames::tcp_syn(scanner, local, 80);
    let anomaly = frames::tcp_syn_fin(Peer::Newcomer.address(family), local);
    let lie = frames::tcp_with_a_lying_offset(Peer::Newcomer.address(family), local);
    vec![
        case("TCP out of state", &stray, Reason::TcpOutOfState),
        case(
            "TCP out of state of a new source",
            &stray,
            Reason::TcpOutOfState,
        )
        .varied(),
        case("SYN of a port scanner", &probe, Reason::CoolDown).after(scan),
        case("SYN+FIN", &anomaly, Reason::TcpSynFin),
        case("lying TCP offset", &lie, Reason::TcpDataOffset),
    ]
}

/// By bans and the allowlist.
fn policed(family: Family) -> Vec<Case> {
    let (name, local) = (name(family), guarded(family));
    let from = |peer: Peer| frames::tcp(peer.address(family), local);
    let to = |peer: Peer| frames::tcp_back(local, peer.address(family));
    let case = |what: &str, frame, verdict| Case::new(format!("{name} {what}"), frame, verdict);
    vec![
        case("banned, dropped", from(Peer::Banned), BANNED_ADDRESS).at_most(BANNED),
        case(
            "banned for an hour, dropped",
            from(Peer::BannedForAWhile),
            BANNED_ADDRESS,
        )
        .at_most(BANNED),
        case(
            "allowlisted and established, passed",
            from(Peer::Allowed),
            Verdict::pass(Reason::Allowlist),
        )
        .after(known(Peer::Allowed, family)),
        case(
            "to a banned peer, dropped, TC egress",
            to(Peer::Banned),
            BANNED_ADDRESS,
        )
        .departing(),
    ]
}

/// With many bans in the tables.
fn loaded(family: Family) -> Vec<Case> {
    let (name, local) = (name(family), guarded(family));
    let from = |peer: Peer| frames::tcp(peer.address(family), local);
    let passed = |what: &str, peer| {
        let what = format!("{}, loaded{what}", established(family));
        Case::new(what, from(peer), ESTABLISHED)
            .after(known(peer, family))
            .heavy()
            .against(&established(family))
            .at_most(LOADED)
    };
    let dropped = |what: &str, peer, reason| {
        let what = format!("{name} {what}, loaded, dropped");
        Case::new(what, from(peer), Verdict::drop(reason)).heavy()
    };
    vec![
        passed("", Peer::Stranger),
        passed(", a neighbour banned", Peer::Neighbour),
        passed(", among banned prefixes", Peer::AmongPrefixes),
        dropped("banned", Peer::Banned, Reason::BanAddress).at_most(BANNED),
        dropped("in a banned prefix", Peer::InPrefix, Reason::BanPrefix),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_have_different_names_and_are_compared_with_one_of_them() {
        let cases = cases();
        let mut names: Vec<&str> = cases.iter().map(|case| case.what.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases.len());
        for case in &cases {
            assert!(
                names.binary_search(&case.against.as_str()).is_ok(),
                "{}",
                case.against
            );
        }
    }

    #[test]
    fn what_is_loaded_is_compared_with_the_same_that_is_not() {
        for case in cases()
            .iter()
            .filter(|case| case.what.contains("passed, loaded"))
        {
            assert!(case.what.starts_with(&case.against), "{}", case.what);
        }
    }

    #[test]
    fn sources_that_vary_go_on_where_they_were() {
        let cases = cases();
        let varied = cases
            .iter()
            .find(|case| matches!(case.program, Runnable::Vary));
        let varied = varied.unwrap();
        assert_eq!(
            varied.frame_after(0x0102_0304)[6..10],
            0x0102_0304_u32.to_ne_bytes()
        );
        assert_eq!(cases[0].frame_after(7), cases[0].frame);
    }
}

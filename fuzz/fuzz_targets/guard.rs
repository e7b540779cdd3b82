// SPDX-License-Identifier: MIT
//! Any entries against any guarded ranges: an address is kept exactly where an entry has it that may
//! have it and nothing speaks against it, and all that is kept is counted once.
#![no_main]

use aegis_lists::guard::public::PUBLIC;
use aegis_lists::guard::quarantine::{ChangeLimits, Summary, judge_change};
use aegis_lists::guard::{Guard, Role, Rules, Sifted, Take, covered};
use aegis_lists::special::around;
use aegis_lists::{Entry, IpSpan, Span};
use libfuzzer_sys::fuzz_target;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of 11 bytes: what it is for, where it begins, and how wide it is.
struct Range {
    guarded: bool,
    span: IpSpan,
}

fn range(bytes: &[u8]) -> Range {
    let [control, width, place @ ..] = bytes else {
        unreachable!("chunks are whole")
    };
    let number = place
        .iter()
        .fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let span = match control & 2 {
        0 => {
            let first = number as u32;
            let last = first.saturating_add(((1_u64 << (width % 33)) - 1) as u32);
            IpSpan::V4(Span { first, last })
        }
        _ => {
            // Most of what follows is in global unicast space.
            let first = number << 56 ^ 1 << 125;
            let last = first.saturating_add(
                u128::MAX
                    .checked_shr(128 - u32::from(width % 129))
                    .unwrap_or(0),
            );
            IpSpan::V6(Span { first, last })
        }
    };
    Range {
        guarded: control & 1 == 1,
        span,
    }
}

fn contains(span: IpSpan, address: IpAddr) -> bool {
    match (span, address) {
        (IpSpan::V4(span), IpAddr::V4(address)) => span.contains(address.to_bits()),
        (IpSpan::V6(span), IpAddr::V6(address)) => span.contains(address.to_bits()),
        _ => false,
    }
}

/// Both ends of a range, and the addresses beside them.
fn edges(span: IpSpan) -> Vec<IpAddr> {
    match span {
        IpSpan::V4(Span { first, last }) => {
            [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
                .map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
                .to_vec()
        }
        IpSpan::V6(Span { first, last }) => {
            [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
                .map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)))
                .to_vec()
        }
    }
}

fn too_wide(span: IpSpan) -> bool {
    match span {
        IpSpan::V4(span) => span.addresses() > 1 << 24,
        IpSpan::V6(span) => span.addresses() > 1 << 109,
    }
}

fn barred(address: IpAddr, rules: &Rules) -> bool {
    let unicast = match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => address.segments()[0] >> 13 == 1,
    };
    let public = PUBLIC.iter().any(|public| public.address == address);
    let special = rules.special == Take::Refused && (around(address).is_some() || !unicast);
    let needed = rules
        .protected
        .iter()
        .any(|(_, span)| contains(*span, address));
    public || special || needed
}

fuzz_target!(|bytes: &[u8]| {
    let (&switches, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let ranges: Vec<Range> = rest.chunks_exact(11).take(64).map(range).collect();
    let guarded = ranges.iter().filter(|range| range.guarded);
    let rules = Rules {
        protected: guarded.map(|range| (Role::Allowlist, range.span)).collect(),
        special: if switches & 1 == 0 {
            Take::Refused
        } else {
            Take::Allowed
        },
        ..Rules::default()
    };
    let listed: Vec<IpSpan> = ranges
        .iter()
        .filter(|range| !range.guarded)
        .map(|range| range.span)
        .collect();
    let entries = listed.iter().zip(1..).map(|(&span, line)| Entry {
        span,
        category: None,
        expires: None,
        line,
    });
    let sifted = Guard::new(&rules).sift(entries.collect(), jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(sifted.covered, covered(&sifted.kept));
    assert!(sifted.covered.v4 <= rules.most.v4 && sifted.covered.v6 <= rules.most.v6);
    let capped = sifted.refused.count_of("too_much") > 0;
    for address in ranges.iter().flat_map(|range| edges(range.span)) {
        let kept = sifted
            .kept
            .iter()
            .any(|entry| contains(entry.span, address));
        let may = |span: &&IpSpan| contains(**span, address) && !too_wide(**span);
        let expected = listed.iter().any(|span| may(&span)) && !barred(address, &rules);
        assert!(kept == expected || (capped && !kept), "{address}");
    }
    judged(&sifted);
});

/// Whatever the numbers, a list may follow itself, and who has looked has the last word.
fn judged(sifted: &Sifted) {
    let now = Summary {
        entries: sifted.kept.len() as u64,
        refused: 0,
        covered_v4: sifted.covered.v4,
        covered_v6: sifted.covered.v6,
    };
    let limits = ChangeLimits::default();
    assert!(judge_change(Some(&now), &now, &limits, false).is_ok());
    assert!(judge_change(Some(&Summary::default()), &now, &limits, true).is_ok());
}

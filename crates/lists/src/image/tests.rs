// SPDX-License-Identifier: MIT
//! A set says of every address what a look through all its ranges says.

mod arbitrary;
mod shapes;

use super::*;
use crate::set::{Classes, Label, compile};
use crate::span::{IpSpan, Span};
use aegis_core::address::Address;
use aegis_core::set::{look_up, place};
use proptest::prelude::*;

/// A range under a label; what is to expire does so at a time.
#[derive(Clone, Copy, Debug)]
struct Listed<N> {
    label: Label,
    span: Span<N>,
    expires: Option<u8>,
}

trait Family: Number {
    fn ip(span: Span<Self>) -> IpSpan;
    fn lists(pieces: &[Piece<Self>]) -> Image;
    fn places(pieces: &[Piece<Self>]) -> Image;
    fn pieces(compiled: crate::set::Compiled) -> Vec<Piece<Self>>;
}

fn by_number(class: ClassId) -> SetAction {
    SetAction(class.0 as u8)
}

impl Family for u32 {
    fn ip(span: Span<Self>) -> IpSpan {
        IpSpan::V4(span)
    }

    fn lists(pieces: &[Piece<Self>]) -> Image {
        lists_v4(pieces, by_number, 7).expect("it fits")
    }

    fn places(pieces: &[Piece<Self>]) -> Image {
        places_v4(pieces, by_number).expect("it fits")
    }

    fn pieces(compiled: crate::set::Compiled) -> Vec<Piece<Self>> {
        compiled.v4
    }
}

impl Family for u128 {
    fn ip(span: Span<Self>) -> IpSpan {
        IpSpan::V6(span)
    }

    fn lists(pieces: &[Piece<Self>]) -> Image {
        lists_v6(pieces, by_number, 7).expect("it fits")
    }

    fn places(pieces: &[Piece<Self>]) -> Image {
        places_v6(pieces, by_number).expect("it fits")
    }

    fn pieces(compiled: crate::set::Compiled) -> Vec<Piece<Self>> {
        compiled.v6
    }
}

/// The linear oracle: the labels of an address.
fn labels_of<N: Family>(listed: &[Listed<N>], address: N) -> Vec<Label> {
    let around = listed.iter().filter(|listed| listed.span.contains(address));
    let mut labels: Vec<Label> = around.map(|listed| listed.label).collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

/// The ends of every range, and what is next to them.
fn edges<N: Family>(listed: &[Listed<N>]) -> Vec<N> {
    let around = |address: N| [Some(address), address.after(), address.before()];
    let ends = listed
        .iter()
        .flat_map(|listed| [listed.span.first, listed.span.last]);
    ends.flat_map(around)
        .flatten()
        .chain([N::MIN, N::MAX])
        .collect()
}

fn pieces_of<N: Family>(listed: &[Listed<N>], classes: &mut Classes) -> Vec<Piece<N>> {
    let ranges = listed
        .iter()
        .map(|listed| (listed.label, N::ip(listed.span)));
    N::pieces(compile(ranges, classes))
}

/// Holds the set of some ranges to the oracle at these addresses.
fn check<N: Family>(listed: &[Listed<N>], probes: &[N], classes: &mut Classes) {
    let pieces = pieces_of(listed, classes);
    let (lists, places) = (N::lists(&pieces), N::places(&pieces));
    for &probe in probes {
        let expected = classes.of(&labels_of(listed, probe));
        let host = probe.host();
        let marks = lists.touched.marks(host.group());
        let found = look_up(&lists, host, marks);
        assert_eq!(
            ClassId(found),
            expected,
            "{probe:?} of {listed:?}, on a list"
        );
        let located = place(&places, host);
        assert_eq!(
            ClassId(located),
            expected,
            "{probe:?} of {listed:?}, a place"
        );
        assert_eq!(
            lists.actions(found),
            ClassActions::always(by_number(expected))
        );
    }
}

/// Numbers near each other, near both ends, or anywhere.
fn number_v4() -> impl Strategy<Value = u32> {
    prop_oneof![
        3 => (0..0x400_u32).prop_map(|low| 0xc000_0200 + low),
        1 => 0..0x200_u32,
        1 => (0..0x200_u32).prop_map(|low| u32::MAX - low),
        1 => any::<u32>(),
    ]
}

/// Words that are likely to be shared, or at an end.
fn number_v6() -> impl Strategy<Value = u128> {
    let word = || prop_oneof![3 => 0..3_u32, 1 => (0..3_u32).prop_map(|low| u32::MAX - low), 1 => any::<u32>()];
    [word(), word(), word(), word()].prop_map(|words| {
        let wide = words.map(u128::from);
        (wide[0] << 96) | (wide[1] << 64) | (wide[2] << 32) | wide[3]
    })
}

fn prefix<N: Family>(address: N, length: u32, bits: u32, number: impl Fn(u128) -> N) -> Span<N> {
    let free = u128::MAX.checked_shr(128 - (bits - length)).unwrap_or(0);
    Span {
        first: number(address.wide() & !free),
        last: number(address.wide() | free),
    }
}

fn span_v4() -> impl Strategy<Value = Span<u32>> {
    let narrow = |wide: u128| wide as u32;
    prop_oneof![
        number_v4().prop_map(|first| Span { first, last: first }),
        (number_v4(), 0..=32_u32).prop_map(move |(at, length)| prefix(at, length, 32, narrow)),
        (number_v4(), 0..0x500_u32).prop_map(|(first, more)| Span {
            first,
            last: first.saturating_add(more)
        }),
        (number_v4(), number_v4()).prop_map(|(a, b)| Span {
            first: a.min(b),
            last: a.max(b)
        }),
    ]
}

fn span_v6() -> impl Strategy<Value = Span<u128>> {
    prop_oneof![
        number_v6().prop_map(|first| Span { first, last: first }),
        (number_v6(), 0..=128_u32).prop_map(|(at, length)| prefix(at, length, 128, |wide| wide)),
        (number_v6(), 0..0x500_u128).prop_map(|(first, more)| Span {
            first,
            last: first.saturating_add(more)
        }),
        (number_v6(), number_v6()).prop_map(|(a, b)| Span {
            first: a.min(b),
            last: a.max(b)
        }),
    ]
}

fn listed<N: Family>(span: impl Strategy<Value = Span<N>>) -> impl Strategy<Value = Listed<N>> {
    let parts = (0..4_u32, span, proptest::option::of(0..8_u8));
    parts.prop_map(|(label, span, expires)| Listed {
        label: Label(label),
        span,
        expires,
    })
}

/// What happens to a set between two swaps.
#[derive(Clone, Debug)]
enum Step<N> {
    Add(Vec<Listed<N>>),
    /// Every n-th of what there is.
    Remove(usize),
    /// The time is now.
    Expire(u8),
}

fn steps<N: Family>(span: impl Strategy<Value = Span<N>>) -> impl Strategy<Value = Vec<Step<N>>> {
    let step = prop_oneof![
        3 => proptest::collection::vec(listed(span), 1..24).prop_map(Step::Add),
        1 => (1..5_usize).prop_map(Step::Remove),
        1 => (0..8_u8).prop_map(Step::Expire),
    ];
    proptest::collection::vec(step, 1..5)
}

/// Each step is a swap: the set is built anew, and classes keep their numbers.
fn live<N: Family>(steps: &[Step<N>], probes: &[N]) {
    let mut classes = Classes::default();
    let mut standing: Vec<Listed<N>> = Vec::new();
    for step in steps {
        let mut probes: Vec<N> = [edges(&standing), probes.to_vec()].concat();
        match step {
            Step::Add(more) => standing.extend(more),
            Step::Remove(nth) => {
                let mut at = 0;
                standing.retain(|_| {
                    at += 1;
                    at % nth != 0
                });
            }
            Step::Expire(now) => standing.retain(|one| one.expires.is_none_or(|end| end > *now)),
        }
        probes.extend(edges(&standing));
        check(&standing, &probes, &mut classes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn a_set_of_ipv4_says_what_its_ranges_say(
        steps in steps(span_v4()),
        probes in proptest::collection::vec(number_v4(), 32),
    ) {
        live(&steps, &probes);
    }

    #[test]
    fn a_set_of_ipv6_says_what_its_ranges_say(
        steps in steps(span_v6()),
        probes in proptest::collection::vec(number_v6(), 32),
    ) {
        live(&steps, &probes);
    }
}

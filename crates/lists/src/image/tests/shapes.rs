// SPDX-License-Identifier: MIT
//! Shapes that lists have, or that somebody who means ill would give them.

use super::*;
use aegis_core::set::hosts::value_of;

fn named<N: Family>(spans: impl IntoIterator<Item = Span<N>>) -> Vec<Listed<N>> {
    let spans = spans.into_iter().enumerate();
    let listed = spans.map(|(at, span)| Listed {
        label: Label(at as u32 % 3),
        span,
        expires: None,
    });
    listed.collect()
}

fn one<N: Family>(first: N) -> Span<N> {
    Span { first, last: first }
}

/// Holds a set to the oracle at all edges of a part of its ranges: the oracle takes its time.
fn check_some<N: Family>(listed: &[Listed<N>]) {
    let some: Vec<Listed<N>> = listed
        .iter()
        .copied()
        .step_by(1 + listed.len() / 64)
        .collect();
    check(listed, &edges(&some), &mut Classes::default());
}

#[test]
fn whole_families_and_their_ends() {
    let (first, last) = (0_u32, u32::MAX);
    check_some(&named([Span { first, last }]));
    check_some(&named([one(first), one(last)]));
    check_some(&named([Span { first, last }, one(first), one(last)]));
    let (first, last) = (0_u128, u128::MAX);
    check_some(&named([Span { first, last }]));
    check_some(&named([one(first), one(last)]));
    check_some(&named([Span { first, last }, one(first), one(last)]));
}

#[test]
fn single_addresses_in_a_network_that_is_listed_whole() {
    let network = Span {
        first: 0xc633_6400,
        last: 0xc633_64ff,
    };
    let hosts = (0..64).map(|at| one(0xc633_6400_u32 + at * 4));
    let listed = named([network].into_iter().chain(hosts));
    check_some(&listed);
    // They do not split the network: the tree has one range.
    let pieces = pieces_of(&listed, &mut Classes::default());
    let nets = sift::sift(&pieces).nets;
    assert!(nets.len() <= 2, "{nets:?}");
}

#[test]
fn thousands_of_addresses_of_one_network() {
    let base = 0x2001_0db8_0000_0001_u128 << 64;
    check_some(&named((0..6_000).map(|at| one(base + at * 0x1_0001))));
    check_some(&named((0..6_000_u32).map(|at| one(0x0a00_0000 + at * 3))));
}

#[test]
fn dense_ranges_make_deep_trees() {
    let narrow = (0..4_000_u32).map(|at| Span {
        first: at * 16,
        last: at * 16 + 9,
    });
    check_some(&named(narrow));
    let networks = (0..4_000_u128).map(|at| {
        let first = (0x2001_0db8 << 96) | (at << 82);
        Span {
            first,
            last: first | ((1 << 80) - 1),
        }
    });
    check_some(&named(networks));
    let hosts = (0..4_000_u128).map(|at| {
        let first = (0x2001_0db8 << 96) | (at << 33) | (at << 5);
        Span {
            first,
            last: first + 9 + at,
        }
    });
    check_some(&named(hosts));
}

#[test]
fn addresses_that_spill_twice_are_found() {
    let spread = |at: u32| at.wrapping_mul(0x9e37_79b1);
    let hosts: Vec<_> = (0..40_000)
        .map(|at| (spread(at).host(), 1 + at % 7))
        .collect();
    let leading: Vec<_> = (0..40_000)
        .map(|at| (Leading(spread(at)), 1 + at))
        .collect();
    let mut image = Image::of(Vec::new(), Touched::default());
    image.append_keys(&hosts, &leading, 7).expect("they fit");
    let spilled: u32 = image.lines.iter().map(|line| line.0[15]).sum();
    assert!(spilled > 200, "{spilled}");
    let head = image.head;
    for (key, class) in hosts {
        assert_eq!(value_of(&image, key, (head.hosts, head.host_lines)), class);
    }
    for (key, value) in leading {
        assert_eq!(
            value_of(&image, key, (head.leading, head.leading_lines)),
            value
        );
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let piece = |first: u32, class| Piece {
        span: one(first),
        class: ClassId(class),
    };
    let too_many = lists_v4(&[piece(1, 1), piece(3, 40_000)], by_number, 7);
    let (highest, limit) = (40_000, class::LISTS);
    assert_eq!(too_many, Err(ImageError::Classes { highest, limit }));
    let disorder = places_v4(&[piece(3, 1), piece(3, 2)], by_number);
    assert_eq!(disorder, Err(ImageError::Disorder { at: 1 }));
}

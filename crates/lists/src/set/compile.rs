// SPDX-License-Identifier: MIT
//! Labelled ranges of many lists, laid over each other.

use crate::set::{ClassId, Classes, Label, Piece};
use crate::span::{IpSpan, Number, Span};

/// Lists laid over each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compiled {
    /// Of IPv4: sorted, disjoint, and neighbours of the same class are one.
    pub v4: Vec<Piece<u32>>,
    /// Of IPv6, likewise.
    pub v6: Vec<Piece<u128>>,
    /// How many addresses each class has that has any, by number.
    pub weights: Vec<(ClassId, Weight)>,
}

/// Numbers of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Of IPv4.
    pub v4: u64,
    /// Of IPv6, the highest number standing for anything above it.
    pub v6: u128,
}

/// Lays lists over each other: every address gets the class of all labels that some range around it
/// has. Ranges come in whatever order, overlap, and occur several times. Those that have expired are
/// left out by whoever calls.
pub fn compile(
    ranges: impl IntoIterator<Item = (Label, IpSpan)>,
    classes: &mut Classes,
) -> Compiled {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for (label, span) in ranges {
        match span {
            IpSpan::V4(Span { first, last }) => v4.push((label, first, last)),
            IpSpan::V6(Span { first, last }) => v6.push((label, first, last)),
        }
    }
    lay_both(v4, v6, classes)
}

/// Not generic, so that it is compiled with this crate, and optimised as that is.
fn lay_both(
    v4: Vec<(Label, u32, u32)>,
    v6: Vec<(Label, u128, u128)>,
    classes: &mut Classes,
) -> Compiled {
    let (v4, v6) = (lay(v4, classes), lay(v6, classes));
    let weights = weights(&v4, &v6);
    Compiled { v4, v6, weights }
}

impl Compiled {
    /// How many addresses labels of interest name: what a list covers.
    pub fn covered(&self, classes: &Classes, of_interest: impl Fn(Label) -> bool) -> Weight {
        self.weigh(|class| {
            classes
                .labels(class)
                .iter()
                .any(|&label| of_interest(label))
        })
    }

    /// How many addresses no other labels name: what a list contributes.
    pub fn unique(&self, classes: &Classes, of_interest: impl Fn(Label) -> bool) -> Weight {
        self.weigh(|class| {
            classes
                .labels(class)
                .iter()
                .all(|&label| of_interest(label))
        })
    }

    /// The same addresses by other classes, 0 for those that are to have none: neighbours that come to
    /// be of one class are one.
    #[must_use]
    pub fn reclassed(&self, class: impl Fn(ClassId) -> ClassId) -> Self {
        let (v4, v6) = (reclass(&self.v4, &class), reclass(&self.v6, &class));
        let weights = weights(&v4, &v6);
        Self { v4, v6, weights }
    }

    fn weigh(&self, counts: impl Fn(ClassId) -> bool) -> Weight {
        let counted = self.weights.iter().filter(|(class, _)| counts(*class));
        counted.fold(Weight::default(), |sum, (_, weight)| Weight {
            v4: sum.v4 + weight.v4,
            v6: sum.v6.saturating_add(weight.v6),
        })
    }
}

fn reclass<N: Number>(pieces: &[Piece<N>], class: &impl Fn(ClassId) -> ClassId) -> Vec<Piece<N>> {
    let mut reclassed: Vec<Piece<N>> = Vec::with_capacity(pieces.len());
    for &Piece {
        span,
        class: before,
    } in pieces
    {
        let class = class(before);
        match reclassed.last_mut() {
            _ if class == ClassId::default() => {}
            Some(last) if last.class == class && last.span.last.after() == Some(span.first) => {
                last.span.last = span.last;
            }
            _ => reclassed.push(Piece { span, class }),
        }
    }
    reclassed
}

fn weights(v4: &[Piece<u32>], v6: &[Piece<u128>]) -> Vec<(ClassId, Weight)> {
    let last = |class: Option<ClassId>| class.map_or(0, |class| class.0 as usize + 1);
    let most = last(v4.iter().map(|piece| piece.class).max())
        .max(last(v6.iter().map(|piece| piece.class).max()));
    let mut weights = vec![Weight::default(); most];
    for piece in v4 {
        weights[piece.class.0 as usize].v4 += piece.span.addresses() as u64;
    }
    for piece in v6 {
        let sum = &mut weights[piece.class.0 as usize].v6;
        *sum = sum.saturating_add(piece.span.addresses());
    }
    let numbered = (0..).map(ClassId).zip(weights);
    numbered
        .filter(|(_, weight)| *weight != Weight::default())
        .collect()
}

/// A sweep over all ends of ranges.
fn lay<N: Number>(ranges: Vec<(Label, N, N)>, classes: &mut Classes) -> Vec<Piece<N>> {
    let turns = turns(ranges);
    let mut pieces = Vec::with_capacity(turns.len() / 2);
    let mut labels = Labels::default();
    let mut since = N::MIN;
    let mut class = ClassId::default();
    for turns in turns.chunk_by(|(at, _), (other, _)| at == other) {
        turns.iter().for_each(|(_, label)| labels.toggle(*label));
        let (at, next) = (turns[0].0, labels.class(classes));
        if next == class {
            continue;
        }
        if let (1.., Some(last)) = (class.0, at.before()) {
            let span = Span { first: since, last };
            pieces.push(Piece { span, class });
        }
        (since, class) = (at, next);
    }
    // What reaches the highest address does not turn behind it.
    if class != ClassId::default() {
        let (first, last) = (since, N::MAX);
        let span = Span { first, last };
        pieces.push(Piece { span, class });
    }
    pieces
}

/// Addresses from which on a label holds where it did not before, or the other way round; sorted.
fn turns<N: Number>(mut ranges: Vec<(Label, N, N)>) -> Vec<(N, Label)> {
    ranges.sort_unstable();
    let mut turns: Vec<(N, Label)> = Vec::with_capacity(2 * ranges.len());
    let mut ranges = ranges.into_iter().peekable();
    while let Some((label, first, mut last)) = ranges.next() {
        // Those of a label that overlap or adjoin are one.
        let adjoins = |(other, begin, _): &(Label, N, N), last: N| {
            *other == label && last.after().is_none_or(|after| *begin <= after)
        };
        while let Some((_, _, further)) = ranges.next_if(|range| adjoins(range, last)) {
            last = last.max(further);
        }
        turns.push((first, label));
        turns.extend(last.after().map(|after| (after, label)));
    }
    // Stable, as that makes use of every label's being in order already.
    turns.sort();
    turns
}

/// The labels that hold at one address.
#[derive(Default)]
struct Labels {
    /// Sorted.
    held: Vec<Label>,
    /// The last that was alone, and its class: most ranges overlap no others.
    alone: Option<(Label, ClassId)>,
}

impl Labels {
    fn toggle(&mut self, label: Label) {
        match self.held.binary_search(&label) {
            Ok(at) => drop(self.held.remove(at)),
            Err(at) => self.held.insert(at, label),
        }
    }

    fn class(&mut self, classes: &mut Classes) -> ClassId {
        match (self.held.as_slice(), self.alone) {
            ([], _) => ClassId::default(),
            ([label], Some((alone, class))) if *label == alone => class,
            ([label], _) => {
                let class = classes.of(&self.held);
                self.alone = Some((*label, class));
                class
            }
            (labels, _) => classes.of_sorted(labels),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(first: u32, last: u32) -> IpSpan {
        IpSpan::V4(Span { first, last })
    }

    #[test]
    fn lists_are_laid_over_each_other_and_neighbours_are_one() {
        let (one, other) = (Label(1), Label(2));
        let ranges = [
            (one, v4(10, 19)),
            (one, v4(20, 29)),
            (other, v4(25, 34)),
            (one, v4(12, 13)),
            (other, v4(u32::MAX, u32::MAX)),
        ];
        let mut classes = Classes::default();
        let compiled = compile(ranges, &mut classes);
        let told = compiled.v4.iter();
        let told = told.map(|piece| {
            (
                piece.span.first,
                piece.span.last,
                classes.labels(piece.class),
            )
        });
        let expected: [(u32, u32, &[Label]); 4] = [
            (10, 24, &[one]),
            (25, 29, &[one, other]),
            (30, 34, &[other]),
            (u32::MAX, u32::MAX, &[other]),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        // No class for what holds at no address, though both labels turn at one.
        assert_eq!(classes.len(), 3);
        let weights = |label| {
            let of = |other| other == label;
            (
                compiled.covered(&classes, of).v4,
                compiled.unique(&classes, of).v4,
            )
        };
        assert_eq!(weights(one), (20, 15));
        assert_eq!(weights(other), (11, 6));
    }

    #[test]
    fn neighbours_that_come_to_be_of_one_class_are_one() {
        let ranges = [
            (Label(1), v4(10, 19)),
            (Label(2), v4(20, 29)),
            (Label(2), v4(31, 31)),
            (Label(3), v4(32, 32)),
        ];
        let mut classes = Classes::default();
        let compiled = compile(ranges, &mut classes);
        let merged = compiled.reclassed(|class| ClassId(u32::from(class.0 < 3)));
        let told: Vec<_> = merged
            .v4
            .iter()
            .map(|p| (p.span.first, p.span.last))
            .collect();
        assert_eq!(told, [(10, 29), (31, 31)]);
        assert_eq!(merged.weights[0].1.v4, 21);
    }

    #[test]
    fn all_of_ipv6_has_more_addresses_than_can_be_told() {
        let (first, last) = (0, u128::MAX);
        let all = [(Label(0), IpSpan::V6(Span { first, last }))];
        let mut classes = Classes::default();
        let compiled = compile(all, &mut classes);
        assert_eq!(compiled.covered(&classes, |_| true).v6, u128::MAX);
    }
}

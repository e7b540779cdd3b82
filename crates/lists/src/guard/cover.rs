// SPDX-License-Identifier: MIT
//! How many addresses a list covers, and what has to go if it is too many.

use super::{Sifted, Why};
use crate::entry::Entry;
use crate::set::Weight;
use crate::span::{IpSpan, Number, Span};

/// How many addresses entries name, each counted once.
#[must_use]
pub fn covered(entries: &[Entry]) -> Weight {
    Spans::of(entries).weight(Level::MAX, Level::MAX)
}

/// So wide, as the number of bits that a span leaves free, rounded up.
type Level = u8;

/// Entries of each family, in order.
struct Spans {
    v4: Vec<Span<u32>>,
    v6: Vec<Span<u128>>,
}

impl Spans {
    fn of(entries: &[Entry]) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry.span {
                IpSpan::V4(span) => v4.push(span),
                IpSpan::V6(span) => v6.push(span),
            }
        }
        v4.sort_unstable();
        v6.sort_unstable();
        Self { v4, v6 }
    }

    /// Of those that are not wider.
    fn weight(&self, v4: Level, v6: Level) -> Weight {
        Weight {
            v4: u64::try_from(union(&self.v4, v4)).unwrap_or(u64::MAX),
            v6: union(&self.v6, v6),
        }
    }
}

fn level<N: Number>(span: Span<N>) -> Level {
    let differing = span.addresses() - 1;
    (u128::BITS - differing.leading_zeros()) as Level
}

fn union<N: Number>(sorted: &[Span<N>], widest: Level) -> u128 {
    let mut sum = 0_u128;
    let mut beyond = None;
    for span in sorted.iter().filter(|span| level(**span) <= widest) {
        let first = beyond.map_or(span.first, |beyond: N| beyond.max(span.first));
        if first <= span.last {
            let last = span.last;
            sum = sum.saturating_add(Span { first, last }.addresses());
            match last.after() {
                Some(after) => beyond = Some(after),
                None => break,
            }
        }
    }
    sum
}

/// Leaves out the widest entries of a family until the rest covers no more than it may: a slip or ill
/// will is more likely a wide entry than many narrow ones.
pub(super) fn cap(sifted: &mut Sifted, most: Weight) {
    let spans = Spans::of(&sifted.kept);
    sifted.covered = spans.weight(Level::MAX, Level::MAX);
    if sifted.covered.v4 <= most.v4 && sifted.covered.v6 <= most.v6 {
        return;
    }
    let v4 = allowed(&spans.v4, most.v4.into());
    let v6 = allowed(&spans.v6, most.v6);
    let (kept, refused) = (&mut sifted.kept, &mut sifted.refused);
    kept.retain(|entry| {
        let fits = match entry.span {
            IpSpan::V4(span) => v4.is_some_and(|widest| level(span) <= widest),
            IpSpan::V6(span) => v6.is_some_and(|widest| level(span) <= widest),
        };
        if !fits {
            refused.add(entry.line, Why::TooMuch, || entry.span.to_string());
        }
        fits
    });
    sifted.covered = covered(&sifted.kept);
}

/// The widest level of which everything together is within `most`; none if there is none.
fn allowed<N: Number>(sorted: &[Span<N>], most: u128) -> Option<Level> {
    let bits = (u128::BITS - N::MAX.wide().leading_zeros()) as Level;
    let levels: Vec<Level> = (0..=bits).collect();
    let fitting = levels.partition_point(|&widest| union(sorted, widest) <= most);
    levels[..fitting].last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(texts: &[&str]) -> Vec<Entry> {
        let text = texts.join("\n");
        let limits = crate::parse::Limits::default();
        let parsed = crate::parse::parse(text.as_bytes(), crate::parse::Format::Plain, &limits);
        parsed.expect("they are entries").entries
    }

    #[test]
    fn an_address_counts_once_however_often_it_is_named() {
        let listed = [
            "1.0.0.0/24",
            "1.0.0.9",
            "1.0.0.128-1.0.1.3",
            "1.0.0.9",
            "255.255.255.255",
            "::1",
            "::/127",
        ];
        let Weight { v4, v6 } = covered(&entries(&listed));
        assert_eq!((v4, v6), (256 + 4 + 1, 2));
        assert_eq!(covered(&entries(&["0.0.0.0/0", "1.2.3.4"])).v4, 1 << 32);
        assert_eq!(covered(&entries(&["::/0"])).v6, u128::MAX);
        assert_eq!(covered(&[]), Weight::default());
    }

    #[test]
    fn the_widest_entries_go_where_the_whole_is_too_much() {
        let mut sifted = Sifted {
            kept: entries(&["1.0.0.0/24", "2.0.0.0/26", "3.0.0.0/26", "4.0.0.1", "::1"]),
            ..Sifted::default()
        };
        cap(&mut sifted, Weight { v4: 130, v6: 0 });
        let kept: Vec<String> = sifted
            .kept
            .iter()
            .map(|entry| entry.span.to_string())
            .collect();
        assert_eq!(kept, ["2.0.0.0/26", "3.0.0.0/26", "4.0.0.1"]);
        assert_eq!(sifted.covered, Weight { v4: 129, v6: 0 });
        assert_eq!(sifted.refused.count_of("too_much"), 2);
    }
}

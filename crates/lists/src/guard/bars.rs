// SPDX-License-Identifier: MIT
//! Ranges that must not be named, with the reason for each address.

use super::Why;
use crate::span::{Number, Span};
use std::collections::BTreeMap;

/// Disjoint ranges by their first address.
#[derive(Clone, Debug)]
pub(super) struct Bars<N>(BTreeMap<N, (N, Why)>);

impl<N> Default for Bars<N> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<N: Number> Bars<N> {
    /// Adds a range; addresses that have a reason keep it.
    pub fn add(&mut self, span: Span<N>, why: Why) {
        for gap in self.gaps(span) {
            self.0.insert(gap.first, (gap.last, why));
        }
    }

    /// The reason for the lowest address of the span that has one.
    #[inline]
    pub fn first_in(&self, span: Span<N>) -> Option<Why> {
        // Most spans have none: one search tells, that for the last bar which begins in or before it.
        let (_, (last, why)) = self.0.range(..=span.last).next_back()?;
        let found = *last >= span.first;
        found.then(|| self.within(span).next().map_or(*why, |(_, why)| why))
    }

    /// What of the span has a reason, in order.
    pub fn within(&self, span: Span<N>) -> impl Iterator<Item = (Span<N>, Why)> {
        let around = self.0.range(..span.first).next_back();
        let bars = around
            .into_iter()
            .chain(self.0.range(span.first..=span.last));
        let reaches = move |(_, (last, _)): &(&N, &(N, Why))| *last >= span.first;
        bars.filter(reaches).map(move |(&first, &(last, why))| {
            let first = first.max(span.first);
            let last = last.min(span.last);
            (Span { first, last }, why)
        })
    }

    /// What of the span has no reason, in order.
    pub fn gaps(&self, span: Span<N>) -> Vec<Span<N>> {
        let mut gaps = Vec::new();
        let mut from = Some(span.first);
        for (bar, _) in self.within(span) {
            let before = bar.first.before();
            if let (Some(first), Some(last)) = (from, before.filter(|last| Some(*last) >= from)) {
                gaps.push(Span { first, last });
            }
            from = bar.last.after();
        }
        let last = span.last;
        gaps.extend(
            from.filter(|first| *first <= last)
                .map(|first| Span { first, last }),
        );
        gaps
    }
}

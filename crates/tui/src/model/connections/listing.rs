// SPDX-License-Identifier: MIT
//! The rows of connections: they come, go and change places by themselves, and stay put for whoever
//! moves among them.

use crate::model::Rows;
use aegis_api::{Flow, FlowList};
use jiff::{SignedDuration, Timestamp};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// For so long after somebody moved, rows stay where they are.
const STILL: SignedDuration = SignedDuration::from_secs(3);

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The connection, as it was told of last.
    pub flow: Flow,
    /// Whether it is no longer among those that are told of.
    pub is_gone: bool,
}

/// All rows.
#[derive(Debug, Default)]
pub struct Listing {
    /// In the order in which they are shown.
    pub flows: Vec<Listed>,
    /// The place in them.
    pub rows: Rows,
    /// How many connections the filter lets through.
    pub matched: usize,
    /// How many there are.
    pub total: usize,
    still_until: Option<Timestamp>,
}

impl Listing {
    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&Listed> {
        self.flows.get(self.rows.selected()?)
    }

    /// Somebody moves.
    pub fn step(&mut self, by: isize, now: Timestamp) {
        self.rows.step(by);
        self.hold(now);
    }

    /// Somebody selects a row.
    pub fn select(&mut self, row: usize, now: Timestamp) {
        self.rows.select(row);
        self.hold(now);
    }

    fn hold(&mut self, now: Timestamp) {
        self.still_until = now.checked_add(STILL).ok();
    }

    /// The same question was answered again. The same connection stays selected, wherever it is now.
    pub fn refreshed(&mut self, list: FlowList, now: Timestamp) {
        let is_still = self.still_until.is_some_and(|until| now < until);
        let before = std::mem::take(&mut self.flows);
        let selected = self.rows.selected().and_then(|row| before.get(row));
        let selected = selected.map(|row| row.flow.id.clone());
        let is_whole = list.flows.len() >= list.matched;
        let keeps = |row: &Listed| match selected.as_deref() == Some(&*row.flow.id) {
            true => true,
            // Of a list that was cut off nobody knows whether it has ended.
            false => is_whole && !row.is_gone,
        };
        (self.matched, self.total) = (list.matched, list.total);
        let flows = match is_still {
            true => in_order_of(&before, list.flows),
            false => list.flows,
        };
        self.flows = with_gone(before, flows, keeps);
        self.reselect(selected.as_deref());
    }

    /// Another question was answered: nothing of before is kept but what is selected, if it is there.
    pub fn replaced(&mut self, list: FlowList) {
        let selected = self.selected().map(|row| row.flow.id.clone());
        (self.matched, self.total) = (list.matched, list.total);
        let row = |flow| Listed {
            flow,
            is_gone: false,
        };
        self.flows = list.flows.into_iter().map(row).collect();
        self.rows.select(0);
        self.reselect(selected.as_deref());
    }

    /// Rows go where they belong at the next answer, whoever moved.
    pub fn loosen(&mut self) {
        self.still_until = None;
    }

    /// Brings the rows into an order, unless somebody moves among them.
    pub fn sort(&mut self, order: impl Fn(&Listed, &Listed) -> Ordering, now: Timestamp) {
        if self.still_until.is_some_and(|until| now < until) {
            return;
        }
        let selected = self.selected().map(|row| row.flow.id.clone());
        self.flows.sort_by(order);
        self.reselect(selected.as_deref());
    }

    fn reselect(&mut self, id: Option<&str>) {
        self.rows.resize(self.flows.len());
        let again = id.and_then(|id| self.flows.iter().position(|row| row.flow.id == id));
        if let Some(row) = again {
            self.rows.select(row);
        }
    }
}

/// Those that were there before in their order, then the others.
fn in_order_of(before: &[Listed], mut flows: Vec<Flow>) -> Vec<Flow> {
    let places: HashMap<&str, usize> = before
        .iter()
        .enumerate()
        .map(|(place, row)| (&*row.flow.id, place))
        .collect();
    flows.sort_by_key(|flow| places.get(&*flow.id).copied().unwrap_or(usize::MAX));
    flows
}

/// With those that have gone, each where it was, as far as they are kept.
fn with_gone(
    before: Vec<Listed>,
    flows: Vec<Flow>,
    keeps: impl Fn(&Listed) -> bool,
) -> Vec<Listed> {
    let there: HashSet<String> = flows.iter().map(|flow| flow.id.clone()).collect();
    let gone = before.into_iter().enumerate();
    let gone = gone.filter(|(_, row)| !there.contains(&row.flow.id) && keeps(row));
    let mut gone = gone.peekable();
    let mut rows = Vec::with_capacity(flows.len());
    for flow in flows {
        while let Some((_, row)) = gone.next_if(|(place, _)| *place <= rows.len()) {
            rows.push(Listed {
                is_gone: true,
                ..row
            });
        }
        rows.push(Listed {
            flow,
            is_gone: false,
        });
    }
    rows.extend(gone.map(|(_, row)| Listed {
        is_gone: true,
        ..row
    }));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::flow;

    fn list(ports: &[u16], matched: usize) -> FlowList {
        let flows = ports.iter().map(|&port| flow("192.0.2.1", port)).collect();
        FlowList {
            flows,
            matched,
            total: matched,
        }
    }

    fn shown(listing: &Listing) -> Vec<(u16, bool)> {
        let rows = listing.flows.iter();
        rows.map(|row| (row.flow.peer_port, row.is_gone)).collect()
    }

    fn of(ports: &[u16]) -> Listing {
        let mut listing = Listing::default();
        listing.replaced(list(ports, ports.len()));
        listing
    }

    const LATER: Timestamp = Timestamp::MAX;

    #[test]
    fn the_selected_connection_stays_selected_wherever_it_moves() {
        let mut listing = of(&[1, 2, 3]);
        listing.rows.select(1);
        listing.refreshed(list(&[3, 1, 2], 3), LATER);
        assert_eq!(listing.rows.selected(), Some(2));
    }

    #[test]
    fn what_has_ended_is_shown_once_more_where_it_was() {
        let mut listing = of(&[1, 2, 3]);
        listing.refreshed(list(&[1, 3], 2), LATER);
        assert_eq!(shown(&listing), [(1, false), (2, true), (3, false)]);
        listing.refreshed(list(&[1, 3], 2), LATER);
        assert_eq!(shown(&listing), [(1, false), (3, false)]);
    }

    #[test]
    fn the_selected_connection_stays_when_it_has_ended_until_somebody_moves() {
        let mut listing = of(&[1, 2, 3]);
        listing.rows.select(1);
        for _ in 0..3 {
            listing.refreshed(list(&[1, 3], 2), LATER);
            assert_eq!(listing.selected().map(|row| row.is_gone), Some(true));
        }
        listing.step(1, Timestamp::UNIX_EPOCH);
        listing.refreshed(list(&[1, 3], 2), LATER);
        assert_eq!(shown(&listing), [(1, false), (3, false)]);
        assert_eq!(listing.rows.selected(), Some(1));
    }

    #[test]
    fn what_fell_out_of_a_list_that_is_cut_off_has_not_ended() {
        let mut listing = Listing::default();
        listing.replaced(list(&[1, 2], 9));
        listing.refreshed(list(&[1, 3], 9), LATER);
        assert_eq!(shown(&listing), [(1, false), (3, false)]);
    }

    #[test]
    fn rows_stay_where_they_are_while_somebody_moves() {
        let now = Timestamp::UNIX_EPOCH;
        let mut listing = of(&[1, 2, 3]);
        listing.step(1, now);
        listing.refreshed(list(&[9, 3, 2, 1], 4), now);
        let ports = |listing: &Listing| shown(listing).iter().map(|row| row.0).collect::<Vec<_>>();
        assert_eq!(ports(&listing), [1, 2, 3, 9]);
        let later = now.saturating_add(STILL).expect("a time");
        listing.refreshed(list(&[9, 3, 2, 1], 4), later);
        assert_eq!(ports(&listing), [9, 3, 2, 1]);
        assert_eq!(listing.rows.selected(), Some(2));
    }
}

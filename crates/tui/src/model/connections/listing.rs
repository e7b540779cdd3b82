// SPDX-License-Identifier: MIT
//! The rows of connections: they come, go and change places by themselves, and stay put for whoever
//! moves among them.

use crate::model::{Selectable, Selection};
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
    /// What became of it since.
    pub fate: Fate,
}

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is told of.
    There,
    /// It has ended: all that there are were told of, and it is not among them.
    Ended,
    /// The list is cut off, and it is not in the part that is told of.
    Untold,
}

impl Listed {
    /// One that is told of.
    #[must_use]
    pub const fn there(flow: Flow) -> Self {
        Self {
            flow,
            fate: Fate::There,
        }
    }

    /// Whether it is no longer among those that are told of.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.fate != Fate::There
    }

    /// What is to be thought of it once it is not told of; `None` where it is not to be shown any more.
    fn fate_beyond(&self, is_whole: bool, is_selected: bool) -> Option<Fate> {
        match (is_whole, self.fate) {
            (true, Fate::There) => Some(Fate::Ended),
            (_, fate) if is_selected => Some(match (is_whole, fate) {
                (true, _) | (false, Fate::Ended) => Fate::Ended,
                (false, _) => Fate::Untold,
            }),
            (_, _) => None,
        }
    }
}

/// All rows.
#[derive(Debug, Default)]
pub struct Listing {
    /// In the order in which they are shown.
    pub flows: Vec<Listed>,
    /// How many connections the filter lets through.
    pub matched: usize,
    /// How many there are.
    pub total: usize,
    still_until: Option<Timestamp>,
    selection: Selection<String>,
}

impl Selectable for Listing {
    type Key = String;

    fn count(&self) -> usize {
        self.flows.len()
    }

    fn key_of(&self, row: usize) -> Option<String> {
        self.flows.get(row).map(|row| row.flow.id.clone())
    }

    fn row_of(&self, id: &String) -> Option<usize> {
        self.flows.iter().position(|row| row.flow.id == *id)
    }

    fn selection(&self) -> &Selection<String> {
        &self.selection
    }

    fn selection_mut(&mut self) -> &mut Selection<String> {
        &mut self.selection
    }
}

impl Listing {
    /// The selected row.
    #[must_use]
    pub fn selected(&self) -> Option<&Listed> {
        self.flows.get(self.rows().selected()?)
    }

    /// Somebody moves: rows stay where they are for a while.
    pub fn hold(&mut self, now: Timestamp) {
        self.still_until = now.checked_add(STILL).ok();
    }

    /// The same question was answered again. The same connection stays selected, wherever it is now.
    pub fn refreshed(&mut self, list: FlowList, now: Timestamp) {
        let is_still = self.still_until.is_some_and(|until| now < until);
        let selected = self.selected().map(|row| row.flow.id.clone());
        let before = std::mem::take(&mut self.flows);
        let is_whole = list.flows.len() >= list.matched;
        let fate = |row: &Listed| {
            let is_selected = selected.as_deref() == Some(&*row.flow.id);
            row.fate_beyond(is_whole, is_selected)
        };
        (self.matched, self.total) = (list.matched, list.total);
        let flows = match is_still {
            true => in_order_of(&before, list.flows),
            false => list.flows,
        };
        self.flows = with_gone(before, flows, fate);
        self.arranged();
    }

    /// Another question was answered: nothing of before is kept but what is selected, if it is there.
    pub fn replaced(&mut self, list: FlowList) {
        (self.matched, self.total) = (list.matched, list.total);
        self.flows = list.flows.into_iter().map(Listed::there).collect();
        self.shown_anew();
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
        self.flows.sort_by(order);
        self.arranged();
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

/// With those that have gone, each where it was, as far as anything is to be thought of them.
fn with_gone(
    before: Vec<Listed>,
    flows: Vec<Flow>,
    fate: impl Fn(&Listed) -> Option<Fate>,
) -> Vec<Listed> {
    let there: HashSet<String> = flows.iter().map(|flow| flow.id.clone()).collect();
    let gone = before.into_iter().enumerate();
    let gone = gone.filter(|(_, row)| !there.contains(&row.flow.id));
    let gone = gone.filter_map(|(place, row)| {
        let fate = fate(&row)?;
        Some((place, Listed { fate, ..row }))
    });
    let mut gone = gone.peekable();
    let mut rows = Vec::with_capacity(flows.len());
    for flow in flows {
        while let Some((_, row)) = gone.next_if(|(place, _)| *place <= rows.len()) {
            rows.push(row);
        }
        rows.push(Listed::there(flow));
    }
    rows.extend(gone.map(|(_, row)| row));
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
        rows.map(|row| (row.flow.peer_port, row.is_gone()))
            .collect()
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
        listing.choose(1);
        listing.refreshed(list(&[3, 1, 2], 3), LATER);
        assert_eq!(listing.rows().selected(), Some(2));
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
        listing.choose(1);
        for _ in 0..3 {
            listing.refreshed(list(&[1, 3], 2), LATER);
            let fate = listing.selected().map(|row| row.fate);
            assert_eq!(fate, Some(Fate::Ended));
        }
        listing.step(1);
        listing.refreshed(list(&[1, 3], 2), LATER);
        assert_eq!(shown(&listing), [(1, false), (3, false)]);
        assert_eq!(listing.rows().selected(), Some(1));
    }

    #[test]
    fn what_fell_out_of_a_list_that_is_cut_off_has_not_ended() {
        let mut listing = Listing::default();
        listing.replaced(list(&[1, 2], 9));
        listing.refreshed(list(&[1, 3], 9), LATER);
        assert_eq!(shown(&listing), [(1, false), (3, false)]);
    }

    #[test]
    fn what_is_selected_of_such_a_list_is_not_told_of_until_it_is_back_or_all_are() {
        let mut listing = Listing::default();
        listing.replaced(list(&[1, 2], 9));
        listing.choose(1);
        let fate = |listing: &Listing| listing.selected().map(|row| row.fate);
        for _ in 0..3 {
            listing.refreshed(list(&[1, 3], 9), LATER);
            assert_eq!(fate(&listing), Some(Fate::Untold));
        }
        listing.refreshed(list(&[2, 1], 9), LATER);
        assert_eq!(fate(&listing), Some(Fate::There));
        listing.refreshed(list(&[1, 3], 9), LATER);
        listing.refreshed(list(&[1, 3], 2), LATER);
        assert_eq!(fate(&listing), Some(Fate::Ended), "now it is known");
        listing.refreshed(list(&[1, 3], 9), LATER);
        assert_eq!(fate(&listing), Some(Fate::Ended), "and stays so");
    }

    #[test]
    fn rows_stay_where_they_are_while_somebody_moves() {
        let now = Timestamp::UNIX_EPOCH;
        let mut listing = of(&[1, 2, 3]);
        listing.choose(1);
        listing.hold(now);
        listing.refreshed(list(&[9, 3, 2, 1], 4), now);
        let ports = |listing: &Listing| shown(listing).iter().map(|row| row.0).collect::<Vec<_>>();
        assert_eq!(ports(&listing), [1, 2, 3, 9]);
        let later = now.saturating_add(STILL).expect("a time");
        listing.refreshed(list(&[9, 3, 2, 1], 4), later);
        assert_eq!(ports(&listing), [9, 3, 2, 1]);
        assert_eq!(listing.rows().selected(), Some(2));
    }
}

// SPDX-License-Identifier: MIT
//! Who is connected: one row a connection, or one a group of them.

mod filtering;
mod groups;
mod listing;
mod order;
mod process;
mod trace;

pub use filtering::Filtering;
pub use groups::Groups;
pub use listing::{Fate, Listed, Listing};
pub use order::FlowOrder;
pub use process::{Ends, Process};
pub use trace::{Trace, Traces};

use super::{Pane, Rows, Selectable};
use aegis_api::{
    Flow, FlowFilter, FlowGroup, FlowGroupBy, FlowGroupList, FlowGroupQuery, FlowGroupSort,
    FlowList, FlowQuery, FlowSort, Why,
};
use jiff::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;

/// So many rows are asked for at once; the daemon says how many more there are.
const MOST: usize = 300;
/// Steps back that are remembered, at most.
const MOST_STEPS: usize = 32;
/// What connections can be grouped by, in the order in which the key goes through it.
const GROUPINGS: [FlowGroupBy; 5] = [
    FlowGroupBy::Source,
    FlowGroupBy::Prefix,
    FlowGroupBy::Country,
    FlowGroupBy::Asn,
    FlowGroupBy::Port,
];

/// What is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Which connections.
    pub filtering: Filtering,
    /// What they are grouped by, where they are.
    pub by: Option<FlowGroupBy>,
}

/// The tab.
#[derive(Debug)]
pub struct Connections {
    /// What is looked at.
    pub scope: Scope,
    /// What was looked at before, to go back to.
    before: Vec<Scope>,
    /// Which connection comes first.
    pub order: FlowOrder,
    /// What the daemon sorts by, and with it which connections are listed where there are very many.
    pub sort: FlowSort,
    /// Which group comes first.
    pub group_sort: FlowGroupSort,
    /// The other way round.
    pub is_reversed: bool,
    /// Connections.
    pub listing: Listing,
    /// Groups, where they are asked for.
    pub groups: Groups,
    /// Everything about the selected connection.
    pub pane: Pane,
    /// Everything about its peer.
    pub why: Option<Box<Why>>,
    /// Programs of this host, by the id of a connection.
    pub processes: HashMap<String, Process>,
    /// What connections moved.
    pub traces: Traces,
    /// What was answered last.
    answered: Option<FlowQuery>,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            scope: Scope::default(),
            before: Vec::new(),
            order: FlowOrder::All(FlowSort::Live),
            sort: FlowSort::Live,
            group_sort: FlowGroupSort::Connections,
            is_reversed: false,
            listing: Listing::default(),
            groups: Groups::default(),
            pane: Pane::default(),
            why: None,
            processes: HashMap::new(),
            traces: Traces::default(),
            answered: None,
        }
    }
}

impl Connections {
    /// What the daemon is to be asked of connections; `None` where groups are shown.
    #[must_use]
    pub fn query(&self) -> Option<FlowQuery> {
        self.scope.by.is_none().then(|| FlowQuery {
            filter: self.filter().clone(),
            sort: self.sort,
            reverse: self.is_reversed && self.order != FlowOrder::Process,
            limit: Some(MOST),
        })
    }

    /// What the daemon is to be asked of groups; `None` where connections are shown.
    #[must_use]
    pub fn group_query(&self) -> Option<FlowGroupQuery> {
        self.scope.by.map(|by| FlowGroupQuery {
            filter: self.filter().clone(),
            by,
            sort: self.group_sort,
            reverse: self.is_reversed,
            limit: Some(MOST),
        })
    }

    /// The filter in force.
    #[must_use]
    pub fn filter(&self) -> &FlowFilter {
        self.scope.filtering.filter()
    }

    /// The daemon has answered. What it answered to a question that is no longer asked is of no use.
    pub fn arrived(&mut self, query: FlowQuery, list: FlowList, now: Timestamp) {
        if self.query().as_ref() != Some(&query) {
            return;
        }
        self.scope.filtering.answered();
        match self.answered.as_ref() == Some(&query) {
            true => self.listing.refreshed(list, now),
            false => self.listing.replaced(list),
        }
        self.answered = Some(query);
        self.sort_here(now);
        self.traces.note(&self.listing.flows, now);
        self.forget_others();
    }

    /// Sorts by something else, and perhaps the other way round.
    pub fn sort_by(&mut self, order: FlowOrder, is_reversed: bool) {
        self.sort = order.asked(self.sort);
        (self.order, self.is_reversed) = (order, is_reversed);
        self.listing.loosen();
        self.sort_here(Timestamp::MAX);
    }

    /// Brings what is listed into an order that the daemon does not know of, where that is asked for.
    fn sort_here(&mut self, now: Timestamp) {
        if self.order == FlowOrder::Process {
            let order = order::by_process(&self.processes, self.is_reversed);
            self.listing.sort(order, now);
        }
    }

    /// The daemon has answered. The same group stays selected, wherever it is now.
    pub fn groups_arrived(&mut self, query: &FlowGroupQuery, list: FlowGroupList) {
        if self.group_query().as_ref() != Some(query) {
            return;
        }
        self.scope.filtering.answered();
        self.groups.arrived(query, list);
    }

    /// Whether the daemon has answered at all.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        self.answered.is_some()
    }

    /// Whether what is listed is what is asked for, in whatever order. As long as it is not, no key does
    /// anything to it.
    #[must_use]
    pub fn is_current(&self) -> bool {
        match self.group_query() {
            None => {
                let answered = self.answered.as_ref();
                answered.is_some_and(|query| query.filter == *self.filter())
            }
            Some(query) => self.groups.answer(&query),
        }
    }

    /// Everything about an address has come.
    pub fn why_arrived(&mut self, why: &Why) {
        if self.selected().is_some_and(|flow| flow.peer == why.address) {
            self.why = Some(Box::new(why.clone()));
        }
    }

    /// What is known of the peer of the selected connection.
    #[must_use]
    pub fn why(&self) -> Option<&Why> {
        let peer = self.selected()?.peer;
        self.why.as_deref().filter(|why| why.address == peer)
    }

    /// What is about connections that are no longer listed is forgotten.
    fn forget_others(&mut self) {
        if self.processes.len() > 2 * MOST {
            let rows = &self.listing.flows;
            self.processes
                .retain(|id, _| rows.iter().any(|row| row.flow.id == *id));
        }
    }

    /// The selected connection.
    #[must_use]
    pub fn selected(&self) -> Option<&Flow> {
        self.selected_row().map(|row| &row.flow)
    }

    /// The same with what became of it.
    #[must_use]
    pub fn selected_row(&self) -> Option<&Listed> {
        let is_shown = self.scope.by.is_none() && self.is_current();
        self.listing.selected().filter(|_| is_shown)
    }

    /// The selected group.
    #[must_use]
    pub fn selected_group(&self) -> Option<&FlowGroup> {
        let is_shown = self.scope.by.is_some() && self.is_current();
        self.groups.selected().filter(|_| is_shown)
    }

    /// Whom the selected row is about, where that is an address or a prefix.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        match self.scope.by {
            None => Some(self.selected()?.peer.to_string()),
            Some(FlowGroupBy::Source | FlowGroupBy::Prefix) => {
                Some(self.selected_group()?.key.clone())
            }
            Some(_) => None,
        }
    }

    /// So many rows down, or up.
    pub fn step(&mut self, by: isize, now: Timestamp) {
        match self.scope.by {
            None => {
                self.listing.step(by);
                self.listing.hold(now);
            }
            Some(_) => self.groups.step(by),
        }
    }

    /// Selects a row.
    pub fn choose(&mut self, row: usize, now: Timestamp) {
        match self.scope.by {
            None => {
                self.listing.choose(row);
                self.listing.hold(now);
            }
            Some(_) => self.groups.choose(row),
        }
    }

    /// So many rows are on the screen.
    pub fn settle(&mut self, height: usize) {
        match self.scope.by {
            None => self.listing.settle(height),
            Some(_) => self.groups.settle(height),
        }
    }

    /// How what is shown stands at the moment.
    #[must_use]
    pub fn rows(&self) -> Rows {
        let rows = match self.scope.by {
            None => self.listing.rows(),
            Some(_) => self.groups.rows(),
        };
        match self.is_current() {
            true => rows,
            false => rows.unselected(),
        }
    }

    /// Groups by the next thing, and after the last one not at all.
    pub fn group(&mut self) {
        let next = match self.scope.by {
            None => 0,
            Some(by) => GROUPINGS
                .iter()
                .position(|&other| other == by)
                .map_or(0, |at| at + 1),
        };
        self.scope.by = GROUPINGS.get(next).copied();
        self.is_reversed = false;
        self.groups = Groups::default();
        self.pane = Pane::default();
    }

    /// Looks at the connections of the selected group; whether a filter can tell which these are.
    pub fn enter(&mut self) -> bool {
        let (Some(by), Some(group)) = (self.scope.by, self.selected_group()) else {
            return false;
        };
        match self.scope.filtering.within(by, &group.key) {
            Some(filtering) => {
                self.go(Scope {
                    filtering,
                    by: None,
                });
                true
            }
            None => false,
        }
    }

    /// Looks at the connections that have that in common, and no others; whether a filter can tell.
    pub fn open(&mut self, by: FlowGroupBy, key: &str) -> bool {
        let filtering = Filtering::default().within(by, key);
        let Some(filtering) = filtering else {
            return false;
        };
        self.go(Scope {
            filtering,
            by: None,
        });
        true
    }

    /// Looks at the connections of one peer, or of a prefix, and no others.
    pub fn follow(&mut self, target: &str) {
        let filter = FlowFilter {
            peer: Some(target.to_owned()),
            ..FlowFilter::default()
        };
        self.go(Scope {
            filtering: Filtering::by(filter),
            by: None,
        });
    }

    /// Whether one peer is looked at, and no others.
    #[must_use]
    pub fn followed(&self) -> Option<IpAddr> {
        let filter = self.filter();
        let peer = filter.peer.as_deref()?.parse().ok()?;
        let only = FlowFilter {
            peer: filter.peer.clone(),
            ..FlowFilter::default()
        };
        (*filter == only).then_some(peer)
    }

    fn go(&mut self, scope: Scope) {
        self.is_reversed = false;
        let before = std::mem::replace(&mut self.scope, scope);
        self.before.push(before);
        if self.before.len() > MOST_STEPS {
            self.before.remove(0);
        }
    }

    /// A step back: to what was looked at before, out of groups, out of the filter. Whether there was
    /// one.
    pub fn back(&mut self) -> bool {
        if let Some(before) = self.before.pop() {
            self.scope = before;
        } else if self.scope.by.is_some() {
            self.scope.by = None;
        } else if self.scope.filtering.is_nothing() {
            return false;
        } else {
            self.scope.filtering = Filtering::default();
        }
        self.is_reversed = false;
        true
    }
}

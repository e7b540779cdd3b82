// SPDX-License-Identifier: MIT
//! How much of what, a second: now, and in the last hour.

mod moment;
mod row;
mod senders;

pub use moment::{Moment, Parts, Past};
pub use row::Row;
pub use senders::{MEAN_SECONDS, Sender, Senders};

use aegis_api::{
    AttachmentStatus, FlowGroupBy, FlowGroupList, FlowGroupQuery, FlowGroupSort, Rate, Status,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// Groups that are asked for.
const GROUPS: usize = 10;
/// How much of the past a picture can be of.
pub const SPANS: [Duration; 4] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
];
/// Into so many steps a picture is divided by those who go back in it.
const STEPS: u32 = 60;

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Packets.
    #[default]
    Packets,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Packets, Self::Bytes];

    /// The one that this is not.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Packets => Self::Bytes,
            Self::Bytes => Self::Packets,
        }
    }

    /// What a rate is called in it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Packets => "packets/s",
            Self::Bytes => "bytes/s",
        }
    }

    /// A rate in it.
    #[must_use]
    pub const fn of(self, rate: Rate) -> f64 {
        match self {
            Self::Packets => rate.packets_per_second,
            Self::Bytes => rate.bytes_per_second,
        }
    }
}

/// The tab.
#[derive(Debug, Default)]
pub struct Stats {
    /// The last hour.
    pub past: Past,
    /// Whose packets are dropped most.
    pub senders: Senders,
    /// What charts are of, where there is no room for both.
    pub unit: Unit,
    /// The selected row: it is the same wherever it goes, and none before somebody moves.
    pub selected: Option<Row>,
    /// Which of [`SPANS`] is shown.
    pub span: usize,
    /// So long before the newest moment is looked at.
    pub back: Duration,
    /// What connections are counted by.
    pub by: FlowGroupBy,
    /// Connections, counted so.
    pub groups: Option<FlowGroupList>,
    /// Nanoseconds a run of each program took between the last two looks, by interface and hook.
    pub cost: BTreeMap<(String, String), u64>,
    runs: BTreeMap<u32, (u64, u64)>,
}

impl Stats {
    /// The daemon has told of itself.
    pub fn noticed(&mut self, status: &Status) {
        let is_there = |id: &u32| status.attachments.iter().any(|one| one.program_id == *id);
        self.runs.retain(|id, _| is_there(id));
        for attachment in &status.attachments {
            self.ran(attachment);
        }
    }

    fn ran(&mut self, attachment: &AttachmentStatus) {
        let counted = attachment.run_count.zip(attachment.run_nanoseconds);
        let place = (attachment.interface.clone(), attachment.hook.clone());
        let Some((count, nanoseconds)) = counted else {
            self.cost.remove(&place);
            return;
        };
        let now = (count, nanoseconds);
        let before = self.runs.insert(attachment.program_id, now);
        let (runs, time) = before.map_or((0, 0), |before| {
            (
                count.saturating_sub(before.0),
                nanoseconds.saturating_sub(before.1),
            )
        });
        if let Some(cost) = time.checked_div(runs) {
            self.cost.insert(place, cost);
        }
    }

    /// What connections are to be counted by.
    #[must_use]
    pub fn query(&self) -> FlowGroupQuery {
        FlowGroupQuery {
            by: self.by,
            sort: FlowGroupSort::Live,
            limit: Some(GROUPS),
            ..FlowGroupQuery::default()
        }
    }

    /// Counts connections by something else.
    pub fn regroup(&mut self) {
        let all = FlowGroupBy::ALL;
        let at = all.iter().position(|&by| by == self.by).unwrap_or(0);
        self.by = all[(at + 1) % all.len()];
        self.groups = None;
        self.selected
            .take_if(|selected| matches!(selected, Row::Group(_)));
    }

    /// How much of the past is shown.
    #[must_use]
    pub fn shown(&self) -> Duration {
        SPANS[self.span % SPANS.len()]
    }

    /// Shows more of the past, or least of it again.
    pub fn widen(&mut self) {
        self.span = (self.span + 1) % SPANS.len();
        self.back = self.back.min(self.shown());
    }

    /// Goes a step back in time.
    pub fn earlier(&mut self) {
        let step = self.shown() / STEPS;
        self.back = (self.back + step).min(self.shown());
    }

    /// Goes a step forward, up to the present.
    pub fn later(&mut self) {
        self.back = self.back.saturating_sub(self.shown() / STEPS);
    }

    /// Goes so many rows down among those that there are, or up where that is negative. Where none of
    /// them is selected, one step is to the first.
    pub fn step(&mut self, rows: &[Row], by: isize) {
        let selected = self.selected.as_ref();
        let at = selected.and_then(|selected| rows.iter().position(|row| row == selected));
        let to = match at {
            Some(at) => at.saturating_add_signed(by),
            None => 0_usize.saturating_add_signed(by.saturating_sub(1)),
        };
        self.selected = rows.get(to.min(rows.len().saturating_sub(1))).cloned();
    }

    /// Whom the selected row is about: an address, or a prefix; nobody once it has gone.
    #[must_use]
    pub fn target(&self) -> Option<String> {
        match self.selected.as_ref()? {
            Row::Sender(source) => {
                let is_there = self.senders.top.iter().any(|(other, _)| other == source);
                is_there.then(|| source.to_string())
            }
            Row::Group(key) if matches!(self.by, FlowGroupBy::Source | FlowGroupBy::Prefix) => {
                let mut groups = self.groups.iter().flat_map(|list| &list.groups);
                let is_there = groups.any(|group| group.key == *key && !key.is_empty());
                is_there.then(|| key.clone())
            }
            _ => None,
        }
    }

    /// In which part of the time shown the moment is that is looked at.
    #[must_use]
    pub fn part(&self, parts: Parts) -> Option<usize> {
        let newest = self.past.before(Duration::ZERO)?;
        parts.of(newest.end, self.moment()?.end)
    }

    /// The moment that is looked at.
    #[must_use]
    pub fn moment(&self) -> Option<&Moment> {
        self.past.before(self.back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(runs: Option<(u64, u64)>) -> AttachmentStatus {
        AttachmentStatus {
            interface: "eth0".to_owned(),
            index: 2,
            hook: "xdp_ingress".to_owned(),
            mode: "native".to_owned(),
            program_id: 7,
            program_tag: String::new(),
            link_id: None,
            attached: true,
            run_count: runs.map(|runs| runs.0),
            run_nanoseconds: runs.map(|runs| runs.1),
        }
    }

    #[test]
    fn the_cost_is_of_what_ran_since_the_last_look() {
        let mut stats = Stats::default();
        let mut cost = |runs| {
            stats.ran(&program(runs));
            stats.cost.values().next().copied()
        };
        assert_eq!(cost(Some((100, 9_000))), None);
        assert_eq!(cost(Some((110, 9_500))), Some(50));
        // Nothing ran: what was known holds.
        assert_eq!(cost(Some((110, 9_500))), Some(50));
        assert_eq!(cost(None), None);
    }

    #[test]
    fn steps_in_time_end_at_both_ends() {
        let mut stats = Stats::default();
        stats.later();
        assert_eq!(stats.back, Duration::ZERO);
        (0..100).for_each(|_| stats.earlier());
        assert_eq!(stats.back, SPANS[0]);
        stats.widen();
        stats.earlier();
        assert_eq!(stats.back, SPANS[0] + SPANS[1] / STEPS);
        (0..3).for_each(|_| stats.widen());
        assert_eq!((stats.span, stats.back), (0, SPANS[0]));
    }
}

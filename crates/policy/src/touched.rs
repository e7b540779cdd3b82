// SPDX-License-Identifier: MIT
//! The table that tells the packet path where looking further is worth it, counted, so that a bit
//! goes when the last rule in its group does. The bits of lists are none of the policy's.

use crate::Change;
use aegis_abi::tables::touched::{ALLOW, BAN, EVERY, GROUPS_PER_LINE, LINES, place};
use aegis_abi::{Family, TouchedLine};
use aegis_core::address::v6_group;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Leading words of an IPv6 prefix of this length are enumerated; of a shorter one they are so
/// many that they hash to every line.
const SHORTEST_V6: u8 = 16;

/// Bits of an IPv4 address that its line tells.
const LINE_BITS: u32 = LINES.ilog2();

/// Which bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Allow,
    Ban,
}

/// A rule came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Add,
    Remove,
}

/// Rules, by bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    allow: u32,
    ban: u32,
}

impl Counts {
    /// Counts a rule; says whether the bits are now others.
    fn step(&mut self, mark: Mark, step: Step) -> bool {
        let count = match mark {
            Mark::Allow => &mut self.allow,
            Mark::Ban => &mut self.ban,
        };
        match step {
            Step::Add => *count += 1,
            Step::Remove => {
                *count = count
                    .checked_sub(1)
                    .expect("only a rule that was added is removed")
            }
        }
        *count == u32::from(step == Step::Add)
    }

    fn bits(self) -> u64 {
        let bit = |count, bit| if count > 0 { bit } else { 0 };
        bit(self.allow, ALLOW) | bit(self.ban, BAN)
    }

    fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What a prefix covers.
enum Reach {
    Everything,
    Lines(RangeInclusive<u32>),
    Groups(RangeInclusive<u32>),
    Leading(RangeInclusive<u32>),
}

impl Reach {
    fn of(net: IpNet) -> Self {
        let up_to = |first: u32, bits: u32| first..=first | ((1_u32 << bits) - 1);
        match net {
            IpNet::V4(net) => {
                let first = net.network().to_bits() >> 8;
                match u32::from(net.prefix_len()) {
                    0 => Self::Everything,
                    length @ 1..=LINE_BITS => {
                        Self::Lines(up_to(first / GROUPS_PER_LINE, LINE_BITS - length))
                    }
                    length => Self::Groups(up_to(first, 24_u32.saturating_sub(length))),
                }
            }
            IpNet::V6(net) => {
                let first = (net.network().to_bits() >> 96) as u32;
                match net.prefix_len() {
                    0..SHORTEST_V6 => Self::Everything,
                    length => Self::Leading(up_to(first, 32_u32.saturating_sub(length.into()))),
                }
            }
        }
    }
}

/// One family's table.
#[derive(Clone, Debug)]
struct Lines {
    family: Family,
    everything: Counts,
    lines: BTreeMap<u32, Counts>,
    groups: BTreeMap<u32, Counts>,
    /// Lines as they were last told; one that is not here is zero.
    told: BTreeMap<u32, TouchedLine>,
    dirty: BTreeSet<u32>,
}

impl Lines {
    fn new(family: Family) -> Self {
        Self {
            family,
            everything: Counts::default(),
            lines: BTreeMap::new(),
            groups: BTreeMap::new(),
            told: BTreeMap::new(),
            dirty: BTreeSet::new(),
        }
    }

    fn count(&mut self, net: IpNet, mark: Mark, step: Step) {
        match Reach::of(net) {
            Reach::Everything => {
                if self.everything.step(mark, step) {
                    self.dirty.extend(0..LINES);
                }
            }
            Reach::Lines(lines) => {
                for line in lines {
                    if count(&mut self.lines, line, mark, step) {
                        self.dirty.insert(line);
                    }
                }
            }
            Reach::Groups(groups) => groups.for_each(|group| self.count_group(group, mark, step)),
            Reach::Leading(leading) => {
                leading.for_each(|leading| self.count_group(v6_group(leading), mark, step));
            }
        }
    }

    fn count_group(&mut self, group: u32, mark: Mark, step: Step) {
        if count(&mut self.groups, group, mark, step) {
            self.dirty.insert(place(group).0);
        }
    }

    fn line(&self, line: u32) -> TouchedLine {
        let whole =
            self.everything.bits() | self.lines.get(&line).map_or(0, |counts| counts.bits());
        let mut value = TouchedLine([EVERY * whole; 8]);
        let first = line * GROUPS_PER_LINE;
        for (&group, counts) in self.groups.range(first..first + GROUPS_PER_LINE) {
            let (_, word, shift) = place(group);
            value.0[word] |= counts.bits() << shift;
        }
        value
    }

    fn flush(&mut self) -> Vec<Change> {
        let dirty = std::mem::take(&mut self.dirty);
        let mut changes = Vec::new();
        for line in dirty {
            let value = self.line(line);
            let before = if value == TouchedLine::default() {
                self.told.remove(&line)
            } else {
                self.told.insert(line, value)
            };
            if before.unwrap_or_default() != value {
                changes.push(Change::Touched {
                    family: self.family,
                    line,
                    value,
                });
            }
        }
        changes
    }
}

/// Counts a rule of one line or group; says whether its bits are now others.
fn count(counts: &mut BTreeMap<u32, Counts>, at: u32, mark: Mark, step: Step) -> bool {
    let entry = counts.entry(at).or_default();
    let differs = entry.step(mark, step);
    if entry.is_empty() {
        counts.remove(&at);
    }
    differs
}

/// Both families' tables.
#[derive(Clone, Debug)]
pub(crate) struct Touched {
    v4: Lines,
    v6: Lines,
}

impl Default for Touched {
    fn default() -> Self {
        Self {
            v4: Lines::new(Family::V4),
            v6: Lines::new(Family::V6),
        }
    }
}

impl Touched {
    /// A rule on the prefix came or went.
    pub(crate) fn count(&mut self, net: IpNet, mark: Mark, step: Step) {
        let lines = match net {
            IpNet::V4(_) => &mut self.v4,
            IpNet::V6(_) => &mut self.v6,
        };
        lines.count(net, mark, step);
    }

    /// Lines that are not as they were last told.
    pub(crate) fn flush(&mut self) -> Vec<Change> {
        let mut changes = self.v4.flush();
        changes.append(&mut self.v6.flush());
        changes
    }

    /// A line as it was last told.
    pub(crate) fn told(&self, family: Family, line: u32) -> TouchedLine {
        let lines = match family {
            Family::V6 => &self.v6,
            _ => &self.v4,
        };
        lines.told.get(&line).copied().unwrap_or_default()
    }

    /// Lines as they were last told, those that are zero left out.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Change> {
        [&self.v4, &self.v6].into_iter().flat_map(|lines| {
            lines.told.iter().map(|(&line, &value)| Change::Touched {
                family: lines.family,
                line,
                value,
            })
        })
    }
}

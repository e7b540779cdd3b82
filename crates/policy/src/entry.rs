// SPDX-License-Identifier: MIT
//! Rules as they are kept and listed.

use crate::{Expiry, Part, Remark, Target};
use aegis_core::Nanos;
use std::collections::HashSet;
use std::fmt;
use std::num::NonZeroU32;

/// The number of a rule, as events and counters name it. A number is not given again while a rule
/// has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(NonZeroU32);

impl RuleId {
    /// As in the kernel's tables, where 0 is no rule.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A ban on a part of what a target sends and is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BanEntry {
    /// Whom.
    pub target: Target,
    /// What of it.
    pub part: Part,
    /// The rule.
    pub rule: RuleId,
    /// Why.
    pub remark: Remark,
    /// Since when.
    pub created: Nanos,
    /// Until when.
    pub expires: Expiry,
}

/// A prefix on the allowlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowEntry {
    /// Whom.
    pub target: Target,
    /// The rule.
    pub rule: RuleId,
    /// Why.
    pub remark: Remark,
    /// Since when.
    pub created: Nanos,
}

/// Numbers in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    last: u32,
    used: HashSet<NonZeroU32>,
}

impl Ids {
    /// A number that nobody has; the tables are too small for all to be taken.
    fn free(&mut self) -> NonZeroU32 {
        loop {
            self.last = self.last.wrapping_add(1);
            match NonZeroU32::new(self.last) {
                Some(id) if !self.used.contains(&id) => return id,
                _ => {}
            }
        }
    }

    /// A number for a rule, which is taken once the rule is put in place.
    pub(crate) fn free_rule(&mut self) -> RuleId {
        RuleId(self.free())
    }

    /// A number for a scope group, likewise.
    pub(crate) fn free_group(&mut self) -> NonZeroU32 {
        self.free()
    }

    pub(crate) fn take_rule(&mut self, rule: RuleId) {
        self.used.insert(rule.0);
    }

    pub(crate) fn release_rule(&mut self, rule: RuleId) {
        self.used.remove(&rule.0);
    }

    pub(crate) fn take_group(&mut self, group: NonZeroU32) {
        self.used.insert(group);
    }

    pub(crate) fn release_group(&mut self, group: NonZeroU32) {
        self.used.remove(&group);
    }

    pub(crate) fn has_group(&self, group: NonZeroU32) -> bool {
        self.used.contains(&group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_never_zero_and_never_given_twice() {
        let mut ids = Ids {
            last: u32::MAX - 1,
            used: HashSet::new(),
        };
        let first = ids.free_rule();
        ids.take_rule(first);
        let second = ids.free_rule();
        ids.take_rule(second);
        assert_eq!((first.get(), second.get()), (u32::MAX, 1));
        ids.last = u32::MAX - 1;
        assert_eq!(ids.free_rule().get(), 2);
        ids.release_rule(first);
        ids.last = u32::MAX - 1;
        assert_eq!(ids.free_rule(), first);
    }
}

// SPDX-License-Identifier: MIT
//! Numbers of rules and scope groups.

use crate::RuleId;
use std::collections::HashSet;
use std::num::NonZeroU32;

/// Numbers in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    last: u32,
    used: HashSet<NonZeroU32>,
}

impl Ids {
    /// Numbers of which those up to `last` are given out last.
    pub(crate) fn after(last: u32) -> Self {
        Self {
            last,
            used: HashSet::new(),
        }
    }

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
        RuleId::new(self.free())
    }

    /// A number for a scope group, likewise.
    pub(crate) fn free_group(&mut self) -> NonZeroU32 {
        self.free()
    }

    pub(crate) fn take_rule(&mut self, rule: RuleId) {
        self.used.insert(rule.number());
    }

    pub(crate) fn release_rule(&mut self, rule: RuleId) {
        self.used.remove(&rule.number());
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

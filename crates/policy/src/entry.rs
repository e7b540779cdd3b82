// SPDX-License-Identifier: MIT
//! Rules as they are kept and listed.

use crate::{Cause, Expiry, Origin, Part, Remark, Since, Target};
use aegis_core::Nanos;
use std::fmt;
use std::num::NonZeroU32;

/// The number of a rule, as events and counters name it. A number is not given again while a rule
/// has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(NonZeroU32);

impl RuleId {
    pub(crate) fn new(number: NonZeroU32) -> Self {
        Self(number)
    }

    pub(crate) fn number(self) -> NonZeroU32 {
        self.0
    }

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
    /// One for each origin, by origin; never none.
    causes: Vec<Cause>,
}

impl BanEntry {
    pub(crate) fn new(target: Target, part: Part, rule: RuleId, cause: Cause) -> Self {
        Self {
            target,
            part,
            rule,
            causes: vec![cause],
        }
    }

    /// Why it holds, the operator's cause first. One that is over stays here until
    /// [`crate::Policy::expire`].
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// The cause of this origin.
    #[must_use]
    pub fn by(&self, origin: Origin) -> Option<&Cause> {
        self.causes.iter().find(|cause| cause.origin == origin)
    }

    /// Until when: the latest end of a cause.
    #[must_use]
    pub fn expires(&self) -> Expiry {
        let ends = self.causes.iter().map(|cause| cause.expires);
        ends.max().unwrap_or(Expiry::At(Nanos(0)))
    }

    /// The latest end of a detector's cause, where there is one.
    #[must_use]
    pub fn detected_until(&self) -> Option<Expiry> {
        let detected = self
            .causes
            .iter()
            .filter(|cause| cause.origin.is_detector());
        detected.map(|cause| cause.expires).max()
    }

    /// The causes that this host keeps: those of others are theirs to tell again.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &Cause> {
        self.causes
            .iter()
            .filter(|cause| !cause.origin.is_followed())
    }

    /// Since when: the first beginning of a cause.
    #[must_use]
    pub fn created(&self) -> Since {
        let beginnings = self.causes.iter().map(|cause| cause.created);
        beginnings.min().unwrap_or_default()
    }

    /// Why, in the words of the first cause that has any.
    #[must_use]
    pub fn remark(&self) -> &str {
        let mut remarks = self.causes.iter().map(|cause| cause.remark.as_str());
        remarks
            .find(|remark| !remark.is_empty())
            .unwrap_or_default()
    }

    /// Whether it still holds.
    #[must_use]
    pub fn is_live(&self, now: Nanos) -> bool {
        !self.expires().is_over(now)
    }

    /// Puts a cause in the place of the one of the same origin; those that are over go.
    pub(crate) fn put(&mut self, cause: Cause, now: Nanos) {
        self.causes
            .retain(|other| other.origin != cause.origin && other.is_live(now));
        let at = self
            .causes
            .partition_point(|other| other.origin < cause.origin);
        self.causes.insert(at, cause);
    }

    /// The ban by the causes for which `wanted` holds, and by the others.
    pub(crate) fn divide(self, wanted: impl Fn(&Cause) -> bool) -> (Option<Self>, Option<Self>) {
        let (these, others) = self.causes.into_iter().partition(wanted);
        let of = |causes: Vec<Cause>| {
            (!causes.is_empty()).then_some(Self {
                target: self.target,
                part: self.part,
                rule: self.rule,
                causes,
            })
        };
        (of(these), of(others))
    }
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
    pub created: Since,
}

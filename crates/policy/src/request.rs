// SPDX-License-Identifier: MIT
//! What is asked of a policy, and what it answers.

use crate::{
    AllowEntry, BanEntry, Cause, Change, Expiry, Origin, Part, Remark, RuleId, Target, Undo,
};
use std::net::IpAddr;

/// Whether the operator has thought twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Force {
    /// Refuse what could cut the host off, or leave it open.
    #[default]
    No,
    /// Do it all the same.
    Yes,
}

/// A ban to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Whom.
    pub target: Target,
    /// What of it.
    pub part: Part,
    /// Until when, at least, unless forced.
    pub expires: Expiry,
    /// Who wants it.
    pub origin: Origin,
    /// Why; an empty one leaves the remark that is there.
    pub remark: Remark,
    /// Whether to ban what is protected or allowed.
    pub force: Force,
    /// The peer of the operator's own session, which is protected too.
    pub session: Option<IpAddr>,
}

/// Which bans of a target to lift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// The one on this part.
    Part(Part),
    /// Not a ban but a cause: that of this origin, of the ban on this part or of all of them. A ban stands
    /// by the others.
    Cause(Option<Part>, Origin),
}

/// A mutation that was made. Either write the changes, or hand `undo` back at once.
#[derive(Clone, Debug)]
#[must_use = "the changes have to be written, or the mutation undone"]
pub struct Applied<T> {
    /// What it came to.
    pub outcome: T,
    /// Rows to write, in this order.
    pub changes: Vec<Change>,
    /// Takes it back, for [`crate::Policy::undo`].
    pub undo: Undo,
}

/// Whether a rule is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// It is.
    Added,
    /// It was there and has a new reason, end or cause; it keeps its number.
    Renewed,
    /// It was there and is as it was.
    Unchanged,
}

/// A ban that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The ban, with every cause it has.
    pub ban: BanEntry,
    /// Whether it is new.
    pub novelty: Novelty,
    /// The allowlist entry that keeps it from having effect.
    pub overridden_by: Option<Target>,
}

/// Causes of a ban that are over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Whom.
    pub target: Target,
    /// What of it.
    pub part: Part,
    /// The rule.
    pub rule: RuleId,
    /// What is over.
    pub causes: Vec<Cause>,
    /// How long the ban holds by its other causes; `None` where there are none.
    pub held_until: Option<Expiry>,
}

/// Bans that were lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unblocked {
    /// The bans, each with every cause that was lifted with it.
    pub bans: Vec<BanEntry>,
    /// The narrowest wider prefix that is still banned, wholly or in part.
    pub still_banned_by: Option<Target>,
}

/// An allowlist entry that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The entry.
    pub entry: AllowEntry,
    /// Whether it is new.
    pub novelty: Novelty,
    /// Bans inside it, which have no effect as long as it stands.
    pub overrides: Vec<BanEntry>,
    /// The narrowest banned prefix around it, which goes on holding for everybody else.
    pub exempt_from: Option<Target>,
}

// SPDX-License-Identifier: MIT
//! Bans and the allowlist as text that outlives a process: one line for each thing, the same in what
//! `save` writes, `restore` reads, and the daemon keeps.
//!
//! ```text
//! ban 192.0.2.1 tcp port 22 by operator since 2026-11-28T07:00:00Z until 2026-11-29T07:00:00Z reason "scans"
//! allow 198.51.100.0/24 since 2026-11-28T07:00:00Z reason "our office"
//! ```
//!
//! A [`Record`] is a line that was understood, and [`Record::read`] of what it is written as gives it
//! back. Times are those of the wall clock, as another process, after another start of the host, has
//! another clock to count on: [`Clocks`] translates. `docs/state.md` has the whole grammar.

mod clocks;
mod file;
mod read;
mod word;
mod write;

pub use clocks::Clocks;
pub use file::{MOST_BYTES, read_file, write_file};
pub use word::Misread;

use crate::{Origin, Part, Region, RegionWord, Remark, Strikes, Target};
use jiff::Timestamp;

/// One line: what stands, or that something does not any more. It says everything about what it is
/// about, so that reading it twice comes to the same as reading it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// `ban`: this ban stands, by these causes and no other.
    Ban(SavedBan),
    /// `unban`: no ban stands on this part of the target.
    Unban(Target, Part),
    /// `allow`: this entry of the allowlist stands.
    Allow(SavedAllow),
    /// `disallow`: the target is not on the allowlist.
    Disallow(Target),
    /// `strikes`: the source was banned so often.
    Strikes(SavedStrikes),
    /// `region`: what an operator has said of it; `None`: it is as the configuration says.
    Region(Region, Option<RegionWord>),
}

/// What a record is about. Of two about the same, the later one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The allowlist entry of a target.
    Allow(Target),
    /// The ban on a part of a target.
    Ban(Target, Part),
    /// The strikes of a source.
    Strikes(Target),
    /// What was said of a region.
    Region(Region),
}

/// A ban that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedBan {
    /// Whom.
    pub target: Target,
    /// What of it.
    pub part: Part,
    /// Why; at least one, and one for each origin.
    pub causes: Vec<SavedCause>,
}

/// Why a ban stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedCause {
    /// Who wants it.
    pub origin: Origin,
    /// Since when; `None` is whenever it is read.
    pub since: Option<Timestamp>,
    /// Until when; `None` is for good.
    pub until: Option<Timestamp>,
    /// Why, in words.
    pub remark: Remark,
}

/// An allowlist entry that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedAllow {
    /// Whom.
    pub target: Target,
    /// Whether the configuration lists it: then it stands only as long as that does.
    pub configured: bool,
    /// Since when; `None` is whenever it is read.
    pub since: Option<Timestamp>,
    /// Why, in words.
    pub remark: Remark,
}

/// How often a source was banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedStrikes {
    /// Who.
    pub source: Target,
    /// Bans on proof.
    pub proven: u32,
    /// Bans without.
    pub unproven: u32,
    /// The end of the last.
    pub until: Timestamp,
}

impl SavedStrikes {
    pub(crate) fn of(source: Target, strikes: &Strikes, clocks: &Clocks) -> Self {
        Self {
            source,
            proven: strikes.proven,
            unproven: strikes.unproven,
            until: clocks.wall_of(strikes.until),
        }
    }
}

impl Record {
    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::Ban(ban) => Subject::Ban(ban.target, ban.part),
            Self::Unban(target, part) => Subject::Ban(*target, *part),
            Self::Allow(allow) => Subject::Allow(allow.target),
            Self::Disallow(target) => Subject::Allow(*target),
            Self::Strikes(strikes) => Subject::Strikes(strikes.source),
            Self::Region(region, _) => Subject::Region(*region),
        }
    }

    /// Whether something stands, rather than not any more.
    #[must_use]
    pub fn stands(&self) -> bool {
        match self {
            Self::Ban(_) | Self::Allow(_) => true,
            Self::Strikes(strikes) => strikes.proven > 0 || strikes.unproven > 0,
            Self::Region(_, word) => word.is_some(),
            Self::Unban(..) | Self::Disallow(_) => false,
        }
    }
}

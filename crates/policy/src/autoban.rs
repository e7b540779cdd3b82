// SPDX-License-Identifier: MIT
//! Bans that a detector asks for: how long they hold, how many there may be, and when there is
//! none.
//!
//! An offence whose evidence nobody else can have sent bans all of its source. Other evidence may
//! have been sent in the source's name, so that it bans only new connections, and for less long.
//! Each further ban of a source within the memory holds longer by the factor. Where there are as
//! many as there may be, the one that ends soonest gives way, one on new connections before one on
//! everything: packets in other names cost at most one ban of somebody who attacked in their own.

use crate::{BanEntry, Blocked, Expiry, PolicyError, Since, Target};
use aegis_abi::Ban;
use aegis_core::Nanos;
use std::fmt;
use std::time::Duration;

/// How long bans of one sort hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The first.
    pub first: Duration,
    /// Any.
    pub longest: Duration,
}

/// What is done about offences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutoBan {
    /// Whether anybody is banned for them.
    pub enabled: bool,
    /// Sources that may be banned for them at once; 0 bans none.
    pub max_entries: u32,
    /// Bans of everything, for what nobody else can have sent.
    pub proven: Term,
    /// Bans of new connections, for what may have been sent in the source's name.
    pub unproven: Term,
    /// A ban holds so many times as long as the one before it.
    pub factor: u32,
    /// A source is forgotten so long after its last offence or the end of its last ban.
    pub memory: Duration,
    /// Sources that are remembered; never fewer than may be banned.
    pub max_offenders: u32,
}

impl Default for AutoBan {
    fn default() -> Self {
        Self {
            enabled: true,
            max_entries: 512,
            proven: Term {
                first: Duration::from_secs(10 * 60),
                longest: Duration::from_secs(24 * 3_600),
            },
            unproven: Term {
                first: Duration::from_secs(5 * 60),
                longest: Duration::from_secs(3_600),
            },
            factor: 2,
            memory: Duration::from_secs(24 * 3_600),
            max_offenders: 4_096,
        }
    }
}

impl AutoBan {
    /// How long a ban holds, the first of a source being number one.
    #[must_use]
    pub fn length(&self, proven: bool, number: u32) -> Duration {
        let term = if proven { self.proven } else { self.unproven };
        let times = self.factor.max(1).saturating_pow(number.saturating_sub(1));
        term.first.saturating_mul(times).min(term.longest)
    }

    /// When that is over.
    pub(crate) fn end(&self, proven: bool, number: u32, now: Nanos) -> Expiry {
        let end = now.0.saturating_add(nanos(self.length(proven, number)));
        Expiry::At(Nanos(end.min(Ban::NEVER - 1)))
    }

    /// Whoever has been quiet since then, or since before, is forgotten.
    pub(crate) fn horizon(&self, now: Nanos) -> Since {
        Since::new(i128::from(now.0) - i128::from(nanos(self.memory)))
    }

    pub(crate) fn most_offenders(&self) -> usize {
        self.max_offenders.max(self.max_entries).max(1) as usize
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A ban that was made for an offence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoBanned {
    /// The ban.
    pub blocked: Blocked,
    /// How many such bans of the source that makes within the memory, this one included.
    pub number: u32,
    /// Detectors' bans that ended before their time to make room for it.
    pub gave_way: Vec<BanEntry>,
}

/// Why nobody was banned for an offence. It is remembered as evidence all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spared {
    /// Offences ban nobody.
    Disabled,
    /// A ban of at least the same holds at least as long.
    Banned {
        /// Of what: the source, or a prefix around it.
        by: Target,
        /// How long.
        until: Expiry,
    },
    /// An operator would have needed force, or there is no room in the tables.
    Refused(PolicyError),
}

impl fmt::Display for Spared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("offences ban nobody, as auto-bans are switched off"),
            Self::Banned { by, .. } => write!(f, "{by} is banned for at least as long"),
            Self::Refused(error) => f.write_str(&error.message()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;

    #[test]
    fn each_further_ban_holds_twice_as_long_up_to_the_longest() {
        let lengths = |proven| {
            let minutes = |number| AutoBan::default().length(proven, number).as_secs() / MINUTE;
            [1, 2, 3, 4, 5, 8, 9, u32::MAX].map(minutes)
        };
        assert_eq!(lengths(true), [10, 20, 40, 80, 160, 1_280, 1_440, 1_440]);
        assert_eq!(lengths(false), [5, 10, 20, 40, 60, 60, 60, 60]);
    }

    #[test]
    fn settings_that_make_little_sense_still_have_an_end() {
        let odd = AutoBan {
            factor: 0,
            proven: Term {
                first: Duration::MAX,
                longest: Duration::MAX,
            },
            max_offenders: 0,
            max_entries: 0,
            ..AutoBan::default()
        };
        assert_eq!(odd.length(false, 7), odd.unproven.first);
        let end = odd.end(true, 7, Nanos(5));
        assert_eq!(end, Expiry::At(Nanos(Ban::NEVER - 1)));
        assert_eq!(odd.most_offenders(), 1);
        let odd = AutoBan {
            max_entries: 7,
            ..odd
        };
        assert_eq!(odd.most_offenders(), 7, "whoever is banned is remembered");
        assert!(odd.horizon(Nanos(5)) < Nanos(0).into());
        let day = nanos(odd.memory);
        assert_eq!(odd.horizon(Nanos(day)), Nanos(0).into());
    }
}

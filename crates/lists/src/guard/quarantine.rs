// SPDX-License-Identifier: MIT
//! Whether a list as a whole is to be believed, by what it was before. One that is not stays out, the
//! one before goes on to hold, and the operator is asked.

use super::Sifted;
use crate::parse::Parsed;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A list in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many entries were taken.
    pub entries: u64,
    /// How many were not, because of their text or by the guard.
    pub refused: u64,
    /// How many addresses of IPv4 they cover.
    pub covered_v4: u64,
    /// How many of IPv6.
    pub covered_v6: u128,
}

impl Summary {
    /// The numbers of a list that was read and sifted. Entries that have expired are no fault of it.
    #[must_use]
    pub fn of(parsed: &Parsed, sifted: &Sifted) -> Self {
        let expired = sifted.refused.count_of("expired");
        Self {
            entries: sifted.kept.len() as u64,
            refused: parsed.refused.count() + sifted.refused.count() - expired,
            covered_v4: sifted.covered.v4,
            covered_v6: sifted.covered.v6,
        }
    }

    fn refused_percent(&self) -> u64 {
        let all = self.entries.saturating_add(self.refused).max(1);
        let percent = u128::from(self.refused) * 100 / u128::from(all);
        percent as u64
    }
}

/// How far a list may move at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeLimits {
    /// It may have so many percent of its entries left.
    pub shrink_percent: u64,
    /// It may grow to so many percent of its entries; likewise the addresses that it covers.
    pub grow_percent: u64,
    /// A difference of so many entries is no matter: small lists may change altogether.
    pub entries: u64,
    /// Nor is one of so many addresses of IPv4.
    pub covered_v4: u64,
    /// Nor of so many of IPv6.
    pub covered_v6: u128,
    /// So many percent of its entries may be refused.
    pub refused_percent: u64,
    /// So many refused entries are no matter.
    pub refused: u64,
}

impl Default for ChangeLimits {
    /// Half and three times, but for 250 entries, a /12 of IPv4, and a /28 of IPv6; 30 percent refused,
    /// but for 10.
    fn default() -> Self {
        Self {
            shrink_percent: 50,
            grow_percent: 300,
            entries: 250,
            covered_v4: 1 << 20,
            covered_v6: 1 << 100,
            refused_percent: 30,
            refused: 10,
        }
    }
}

/// What about a list is hard to believe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Suspicion {
    /// Nothing is left of it.
    #[error("it has no entries that may be taken; {refused} were refused")]
    Empty {
        /// How many.
        refused: u64,
    },
    /// Many entries are refused.
    #[error("{refused} of its {all} entries are refused ({percent} %); at most {most} % may be")]
    Refused {
        /// How many are.
        refused: u64,
        /// Of how many.
        all: u64,
        /// Which is so much.
        percent: u64,
        /// And may be so much.
        most: u64,
    },
    /// Many entries are gone.
    #[error("it has {now} entries after {before}: less than {percent} % are left")]
    Shrunk {
        /// Entries before.
        before: u64,
        /// Entries now.
        now: u64,
        /// What would do.
        percent: u64,
    },
    /// Many entries are new.
    #[error("it has {now} entries after {before}: more than {percent} % of what it had")]
    Grown {
        /// Entries before.
        before: u64,
        /// Entries now.
        now: u64,
        /// What would do.
        percent: u64,
    },
    /// It covers many more addresses.
    #[error(
        "it covers {now} addresses of {family} after {before}: more than {percent} % of what it did"
    )]
    Covers {
        /// Of which family.
        family: &'static str,
        /// Addresses before.
        before: u128,
        /// Addresses now.
        now: u128,
        /// What would do.
        percent: u64,
    },
}

impl Suspicion {
    /// A stable word, for programs and for counting.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "empty",
            Self::Refused { .. } => "refused",
            Self::Shrunk { .. } => "shrunk",
            Self::Grown { .. } => "grown",
            Self::Covers { .. } => "covers",
        }
    }
}

/// Whether a list may take the place of the one before; `None`: there was none. Who `released` it has
/// seen the numbers.
///
/// # Errors
/// The first [`Suspicion`].
pub fn judge_change(
    before: Option<&Summary>,
    now: &Summary,
    limits: &ChangeLimits,
    released: bool,
) -> Result<(), Suspicion> {
    if released {
        return Ok(());
    }
    alone(
        now,
        limits,
        before.is_some_and(|before| before.entries == 0),
    )?;
    before.map_or(Ok(()), |before| compared(before, now, limits))
}

/// What can be told without the one before. A list that was empty, and was let pass so, may stay it.
fn alone(now: &Summary, limits: &ChangeLimits, was_empty: bool) -> Result<(), Suspicion> {
    let (refused, percent) = (now.refused, now.refused_percent());
    if now.entries == 0 && !(was_empty && refused == 0) {
        return Err(Suspicion::Empty { refused });
    }
    if percent > limits.refused_percent && refused > limits.refused {
        return Err(Suspicion::Refused {
            refused,
            all: now.entries.saturating_add(refused),
            percent,
            most: limits.refused_percent,
        });
    }
    Ok(())
}

fn compared(before: &Summary, now: &Summary, limits: &ChangeLimits) -> Result<(), Suspicion> {
    counts(before.entries, now.entries, limits)?;
    let v4 = (before.covered_v4.into(), now.covered_v4.into());
    let v6 = (before.covered_v6, now.covered_v6);
    let percent = limits.grow_percent;
    for (family, (before, now), floor) in [
        ("IPv4", v4, limits.covered_v4.into()),
        ("IPv6", v6, limits.covered_v6),
    ] {
        if grows((before, now), percent, floor) {
            return Err(Suspicion::Covers {
                family,
                before,
                now,
                percent,
            });
        }
    }
    Ok(())
}

fn counts(before: u64, now: u64, limits: &ChangeLimits) -> Result<(), Suspicion> {
    let (counts, floor) = ((before.into(), now.into()), limits.entries.into());
    let percent = limits.shrink_percent;
    if shrinks(counts, percent, floor) {
        return Err(Suspicion::Shrunk {
            before,
            now,
            percent,
        });
    }
    let percent = limits.grow_percent;
    match grows(counts, percent, floor) {
        true => Err(Suspicion::Grown {
            before,
            now,
            percent,
        }),
        false => Ok(()),
    }
}

/// Whether the second is below so many percent of the first, and by more than the floor.
fn shrinks((before, now): (u128, u128), percent: u64, floor: u128) -> bool {
    let percent = u128::from(percent);
    before.saturating_sub(now) > floor && now.saturating_mul(100) < before.saturating_mul(percent)
}

/// Whether the second is above so many percent of the first, and by more than the floor.
fn grows((before, now): (u128, u128), percent: u64, floor: u128) -> bool {
    let percent = u128::from(percent);
    now.saturating_sub(before) > floor && now.saturating_mul(100) > before.saturating_mul(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: u64) -> Summary {
        Summary {
            entries,
            covered_v4: entries,
            ..Summary::default()
        }
    }

    fn judged(before: Option<Summary>, now: Summary) -> Result<(), &'static str> {
        judge_change(before.as_ref(), &now, &ChangeLimits::default(), false)
            .map_err(|suspicion| suspicion.label())
    }

    #[test]
    fn a_list_may_move_by_half_and_to_three_times() {
        let before = Some(list(1_000));
        for (entries, expected) in [
            (0, Err("empty")),
            (1, Err("shrunk")),
            (499, Err("shrunk")),
            (500, Ok(())),
            (3_000, Ok(())),
            (3_001, Err("grown")),
        ] {
            assert_eq!(judged(before, list(entries)), expected, "{entries}");
        }
        assert_eq!(judged(None, list(1_000_000)), Ok(()));
    }

    #[test]
    fn small_lists_may_change_altogether_but_not_vanish() {
        assert_eq!(judged(Some(list(200)), list(1)), Ok(()));
        assert_eq!(judged(Some(list(1)), list(251)), Ok(()));
        assert_eq!(judged(Some(list(1)), list(252)), Err("grown"));
        assert_eq!(judged(Some(list(1)), list(0)), Err("empty"));
        assert_eq!(judged(None, list(0)), Err("empty"));
        assert_eq!(judged(Some(list(0)), list(0)), Ok(()));
    }

    #[test]
    fn few_entries_can_cover_much_and_many_can_be_refused() {
        let wide = Summary {
            covered_v4: 1 << 24,
            ..list(1_000)
        };
        assert_eq!(judged(Some(list(1_000)), wide), Err("covers"));
        assert_eq!(judged(None, wide), Ok(()));
        let sixth = Summary {
            covered_v6: 1 << 103,
            ..list(1_000)
        };
        assert_eq!(judged(Some(list(1_000)), sixth), Err("covers"));
        let refused = |refused, entries| Summary {
            refused,
            ..list(entries)
        };
        assert_eq!(judged(None, refused(400, 600)), Err("refused"));
        assert_eq!(judged(None, refused(300, 700)), Ok(()));
        assert_eq!(judged(None, refused(10, 1)), Ok(()));
    }

    #[test]
    fn a_suspicion_says_the_numbers_and_can_be_overruled() {
        let limits = ChangeLimits::default();
        let (before, now) = (list(1_000), list(10));
        let suspicion = judge_change(Some(&before), &now, &limits, false).expect_err("it shrank");
        assert_eq!(
            suspicion.to_string(),
            "it has 10 entries after 1000: less than 50 % are left"
        );
        assert_eq!(judge_change(Some(&before), &now, &limits, true), Ok(()));
    }
}

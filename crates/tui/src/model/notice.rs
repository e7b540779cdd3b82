// SPDX-License-Identifier: MIT
//! The line that tells what was done last.

use jiff::{SignedDuration, Timestamp};

/// How long it stays.
const STAYS: SignedDuration = SignedDuration::from_secs(8);

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It went as it should.
    Good,
    /// It did not.
    Bad,
}

/// The line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// How much it matters.
    pub weight: Weight,
    until: Timestamp,
}

impl Notice {
    /// That something went well.
    #[must_use]
    pub fn good(text: impl Into<String>, now: Timestamp) -> Self {
        Self::of(text.into(), Weight::Good, now)
    }

    /// That something did not.
    #[must_use]
    pub fn bad(text: impl Into<String>, now: Timestamp) -> Self {
        Self::of(text.into(), Weight::Bad, now)
    }

    fn of(text: String, weight: Weight, now: Timestamp) -> Self {
        Self {
            text,
            weight,
            until: now.saturating_add(STAYS).unwrap_or(Timestamp::MAX),
        }
    }

    /// Whether it has been there long enough.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until
    }
}

// SPDX-License-Identifier: MIT
//! What holds a ban: one cause for each origin, none of which undoes another.

use crate::{Expiry, ParseError, Remark, Since};
use aegis_abi::Reason;
use aegis_core::Nanos;
use std::fmt;
use std::str::FromStr;

/// Who or what wants a ban.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Somebody who asked for it.
    #[default]
    Operator,
    /// An offence of this kind was detected.
    Detector(Reason),
    /// CrowdSec decides about it, and tells when that changes.
    CrowdSec,
}

impl Origin {
    /// The name used in output and JSON.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Detector(kind) => kind.label(),
            Self::CrowdSec => "crowdsec",
        }
    }

    /// Every one that there can be.
    pub fn all() -> impl Iterator<Item = Self> {
        let detectors = Reason::ALL.iter().map(|&reason| Self::Detector(reason));
        [Self::Operator, Self::CrowdSec]
            .into_iter()
            .chain(detectors)
    }

    /// Whether this is a detector.
    #[must_use]
    pub fn is_detector(self) -> bool {
        matches!(self, Self::Detector(_))
    }

    /// Whether somebody elsewhere decides, whom this host follows: such a ban is theirs to keep.
    #[must_use]
    pub fn is_followed(self) -> bool {
        matches!(self, Self::CrowdSec)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for Origin {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Self::all().find(|origin| origin.label() == text);
        found.ok_or_else(|| ParseError::Origin(text.into()))
    }
}

/// Why a ban holds. A ban holds as long as one of its causes does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Who wants it.
    pub origin: Origin,
    /// Why, in words; empty where nothing was said.
    pub remark: Remark,
    /// Since when.
    pub created: Since,
    /// Until when.
    pub expires: Expiry,
}

impl Cause {
    /// Whether it still holds.
    #[must_use]
    pub fn is_live(&self, now: Nanos) -> bool {
        !self.expires.is_over(now)
    }
}

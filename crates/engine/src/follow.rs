// SPDX-License-Identifier: MIT
//! What became of an interface that is to be guarded.

use std::fmt;

/// News of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// It is not there.
    Gone {
        /// Its name.
        interface: String,
    },
    /// It is there, and was not guarded; now it is.
    Guarded {
        /// Its name.
        interface: String,
    },
    /// It is there, and cannot be guarded.
    Refused {
        /// Its name.
        interface: String,
        /// Why, and the next step.
        reason: String,
    },
}

impl fmt::Display for Followed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone { interface } => {
                write!(
                    formatter,
                    "{interface} is gone; it is guarded again once it is back"
                )
            }
            Self::Guarded { interface } => write!(formatter, "{interface} is guarded again"),
            Self::Refused { interface, reason } => {
                write!(formatter, "{interface} is not guarded: {reason}")
            }
        }
    }
}

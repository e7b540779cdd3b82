// SPDX-License-Identifier: MIT
//! How a daemon goes.

use aegis_policy::config::OnStop;

/// What becomes of the filter when its daemon ends on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// It ends.
    Detach,
    /// It stays, by the policy of now.
    Keep,
    /// It stays, and the program that is installed now takes it over.
    Succeed,
}

impl Parting {
    /// In a word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Detach => "detach",
            Self::Keep => "keep",
            Self::Succeed => "succeed",
        }
    }

    /// By what the configuration says about stopping.
    pub fn on_stop(configured: OnStop) -> Self {
        match configured {
            OnStop::Detach => Self::Detach,
            OnStop::Keep => Self::Keep,
        }
    }
}

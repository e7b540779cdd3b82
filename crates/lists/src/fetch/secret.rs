// SPDX-License-Identifier: MIT
//! What must not be told.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A password, or a key. It is sent to whom it is meant for, and shown to nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// One that is known.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// For whom it is meant.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

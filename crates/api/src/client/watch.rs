// SPDX-License-Identifier: MIT
//! What goes on, and what went on.

use super::{Client, ClientError};
use crate::{AttackList, Endpoint, History, HistoryQuery};

impl Client {
    /// The last hour.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn history(&self, query: &HistoryQuery) -> Result<History, ClientError> {
        self.question(Endpoint::History, &query.query()).await
    }

    /// Attacks that go on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn attacks(&self) -> Result<AttackList, ClientError> {
        self.question(Endpoint::Attacks, "").await
    }
}

// SPDX-License-Identifier: MIT
//! Counters and events, once or as they come.

use super::{Client, ClientError, Feed};
use crate::{Endpoint, EventList, Snapshot, Stats, StreamLine};
use std::time::Duration;

impl Client {
    /// Every counter.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn stats(&self) -> Result<Stats, ClientError> {
        self.question(Endpoint::Stats, "").await
    }

    /// Every counter, again and again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn follow_stats(&self, every: Duration) -> Result<Feed<Snapshot>, ClientError> {
        let query = format!("?every={}ms", every.as_millis());
        self.feed(Endpoint::StatsStream, &query).await
    }

    /// The most recent events, at most `limit`, the newest last.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn events(&self, limit: usize) -> Result<EventList, ClientError> {
        self.question(Endpoint::Events, &format!("?limit={limit}"))
            .await
    }

    /// Events from now on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn follow(&self) -> Result<Feed<StreamLine>, ClientError> {
        self.feed(Endpoint::EventStream, "").await
    }
}

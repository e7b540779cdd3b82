// SPDX-License-Identifier: MIT
//! Word that something about interfaces has changed (`RTMGRP_LINK`, rtnetlink(7)).

use crate::EngineError;
use crate::interface::AbortOnDrop;
use futures_util::StreamExt;
use rtnetlink::MulticastGroup;
use std::time::Duration;
use tokio::time::timeout;

/// Changes come in bursts: an interface that is made is told of several times.
const BURST: Duration = Duration::from_millis(20);

/// A subscription. What was missed for want of room shows when the interfaces are next looked at.
pub struct LinkWatch {
    messages: Box<dyn futures_util::Stream<Item = ()> + Send + Unpin>,
    /// Something has changed, and nobody has been told yet.
    pending: bool,
    _connection: AbortOnDrop,
}

impl LinkWatch {
    /// Subscribes in the process's network namespace.
    ///
    /// # Errors
    /// [`EngineError::Netlink`].
    pub fn new() -> Result<Self, EngineError> {
        let subscribed = rtnetlink::new_multicast_connection(&[MulticastGroup::Link]);
        let (connection, _, messages) = subscribed.map_err(|error| EngineError::Netlink {
            subject: "changes of interfaces".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            messages: Box::new(messages.map(drop)),
            pending: false,
            _connection: AbortOnDrop(tokio::spawn(connection)),
        })
    }

    /// Waits for a change, and a moment for others that come with it; `false` where there will be no
    /// more. Who stops waiting is told the next time.
    pub async fn changed(&mut self) -> bool {
        if !self.pending && self.messages.next().await.is_none() {
            return false;
        }
        self.pending = true;
        let burst = async { while self.messages.next().await.is_some() {} };
        // It ends in time, or with the last message there will ever be.
        drop(timeout(BURST, burst).await);
        self.pending = false;
        true
    }
}

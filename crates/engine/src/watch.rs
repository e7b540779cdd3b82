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
            _connection: AbortOnDrop(tokio::spawn(connection)),
        })
    }

    /// Waits for a change, and for the burst that it comes in to end; `false` where there will be
    /// no more.
    pub async fn changed(&mut self) -> bool {
        if self.messages.next().await.is_none() {
            return false;
        }
        while let Ok(Some(())) = timeout(BURST, self.messages.next()).await {}
        true
    }
}

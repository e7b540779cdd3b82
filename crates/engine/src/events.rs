// SPDX-License-Identifier: MIT
//! Events from the kernel, as they come.

use crate::EngineError;
use aegis_abi::Event;
use aegis_abi::event::{DecodeError, EventCodes};
use aya::maps::{MapData, RingBuf};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A decoded event, or what is wrong with the record.
pub type Decoded = Result<(Event, EventCodes), DecodeError>;

/// The reading end of the event buffer; there is one an instance.
pub struct EventStream {
    buffer: AsyncFd<RingBuf<MapData>>,
}

/// Records that are handed over at once, so that a burst does not hold up its reader.
const BATCH: usize = 256;

impl EventStream {
    pub(crate) fn new(buffer: RingBuf<MapData>) -> Result<Self, EngineError> {
        // SAFETY: the ring buffer owns its file descriptor and keeps it, unchanged, until it is
        // dropped.
        let buffer = unsafe { AsyncFd::register_with_interest(buffer, Interest::READABLE) };
        Ok(Self {
            buffer: buffer.map_err(|error| EngineError::Events(error.into()))?,
        })
    }

    /// Waits until there are events, and takes them. It can be cancelled without losing any.
    ///
    /// # Errors
    /// [`EngineError::Events`] where the buffer cannot be waited for.
    pub async fn next(&mut self) -> Result<Vec<Decoded>, EngineError> {
        loop {
            let mut ready = self
                .buffer
                .readable_mut()
                .await
                .map_err(EngineError::Events)?;
            let events = drain(ready.get_inner_mut());
            if events.len() < BATCH {
                ready.clear_ready();
            }
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }
}

/// Takes what is there now, a batch at most.
pub(crate) fn drain(buffer: &mut RingBuf<MapData>) -> Vec<Decoded> {
    let mut events = Vec::new();
    while events.len() < BATCH {
        let Some(record) = buffer.next() else { break };
        events.push(Event::decode(&record));
    }
    events
}

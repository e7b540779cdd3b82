// SPDX-License-Identifier: MIT
//! Events and offences from the kernel, as they come.

use crate::EngineError;
use aegis_abi::event::{DecodeError, EventCodes};
use aegis_abi::{Event, Offence, OffenceCodes};
use aya::maps::{MapData, RingBuf};
use std::marker::PhantomData;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A record of a buffer.
pub trait Record: Sized {
    /// Reads a record.
    ///
    /// # Errors
    /// [`DecodeError`] where it is none of this build's.
    fn read(bytes: &[u8]) -> Result<Self, DecodeError>;
}

impl Record for (Event, EventCodes) {
    fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        Event::decode(bytes)
    }
}

impl Record for (Offence, OffenceCodes) {
    fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        Offence::decode(bytes)
    }
}

/// The reading end of a buffer; there is one an instance.
pub struct Stream<R> {
    buffer: AsyncFd<RingBuf<MapData>>,
    records: PhantomData<fn() -> R>,
}

/// Packets worth telling of.
pub type EventStream = Stream<(Event, EventCodes)>;
/// Sources that went too far.
pub type OffenceStream = Stream<(Offence, OffenceCodes)>;

/// Records that are handed over at once, so that a burst does not hold up its reader.
const BATCH: usize = 256;

impl<R: Record> Stream<R> {
    pub(crate) fn new(buffer: RingBuf<MapData>) -> Result<Self, EngineError> {
        // SAFETY: the ring buffer owns its file descriptor and keeps it, unchanged, until it is
        // dropped.
        let buffer = unsafe { AsyncFd::register_with_interest(buffer, Interest::READABLE) };
        Ok(Self {
            buffer: buffer.map_err(|error| EngineError::Events(error.into()))?,
            records: PhantomData,
        })
    }

    /// Waits until there are records, and takes them. It can be cancelled without losing any.
    ///
    /// # Errors
    /// [`EngineError::Events`] where the buffer cannot be waited for.
    pub async fn next(&mut self) -> Result<Vec<Result<R, DecodeError>>, EngineError> {
        loop {
            let mut ready = self
                .buffer
                .readable_mut()
                .await
                .map_err(EngineError::Events)?;
            let records = drain(ready.get_inner_mut());
            if records.len() < BATCH {
                ready.clear_ready();
            }
            if !records.is_empty() {
                return Ok(records);
            }
        }
    }
}

/// Takes what is there now, a batch at most.
pub(crate) fn drain<R: Record>(buffer: &mut RingBuf<MapData>) -> Vec<Result<R, DecodeError>> {
    let mut records = Vec::new();
    while records.len() < BATCH {
        let Some(record) = buffer.next() else { break };
        records.push(R::read(&record));
    }
    records
}

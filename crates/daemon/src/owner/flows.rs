// SPDX-License-Identifier: MIT
//! Connections, read from the kernel, counted and killed.

use super::Owner;
use crate::ban::Moment;
use crate::error::from_engine;
use crate::flow::{Table, Tables};
use aegis_abi::Tuple;
use aegis_api::ApiError;
use aegis_engine::{Census, EngineError};

impl Owner {
    /// Connections as they are now, and as they were.
    pub(super) fn flows(&mut self) -> Result<Tables, ApiError> {
        let mut entries = Vec::with_capacity(self.copies.room());
        let census = self.engine.each_flow(|flow| entries.push(flow));
        let census = census.map_err(|error| from_engine(&error))?;
        let now = Moment::now().monotonic;
        self.copies.count(census, now);
        Ok(self.copies.add(Table::new(entries, now)))
    }

    /// How many connections there are: as they were listed within the last second, or counted now.
    pub(super) fn census(&self) -> Result<Census, EngineError> {
        let listed = self.copies.census(Moment::now().monotonic);
        listed.map_or_else(|| self.engine.census(), Ok)
    }

    /// Ends connections; answers how many of them there were.
    pub(super) fn kill(&mut self, flows: &[Tuple]) -> Result<usize, ApiError> {
        self.copies.outdate();
        let mut killed = 0;
        for tuple in flows {
            let known = self
                .engine
                .kill(tuple)
                .map_err(|error| from_engine(&error))?;
            killed += usize::from(known);
        }
        Ok(killed)
    }
}

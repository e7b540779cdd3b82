// SPDX-License-Identifier: MIT
//! What an operator does while packets come and go, done to both.

use super::Pair;
use crate::scenario::Scenario;
use aegis_abi::flow::mark;
use aegis_abi::{Settings, Source, Tuple, Ways};
use aegis_core::Nanos;
use aegis_core::tables::Tables as _;
use anyhow::{Result, ensure};

impl Pair {
    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// What holds.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Changes the settings.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn set_settings(&mut self, settings: Settings) -> Result<()> {
        self.settings = settings;
        Ok(self.kernel.set_settings(&settings)?)
    }

    /// Changes the policy.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn amend(&mut self, change: impl FnOnce(Scenario) -> Scenario) -> Result<()> {
        let rows = self.host.amend(change);
        Ok(self.kernel.apply(&rows)?)
    }

    /// Makes these the addresses that nothing makes cool down; IPv4 in the first four bytes. The
    /// host's set only grows.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn protect(&mut self, addresses: &[[u8; 16]]) -> Result<()> {
        let tables = std::mem::take(&mut self.host.tables);
        self.host.tables = addresses
            .iter()
            .fold(tables, |tables, address| tables.protect(*address));
        Ok(self.kernel.set_protected(addresses)?)
    }

    /// Ends a proven connection.
    ///
    /// # Errors
    /// When one of the two does not know it.
    pub fn kill(&mut self, tuple: &Tuple) -> Result<()> {
        let known = self.host.tables.with_flow(tuple, |flow| {
            flow.ingress.marks |= mark::KILLED;
            flow.egress.marks |= mark::KILLED;
        });
        let killed = self.kernel.kill(tuple)?;
        ensure!(killed == known.is_some(), "{tuple:?} is known to one only");
        Ok(())
    }

    /// Forgets all that sources did.
    pub fn pardon_everybody(&mut self) {
        for Source { tag, .. } in self.kernel.sources() {
            self.kernel.forget_source(tag);
            self.pardon_on_host(tag);
        }
    }

    fn pardon_on_host(&self, tag: u64) {
        let tables = &self.host.tables;
        let line = tag as u32 & (Source::LINES - 1);
        let way = tables.with_source_ways(line, |ways| {
            let way = ways.tags.iter().position(|known| *known == tag)?;
            ways.tags[way] = 0;
            Some(way)
        });
        if let Some(Some(way)) = way {
            tables.with_source(line * Ways::WAYS as u32 + way as u32, |source| {
                *source = Source::default();
            });
        }
    }
}

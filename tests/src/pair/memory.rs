// SPDX-License-Identifier: MIT
//! Compares everything that the two remember.

use super::Pair;
use aegis_abi::flow::half;
use aegis_abi::{Settings, Source, StateCounter, Timeouts, Ways};
use aegis_core::half_open::{Begun, find};
use aegis_core::tables::Tables as _;
use aegis_core::tuple::tag;
use aegis_engine::rig::Waiting;
use anyhow::{Context as _, Result, ensure};

impl Pair {
    /// Compares counters, offences, proven and half-open connections, and sources.
    ///
    /// # Errors
    /// When the two differ.
    pub fn compare_memory(&mut self) -> Result<()> {
        self.compare_counters()?;
        self.compare_state_counters()?;
        self.compare_offences()?;
        self.compare_flows()?;
        self.compare_half_open()?;
        self.compare_sources()
    }

    fn compare_state_counters(&self) -> Result<()> {
        // Counted by the program that answers, which is the kernel's alone.
        let alone = [StateCounter::CookiesSent, StateCounter::CookiesPassed];
        let mut kernel = self.kernel.state_counters()?;
        kernel.retain(|(what, _)| !alone.contains(what));
        let host = self.host.tables.state_counters();
        ensure!(
            kernel == host,
            "state counters of the kernel: {kernel:?}\nof the host: {host:?}"
        );
        Ok(())
    }

    fn compare_offences(&mut self) -> Result<()> {
        let (kernel, host) = (self.kernel.offences(), self.host.tables.take_offences());
        ensure!(
            kernel == host,
            "offences told by the kernel: {kernel:#?}\nby the host: {host:#?}"
        );
        Ok(())
    }

    fn compare_flows(&self) -> Result<()> {
        let (kernel, host) = (self.kernel.flows()?, self.host.tables.flows());
        for (kernel, host) in kernel.iter().zip(&host) {
            ensure!(kernel == host, "kernel: {kernel:#?}\nhost: {host:#?}");
        }
        let (kernel, host) = (kernel.len(), host.len());
        ensure!(
            kernel == host,
            "the kernel knows {kernel} connections, the host {host}"
        );
        Ok(())
    }

    fn compare_half_open(&self) -> Result<()> {
        let kernel = self.kernel.half_open();
        for waiting in &kernel {
            let host = self
                .waiting_on_host(waiting)
                .with_context(|| format!("the host does not know {waiting:#?}"))?;
            ensure!(*waiting == host, "kernel: {waiting:#?}\nhost: {host:#?}");
        }
        let taken = |line| {
            self.host
                .tables
                .with_half_open_ways(line, |ways| taken(ways))
        };
        let host: usize = (0..half::ALL_LINES).filter_map(taken).sum();
        let kernel = kernel.len();
        ensure!(
            kernel == host,
            "the kernel knows {kernel} half-open connections, the host {host}"
        );
        Ok(())
    }

    /// What the host knows of a half-open connection, over or not.
    fn waiting_on_host(&self, waiting: &Waiting) -> Option<Waiting> {
        let forever = Settings {
            timeouts: Timeouts {
                half_open: u64::MAX,
                ..Timeouts::DEFAULT
            },
            ..self.settings
        };
        let (begun, first) = match waiting.begun_here {
            true => (Begun::Here, half::LINES),
            false => (Begun::ByPeer, 0),
        };
        let tables = &self.host.tables;
        let tuple = &waiting.half.tuple;
        let entry = find(tuple, begun, (&forever, tables), self.now);
        let tag = tag(tuple, self.settings.seed);
        let line = first + (tag as u32 & (half::LINES - 1));
        let last_ns = tables.with_half_open_ways(line, |ways| last_used(ways, tag))??;
        Some(Waiting {
            begun_here: waiting.begun_here,
            half: tables.with_half_open(entry, |half| *half)?,
            last_ns,
        })
    }

    fn compare_sources(&self) -> Result<()> {
        let kernel = self.kernel.sources();
        for source in &kernel {
            let host = self.source_on_host(source.tag);
            ensure!(
                host == Some(*source),
                "source of the kernel: {source:#?}\nof the host: {host:#?}"
            );
        }
        let taken = |line| self.host.tables.with_source_ways(line, |ways| taken(ways));
        let host: usize = (0..Source::LINES).filter_map(taken).sum();
        let kernel = kernel.len();
        ensure!(
            kernel == host,
            "the kernel knows {kernel} sources, the host {host}"
        );
        Ok(())
    }

    fn source_on_host(&self, tag: u64) -> Option<Source> {
        let tables = &self.host.tables;
        let line = tag as u32 & (Source::LINES - 1);
        let way = tables.with_source_ways(line, |ways| place_of(ways, tag))??;
        tables.with_source(line * Ways::WAYS as u32 + way as u32, |source| *source)
    }
}

fn taken(ways: &Ways) -> usize {
    ways.tags.iter().filter(|tag| **tag != 0).count()
}

fn place_of(ways: &Ways, tag: u64) -> Option<usize> {
    ways.tags.iter().position(|known| *known == tag)
}

fn last_used(ways: &Ways, tag: u64) -> Option<u64> {
    place_of(ways, tag).map(|way| ways.last_ns[way])
}

// SPDX-License-Identifier: MIT
//! Connections, sources and what the host needs: what the programs remember.

use super::Engine;
use crate::clock::monotonic_ns;
use crate::{Adopted, Census, EngineError, FlowEntry, Reclaimed, flows};
use aegis_abi::names::protected;
use aegis_abi::{Family, HostBucket, Source, StateCounter, Tuple};
use aegis_core::address::{Address, V4};
use aegis_core::tuple::source_tag;
use std::net::IpAddr;

impl Engine {
    /// Shows each connection that stands, proven ones first, and counts them. One that changes meanwhile
    /// may be shown as it was or as it is.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn each_flow(&self, visit: impl FnMut(FlowEntry)) -> Result<Census, EngineError> {
        flows::each(&self.tables.state, &self.settings()?, visit)
    }

    /// Counts connections, without a copy of any.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn census(&self) -> Result<Census, EngineError> {
        self.each_flow(drop)
    }

    /// Ends a connection: its packets are dropped until it is forgotten. `false` where it is
    /// unknown.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn kill(&mut self, tuple: &Tuple) -> Result<bool, EngineError> {
        let settings = self.settings()?;
        flows::kill(&mut self.tables.state, tuple, &settings)
    }

    /// Takes over connections that stood before; those that are known stay as they are. Returns how
    /// many were added.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn adopt(&mut self, adopted: &[Adopted]) -> Result<usize, EngineError> {
        let settings = self.settings()?;
        Ok(flows::adopt(&mut self.tables.state, adopted, &settings))
    }

    /// Makes room: connections that are over leave the tables. Programs ignore them anyway.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn reclaim(&mut self) -> Result<Reclaimed, EngineError> {
        let settings = self.settings()?;
        flows::reclaim(&mut self.tables.state, &settings)
    }

    /// Lets go of the memory of tables that nobody has asked for lately; whoever asks has it mapped
    /// again, which takes a fraction of a millisecond.
    pub fn rest(&mut self) {
        self.tables.rest();
    }

    /// What is known of a source: the address, or its /64.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn source(&self, address: IpAddr) -> Result<Option<Source>, EngineError> {
        let tag = source_tag(&only_peer(address), self.settings()?.seed);
        Ok(self.tables.state.source(tag))
    }

    /// How many sources are cooling down.
    pub fn cooling(&self) -> usize {
        let (now, mut cooling) = (monotonic_ns(), 0);
        let is_cooling = |source: Source| source.cool_until_ns > now;
        let state = &self.tables.state;
        state.each_source(|source| cooling += usize::from(is_cooling(source)));
        cooling
    }

    /// Forgets what a source did; `false` where nothing is known of it.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn pardon(&mut self, address: IpAddr) -> Result<bool, EngineError> {
        let tag = source_tag(&only_peer(address), self.settings()?.seed);
        Ok(self.tables.state.forget_source(tag))
    }

    /// Makes these the addresses that no cool-down may touch: those that the host needs, and its
    /// own, to which SYNs may be answered with cookies.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn set_protected(&mut self, own: &[IpAddr], needed: &[IpAddr]) -> Result<(), EngineError> {
        let needed = needed.iter().map(|address| (address, protected::NEEDED));
        // The gateway of others may be this host: what is its own counts.
        let all = needed.chain(own.iter().map(|address| (address, protected::OWN)));
        let rows: Vec<_> = all
            .map(|(&address, what)| (only_peer(address).peer, what))
            .collect();
        self.tables.state.set_protected(&rows)
    }

    /// What happened to state, CPUs summed.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn state_counters(&self) -> Result<Vec<(StateCounter, u64)>, EngineError> {
        self.tables.state.counters()
    }

    /// How full the half-open gauge is on the CPU where it is fullest, 0 to 1 and, under a flood,
    /// a little beyond.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn half_open_gauge(&self) -> Result<f64, EngineError> {
        let rate = self.settings()?.syn_host;
        let now = monotonic_ns();
        let arrivals = self.tables.state.host_bucket(HostBucket::HalfOpen)?;
        let ahead = arrivals.iter().map(|at| at.saturating_sub(now)).max();
        let room = rate.tolerance_ns.saturating_add(rate.interval_ns).max(1);
        Ok(ahead.unwrap_or(0) as f64 / room as f64)
    }
}

/// A connection of which only the peer is known.
fn only_peer(address: IpAddr) -> Tuple {
    let (peer, family) = match address {
        IpAddr::V4(address) => (V4::new(address.octets()).widen(), Family::V4),
        IpAddr::V6(address) => (address.octets(), Family::V6),
    };
    Tuple {
        peer,
        family: family.code(),
        ..Tuple::default()
    }
}

// SPDX-License-Identifier: MIT
//! Compares everything that the two remember.

use super::Pair;
use crate::conversation::Seen;
use crate::random::Random;
use aegis_abi::flow::half;
use aegis_abi::{ScopeKey, Settings, Source, StateCounter, Timeouts, Tuple, Ways};
use aegis_core::address::{V4, V6};
use aegis_core::conntrack::{last_seen, timeout};
use aegis_core::half_open::{Begun, find};
use aegis_core::tables::{AddressTables as _, Tables as _};
use aegis_core::tuple::{is_v6, source_tag, tag};
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

/// A day, nanoseconds: what ends later might as well last for ever.
const LONGEST_WAIT: u64 = 86_400_000_000_000;

/// Moments at which something ends.
impl Pair {
    /// Nanoseconds until something ends that matters to a packet, or one more or less; a second
    /// where nothing does.
    pub(super) fn until_a_deadline(&mut self, seen: &Seen, random: &mut Random) -> u64 {
        self.stand_at(seen.hook);
        let tuple = self.connection(&self.piece(&seen.frame, 1));
        let deadlines = tuple.map_or_else(Vec::new, |tuple| self.deadlines(&tuple));
        let ahead = |deadline: &u64| {
            let ahead = deadline.checked_sub(self.now.0)?;
            (1..LONGEST_WAIT).contains(&ahead).then_some(ahead)
        };
        let ahead: Vec<u64> = deadlines.iter().filter_map(ahead).collect();
        match ahead.len() {
            0 => 1_000_000_000,
            some => ahead[random.below(some)] - 1 + random.word() % 3,
        }
    }

    fn deadlines(&self, tuple: &Tuple) -> Vec<u64> {
        let (settings, tables) = (&self.settings, &self.host.tables);
        let mut found = vec![settings.grace_until_ns];
        if let Some(flow) = self.flow(Some(tuple)) {
            let kept = timeout(&flow, tuple.protocol, &settings.timeouts);
            found.push(last_seen(&flow).saturating_add(kept));
            // What is still believed to be under way after a reset.
            found.push(last_seen(&flow).saturating_add(1_000_000_000));
        }
        let tag = tag(tuple, settings.seed);
        let line = tag as u32 & (half::LINES - 1);
        for line in [line, line + half::LINES] {
            let used = tables.with_half_open_ways(line, |ways| last_used(ways, tag));
            found.extend(
                used.flatten()
                    .map(|used| used + settings.timeouts.half_open),
            );
        }
        if let Some(source) = self.source_on_host(source_tag(tuple, settings.seed)) {
            found.push(source.window_ns.saturating_add(settings.scan_window_ns));
            found.push(source.cool_until_ns);
            found.push(
                source
                    .syn_ns
                    .saturating_sub(settings.syn_source.tolerance_ns),
            );
            found.push(
                source
                    .udp_ns
                    .saturating_sub(settings.udp_source.tolerance_ns),
            );
            found.push(
                source
                    .icmp_ns
                    .saturating_sub(settings.icmp_source.tolerance_ns),
            );
        }
        found.extend(self.ends_of_bans(tuple));
        found
    }

    /// When the peer's bans end: on the whole of it, and on its beginning connections.
    fn ends_of_bans(&self, tuple: &Tuple) -> [u64; 2] {
        let tables = &self.host.tables;
        let [a, b, c, d, ..] = tuple.peer;
        let ban = match is_v6(tuple) {
            true => tables.banned(V6::new(tuple.peer)),
            false => tables.banned(V4::new([a, b, c, d])),
        };
        let scope = tables.scope(ScopeKey::unsolicited(ban.scopes));
        [ban.expires_ns, scope.expires_ns]
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

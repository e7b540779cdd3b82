// SPDX-License-Identifier: MIT
//! The kernel and the host, judging the same frames.

use crate::random::{Random, SEED};
use crate::scenario::{BEGIN, Scenario};
use crate::stay::stay_on_this_cpu;
use crate::traffic::Traffic;
use aegis_abi::{Action, Event, Hook, Reason, Settings};
use aegis_core::model::{HostTables, Partial};
use aegis_core::{Nanos, Site, inspect};
use aegis_engine::rig::{Rig, Runnable};
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeSet;

/// Counters are compared after so many frames.
const ROUND: usize = 1_000;
/// Bytes of a page less headroom and tailroom: what the kernel puts in the first buffer of a test
/// run (`bpf_prog_test_run_xdp`).
const FIRST_BUFFER: usize = 4_096 - 256 - 320;
/// What fits the first buffer and the 17 further ones that a test run makes (`MAX_SKB_FRAGS`).
const LONGEST: usize = FIRST_BUFFER + 17 * 4_096;
/// An Ethernet header: the least that the kernel runs a program for.
const SHORTEST: usize = 14;

/// The two that are compared.
pub struct Pair {
    kernel: Rig,
    host: Scenario,
    site: Site,
    settings: Settings,
    runnable: Runnable,
    now: Nanos,
    refused: usize,
    compared: usize,
}

impl Pair {
    /// Both with the same policy, at the beginning of the scenario. The calling thread stays on its
    /// CPU from now on: budgets are kept per CPU.
    ///
    /// # Errors
    /// When the programs cannot be loaded.
    pub fn load(
        runnable: Runnable,
        site: Site,
        settings: Settings,
        host: Scenario,
    ) -> Result<Self> {
        stay_on_this_cpu()?;
        let mut kernel = Rig::load(site.link, site.loopback)?;
        kernel.set_settings(&settings)?;
        kernel.apply(&host.changes)?;
        let mut pair = Self {
            kernel,
            host,
            site,
            settings,
            runnable,
            now: Nanos(0),
            refused: 0,
            compared: 0,
        };
        pair.set_clock(Nanos(BEGIN))?;
        Ok(pair)
    }

    fn set_clock(&mut self, now: Nanos) -> Result<()> {
        self.now = now;
        Ok(self.kernel.set_clock(now)?)
    }

    /// Judges a frame twice and compares all that is said of it.
    ///
    /// # Errors
    /// When the two differ.
    pub fn compare(&mut self, frame: &[u8]) -> Result<()> {
        if frame.len() > LONGEST {
            self.refused += 1;
            return Ok(());
        }
        let Some(kernel) = self.kernel.run_program(self.runnable, frame)? else {
            self.refused += 1;
            return self.may_be_refused(frame);
        };
        let host = self.judge_on_host(frame);
        ensure!(kernel == host, "kernel: {kernel:?}, host: {host:?}");
        let (kernel, host) = (
            anywhere(self.kernel.events()),
            anywhere(self.host.tables.take_events()),
        );
        ensure!(kernel == host, "kernel: {kernel:#?}\nhost: {host:#?}");
        self.compared += 1;
        Ok(())
    }

    /// The host sees as much of the frame as the program does.
    fn judge_on_host(&self, frame: &[u8]) -> Action {
        let first = &frame[..frame.len().min(FIRST_BUFFER)];
        let seen = match self.runnable {
            Runnable::IngressFrags => Partial {
                head: first,
                length: frame.len(),
            },
            // It knows of one buffer only; drivers do not give it more.
            Runnable::Ingress => Partial {
                head: first,
                length: first.len(),
            },
            _ => Partial {
                head: frame,
                length: frame.len(),
            },
        };
        inspect(
            &seen,
            &self.site,
            (&self.settings, &self.host.tables),
            self.now,
        )
        .action
    }

    /// The kernel has no business to refuse anything else.
    fn may_be_refused(&self, frame: &[u8]) -> Result<()> {
        let announces_ip = |at: usize| matches!(frame.get(at..at + 2), Some([8, 0] | [0x86, 0xdd]));
        let short = frame.len() < SHORTEST;
        let long = frame.len() > FIRST_BUFFER && self.runnable != Runnable::IngressFrags;
        let headless =
            self.site.hook == Hook::TcEgress && announces_ip(12) && frame.len() < SHORTEST + 40;
        ensure!(short || long || headless, "the kernel refused a frame");
        Ok(())
    }

    /// Compares everything that was counted so far.
    ///
    /// # Errors
    /// When the two differ.
    pub fn compare_counters(&self) -> Result<()> {
        let (kernel, host) = (self.kernel.counters()?, self.host.tables.counters());
        ensure!(
            kernel == host,
            "counters of the kernel: {kernel:#?}\nof the host: {host:#?}"
        );
        let (kernel, host) = (
            self.kernel.event_counters()?,
            self.host.tables.event_counters(),
        );
        ensure!(
            kernel == host,
            "event counters of the kernel: {kernel:#?}\nof the host: {host:#?}"
        );
        Ok(())
    }

    /// Compares so many generated frames, the clock going ahead by `step` nanoseconds before each.
    ///
    /// # Errors
    /// When the two differ; the seed, the frame and its number are named.
    pub fn run(
        &mut self,
        seed: u64,
        (frames, longest): (usize, usize),
        step: impl Fn(&mut Random) -> u64,
    ) -> Result<()> {
        let mut traffic = Traffic::new(seed, self.site.link, longest);
        let mut steps = Random::new(!seed);
        let mut number = 0;
        while self.compared < frames {
            let frame = traffic.frame();
            number += 1;
            let ahead = step(&mut steps);
            if ahead != 0 {
                self.set_clock(Nanos(self.now.0 + ahead))?;
            }
            let compared = self.compare(&frame);
            compared
                .with_context(|| format!("frame {number} of {SEED}={seed}: {}", hex(&frame)))?;
            if number % ROUND == 0 {
                self.compare_counters()
                    .with_context(|| format!("after frame {number} of {SEED}={seed}"))?;
            }
        }
        self.compare_counters()
    }

    /// One line on what was compared.
    #[must_use]
    pub fn summary(&self) -> String {
        let (program, link) = (self.runnable.name(), self.site.link.label());
        let (compared, refused) = (self.compared, self.refused);
        format!(
            "{program} on {link}: {compared} frames alike, {refused} that the kernel does not take"
        )
    }

    /// What the host holds and counted.
    #[must_use]
    pub fn host(&self) -> &HostTables {
        &self.host.tables
    }

    /// The reasons that frames were judged by.
    #[must_use]
    pub fn reasons(&self) -> BTreeSet<Reason> {
        self.host
            .tables
            .counters()
            .iter()
            .map(|(slot, _)| slot.reason)
            .collect()
    }
}

fn hex(frame: &[u8]) -> String {
    frame.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Without the index of the interface, which the kernel makes up in a test run.
fn anywhere(events: Vec<Event>) -> Vec<Event> {
    events
        .into_iter()
        .map(|event| Event {
            interface: 0,
            ..event
        })
        .collect()
}

// SPDX-License-Identifier: MIT
//! The kernel and the host, judging the same frames.

mod memory;
mod operator;
mod sets;

use crate::conversation::{Conversations, Lapse, Seen, follows};
use crate::random::{Random, SEED};
use crate::scenario::{BEGIN, Scenario};
use crate::stay::stay_on_this_cpu;
use crate::traffic::Traffic;
use aegis_abi::names::capacity;
use aegis_abi::{Action, Event, Flow, Hook, Reason, Settings, StateCounter, Tuple};
use aegis_core::frame::Frame;
use aegis_core::model::{HostTables, Partial};
use aegis_core::parse::{Parsed, parse};
use aegis_core::tables::Tables as _;
use aegis_core::tuple::ends_of;
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
    arriving: Runnable,
    now: Nanos,
    refused: usize,
    compared: usize,
}

/// A frame of which only the first buffer can be read, and which may stand for several packets.
struct Piece<'a> {
    partial: Partial<'a>,
    segments: u16,
}

impl Frame for Piece<'_> {
    fn take<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.partial.take(at)
    }

    fn length(&self) -> usize {
        self.partial.length()
    }

    fn segments(&self) -> u32 {
        self.segments.into()
    }
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
        Self::with_flow_room((runnable, site), settings, host, capacity::FLOWS)
    }

    /// The same with room for so many proven connections of a family.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn with_flow_room(
        (runnable, site): (Runnable, Site),
        settings: Settings,
        mut host: Scenario,
        room: u32,
    ) -> Result<Self> {
        stay_on_this_cpu()?;
        let mut kernel = Rig::with_flow_room(site.link, site.loopback, room)?;
        kernel.set_settings(&settings)?;
        kernel.apply(&host.changes)?;
        host.tables = host.tables.flow_room(room as usize);
        let mut pair = Self {
            kernel,
            host,
            site,
            settings,
            runnable,
            arriving: match runnable {
                Runnable::IngressFrags => Runnable::IngressFrags,
                _ => Runnable::Ingress,
            },
            now: Nanos(0),
            refused: 0,
            compared: 0,
        };
        pair.set_clock(Nanos(BEGIN));
        Ok(pair)
    }

    fn set_clock(&mut self, now: Nanos) {
        self.now = now;
        self.kernel.set_clock(now);
    }

    /// Judges a frame twice and compares all that is said of it.
    ///
    /// # Errors
    /// When the two differ.
    pub fn compare(&mut self, frame: &[u8]) -> Result<()> {
        self.compare_segments(frame, 1)
    }

    /// The same of a frame that stands for several packets.
    fn compare_segments(&mut self, frame: &[u8], segments: u16) -> Result<()> {
        if frame.len() > LONGEST {
            self.refused += 1;
            return Ok(());
        }
        let kernel = match segments {
            1 => self.kernel.run_program(self.runnable, frame)?,
            _ => self.kernel.run_segments(frame, segments)?,
        };
        let Some(kernel) = kernel else {
            self.refused += 1;
            return self.may_be_refused(frame);
        };
        let host = self.judge_on_host(&self.piece(frame, segments))?;
        ensure!(kernel == host, "kernel: {kernel:?}, host: {host:?}");
        let (kernel, host) = (
            anywhere(self.kernel.events()),
            anywhere(self.host.tables.take_events()),
        );
        ensure!(kernel == host, "kernel: {kernel:#?}\nhost: {host:#?}");
        self.compared += 1;
        Ok(())
    }

    /// As much of the frame as the program sees.
    fn piece<'a>(&self, frame: &'a [u8], segments: u16) -> Piece<'a> {
        let first = &frame[..frame.len().min(FIRST_BUFFER)];
        let (head, length) = match self.runnable {
            Runnable::IngressFrags => (first, frame.len()),
            // It knows of one buffer only; drivers do not give it more.
            Runnable::Ingress => (first, first.len()),
            _ => (frame, frame.len()),
        };
        let partial = Partial { head, length };
        Piece { partial, segments }
    }

    /// Judges a frame, and sees to it that its connection goes only where connections may go.
    fn judge_on_host(&self, frame: &Piece<'_>) -> Result<Action> {
        let tuple = self.connection(frame);
        let before = (self.flow(tuple.as_ref()), self.begun());
        let context = (&self.settings, &self.host.tables);
        let verdict = inspect(frame, &self.site, context, self.now);
        let after = (self.flow(tuple.as_ref()), self.begun());
        ensure!(
            follows(before.0.as_ref(), after.0.as_ref(), before.1 != after.1),
            "{:?} went from {:?} to {:?}",
            tuple,
            before.0,
            after.0
        );
        // Nobody listens here, so that the program which answers leaves it to the stack.
        Ok(match verdict.action {
            Action::Answer => Action::Pass,
            action => action,
        })
    }

    /// The connection of a frame, if it has one.
    fn connection(&self, frame: &Piece<'_>) -> Option<Tuple> {
        match parse(frame, self.site.link).ok()? {
            Parsed::V4(packet) => Some(ends_of(&packet, self.site.hook)?.tuple()),
            Parsed::V6(packet) => Some(ends_of(&packet, self.site.hook)?.tuple()),
            Parsed::Arp { .. } | Parsed::NotIp => None,
        }
    }

    fn flow(&self, tuple: Option<&Tuple>) -> Option<Flow> {
        self.host.tables.with_flow(tuple?, |flow| *flow)
    }

    /// Connections that were proven so far.
    fn begun(&self) -> u64 {
        let counters = self.host.tables.state_counters();
        let added = counters
            .iter()
            .find(|(what, _)| *what == StateCounter::FlowsAdded);
        added.map_or(0, |(_, count)| *count)
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
        self.compare_hits()
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
                self.set_clock(Nanos(self.now.0 + ahead));
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

    /// Compares so many frames of conversations at both hooks, the clock going ahead by `pace`
    /// before each, and everything that is remembered after every thousand; `meddle` has its turn
    /// then.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn converse(
        &mut self,
        seed: u64,
        frames: usize,
        pace: impl Fn(&mut Random) -> u64,
        meddle: impl Fn(&mut Self, &mut Random) -> Result<()>,
    ) -> Result<()> {
        let mut conversations = Conversations::new(seed, self.site.link, self.settings.seed);
        let mut steps = Random::new(!seed);
        for number in 1..=frames {
            let seen = conversations.next_seen();
            let ahead = match seen.lapse {
                Lapse::Usual => pace(&mut steps),
                Lapse::Nothing => 0,
                Lapse::Timeout => self.until_a_deadline(&seen, &mut steps),
            };
            let met = self.meet(&seen, ahead);
            met.with_context(|| format!("frame {number} of {SEED}={seed}"))?;
            if number % ROUND == 0 {
                self.compare_memory()
                    .with_context(|| format!("after frame {number} of {SEED}={seed}"))?;
                meddle(self, &mut steps)?;
            }
        }
        self.compare_memory()
    }

    /// Compares what is seen at a hook, so many nanoseconds after what was seen before.
    ///
    /// # Errors
    /// When the two differ.
    pub fn meet(&mut self, seen: &Seen, ahead: u64) -> Result<()> {
        self.stand_at(seen.hook);
        if ahead != 0 {
            self.set_clock(Nanos(self.now.0 + ahead));
        }
        let compared = self.compare_segments(&seen.frame, seen.segments);
        compared.with_context(|| {
            let (hook, now) = (seen.hook.label(), self.now.0);
            format!("{hook}, at {now}: {}", hex(&seen.frame))
        })
    }

    /// Goes to a hook.
    fn stand_at(&mut self, hook: Hook) {
        self.site.hook = hook;
        self.runnable = match hook {
            Hook::XdpIngress => self.arriving,
            Hook::TcEgress => Runnable::Egress,
        };
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
        let counters = self.host.tables.counters();
        counters.iter().map(|(slot, _)| slot.reason).collect()
    }

    /// The same of one hook.
    #[must_use]
    pub fn reasons_at(&self, hook: Hook) -> BTreeSet<Reason> {
        let counters = self.host.tables.counters();
        let there = counters.iter().filter(|(slot, _)| slot.hook == hook);
        there.map(|(slot, _)| slot.reason).collect()
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

// SPDX-License-Identifier: MIT
//! The kernel judges as the host does: the embedded programs and `aegis_core` on the host are given
//! the same frames, policy, settings and time, and must say the same of every frame and count the
//! same.
//!
//! With `AEGIS_SEED=n` other frames are made; a failure names the seed, the frame and its number.

use aegis_abi::{Action, Event, Flags, Hook, Link, Rate, Reason, Settings};
use aegis_core::model::Partial;
use aegis_core::{Nanos, Site, inspect};
use aegis_engine::rig::{Rig, Runnable};
use aegis_testbed::{Need, require};
use aegis_tests::captures;
use aegis_tests::random::{Random, SEED};
use aegis_tests::scenario::{BEGIN, SPAN, Scenario};
use aegis_tests::traffic::Traffic;
use anyhow::{Context as _, Result, ensure};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::collections::BTreeSet;

/// Frames of each hook and kind of interface, every one of which is reported and compared.
const TOLD: usize = 110_000;
/// Frames of each hook under tight budgets and a moving clock.
const HELD_BACK: usize = 60_000;
/// Frames of what differs little from the rest.
const FEW: usize = 20_000;
/// Counters are compared after so many frames.
const ROUND: usize = 1_000;
/// Bytes of a page less headroom and tailroom: what the kernel puts in the first buffer of a test
/// run (`bpf_prog_test_run_xdp`).
const FIRST_BUFFER: usize = 4_096 - 256 - 320;
/// What fits the first buffer and the 17 further ones that a test run makes (`MAX_SKB_FRAGS`).
const LONGEST: usize = FIRST_BUFFER + 17 * 4_096;
/// An Ethernet header: the least that the kernel runs a program for.
const SHORTEST: usize = 14;

const LIMITED: Settings = Settings {
    event_source: Rate::per_second(2, 3),
    event_reason: Rate::per_second(40, 20),
    infrastructure: Rate::per_second(2, 4),
    ..Settings::DEFAULT
};

/// Everything is told; infrastructure is still bounded by the usual rate.
fn told() -> Settings {
    Settings {
        flags: Settings::DEFAULT.flags.with(Flags::VERBOSE),
        event_source: Rate::UNLIMITED,
        event_reason: Rate::UNLIMITED,
        ..Settings::DEFAULT
    }
}

/// The two that are compared.
struct Pair {
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
    fn load(runnable: Runnable, site: Site, settings: Settings, seed: u64) -> Result<Self> {
        stay_on_this_cpu(seed)?;
        let host = Scenario::random(&mut Random::new(seed));
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
    fn compare(&mut self, frame: &[u8]) -> Result<()> {
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

    fn compare_counters(&self) -> Result<()> {
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

    /// Compares so many frames, each after what `before` does with the clock.
    fn run(
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
        self.compare_counters()?;
        println!(
            "{} on {}: {} frames alike, {} that the kernel does not take, {SEED}={seed}",
            self.runnable.name(),
            self.site.link.label(),
            self.compared,
            self.refused,
        );
        Ok(())
    }

    fn reasons(&self) -> BTreeSet<Reason> {
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

/// Budgets are kept per CPU.
fn stay_on_this_cpu(seed: u64) -> Result<()> {
    let allowed = rustix::thread::sched_getaffinity(None)?;
    let cpus: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|&cpu| allowed.is_set(cpu))
        .collect();
    let mut one = CpuSet::new();
    one.set(cpus[seed as usize % cpus.len()]);
    Ok(sched_setaffinity(None, &one)?)
}

fn site(runnable: Runnable, link: Link) -> Site {
    let hook = if runnable == Runnable::Egress {
        Hook::TcEgress
    } else {
        Hook::XdpIngress
    };
    Site {
        hook,
        link,
        loopback: false,
        interface: 1,
    }
}

fn alike(
    runnable: Runnable,
    link: Link,
    frames: (usize, usize),
    usual_seed: u64,
) -> Result<BTreeSet<Reason>> {
    let seed = Random::seed(usual_seed);
    let mut pair = Pair::load(runnable, site(runnable, link), told(), seed)?;
    pair.run(seed, frames, |_| 0)?;
    Ok(pair.reasons())
}

/// A test run refuses frames that are shorter than their link header.
const REFUSED: Reason = Reason::EthernetTruncated;

/// The reasons that are possible and were not seen.
fn missing(seen: &BTreeSet<Reason>, impossible: &[Reason]) -> Vec<Reason> {
    let possible = Reason::ALL
        .iter()
        .filter(|reason| !impossible.contains(reason));
    possible
        .filter(|reason| !seen.contains(reason))
        .copied()
        .collect()
}

#[test]
fn arriving_ethernet_frames_are_judged_alike_and_for_every_reason_there_is() -> Result<()> {
    require!(Need::Root);
    let seen = alike(Runnable::Ingress, Link::Ethernet, (TOLD, 1_400), 1)?;
    assert_eq!(
        missing(&seen, &[REFUSED]),
        [],
        "reasons that no frame was judged by"
    );
    Ok(())
}

#[test]
fn departing_ethernet_frames_are_judged_alike_and_for_every_reason_there_is() -> Result<()> {
    require!(Need::Root);
    let seen = alike(Runnable::Egress, Link::Ethernet, (TOLD, 1_400), 2)?;
    let impossible = [
        Reason::InfrastructureRate,
        Reason::Land,
        Reason::BogusSource,
        REFUSED,
    ];
    assert_eq!(
        missing(&seen, &impossible),
        [],
        "reasons that no frame was judged by"
    );
    Ok(())
}

#[test]
fn arriving_packets_without_link_header_are_judged_alike() -> Result<()> {
    require!(Need::Root);
    alike(Runnable::Ingress, Link::RawIp, (TOLD, 1_400), 3).map(drop)
}

#[test]
fn departing_packets_without_link_header_are_judged_alike() -> Result<()> {
    require!(Need::Root);
    alike(Runnable::Egress, Link::RawIp, (TOLD, 1_400), 4).map(drop)
}

#[test]
fn frames_in_several_buffers_are_judged_alike() -> Result<()> {
    require!(Need::Root, Need::Kernel(5, 18));
    alike(Runnable::IngressFrags, Link::Ethernet, (FEW, 9_000), 5).map(drop)
}

/// Budgets, rates and expiries: what depends on the time and on what came before.
fn limited(runnable: Runnable, usual_seed: u64) -> Result<()> {
    let seed = Random::seed(usual_seed);
    let mut pair = Pair::load(runnable, site(runnable, Link::Ethernet), LIMITED, seed)?;
    let longest_step = 2 * SPAN as usize / HELD_BACK;
    pair.run(seed, (HELD_BACK, 64), |random| {
        if random.chance(30) {
            random.below(3 * longest_step) as u64
        } else {
            0
        }
    })?;
    let counts = pair.host.tables.event_counters();
    let sent: u64 = counts.iter().map(|(_, count)| count.sent).sum();
    let suppressed: u64 = counts.iter().map(|(_, count)| count.suppressed).sum();
    assert!(
        sent > 100 && suppressed > 1_000,
        "{sent} sent, {suppressed} suppressed"
    );
    Ok(())
}

#[test]
fn tight_budgets_and_a_moving_clock_hold_back_the_same_events_on_arrival() -> Result<()> {
    require!(Need::Root);
    limited(Runnable::Ingress, 6)
}

#[test]
fn tight_budgets_and_a_moving_clock_hold_back_the_same_events_on_departure() -> Result<()> {
    require!(Need::Root);
    limited(Runnable::Egress, 7)
}

#[test]
fn on_a_loopback_and_with_every_switch_the_other_way_frames_are_judged_alike() -> Result<()> {
    require!(Need::Root);
    let seed = Random::seed(8);
    let flags = Flags::VERBOSE.with(Flags::DROP_LATER_FRAGMENTS);
    let settings = Settings { flags, ..told() };
    for loopback in [false, true] {
        let site = Site {
            loopback,
            ..site(Runnable::Ingress, Link::Ethernet)
        };
        Pair::load(Runnable::Ingress, site, settings, seed)?.run(seed, (FEW, 64), |_| 0)?;
    }
    Ok(())
}

#[test]
fn captured_frames_are_judged_alike_by_every_program() -> Result<()> {
    require!(Need::Root);
    let captures = captures::corpus()?;
    if captures.is_empty() {
        aegis_testbed::skip(
            aegis_testbed::test_name!(),
            "there is no corpus beside the project",
        );
    }
    for runnable in [Runnable::Ingress, Runnable::IngressFrags, Runnable::Egress] {
        for link in [Link::Ethernet, Link::RawIp] {
            let mut pair = Pair::load(runnable, site(runnable, link), told(), 9)?;
            for capture in captures.iter().filter(|capture| capture.link == link) {
                for (number, frame) in capture.frames.iter().enumerate() {
                    let compared = pair.compare(frame);
                    compared.with_context(|| {
                        format!("frame {} of {}", number + 1, capture.path.display())
                    })?;
                }
                pair.compare_counters()
                    .with_context(|| capture.path.display().to_string())?;
            }
            println!(
                "{} on {}: {} captured frames alike, {} that the kernel does not take",
                runnable.name(),
                link.label(),
                pair.compared,
                pair.refused,
            );
        }
    }
    Ok(())
}

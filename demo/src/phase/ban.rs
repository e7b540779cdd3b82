// SPDX-License-Identifier: MIT
//! The operator bans the attacker, in the middle of a download and during a flood.

use std::thread;
use std::time::{Duration, Instant};

use super::{Attack, forgive, watched};
use crate::ledger::Ledger;
use crate::page::Page;
use crate::scene::Scene;
use aegis_testbed::{Daemon, Download, Hping, peers::HpingReport};
use anyhow::{Context as _, Result};

/// Connection requests before the ban, each of which is answered.
const PROBES: u64 = 20;
/// Attackers that flood at once, each with [`FLOOD`] packets.
const FLOODERS: usize = 2;
const FLOOD: u64 = 60_000;
/// Microseconds between two packets of a flooder; the tool does not keep up with it.
const FLOOD_INTERVAL: u64 = 10;
/// How long a connection that flowed may take to flow on.
const FLOWING: Duration = Duration::from_secs(1);
/// How long a connection that is possible may take on a busy machine, lost packets included.
const REACHABLE: Duration = Duration::from_secs(10);
/// Time for what was received before the ban to be read and counted on a busy machine.
const SETTLE: Duration = Duration::from_millis(150);

/// What the ban did.
#[derive(Clone, Debug)]
pub struct Ban {
    /// The requests before it, and how many were answered.
    pub answered_before: HpingReport,
    /// Bytes that the download brought before it.
    pub downloaded: u64,
    /// How long `aegis-cli block` took.
    pub took: Duration,
    /// Bytes that the download brought in the second after it.
    pub leaked: u64,
    /// The server's own packets to the attacker that did not leave.
    pub kept_in: u64,
    /// The flood.
    pub flood: Attack,
    /// Answers to the flood.
    pub flood_answers: u64,
    /// Whether a new connection was possible.
    pub connected: bool,
    /// Whether one was possible again after `unblock`.
    pub connected_after: bool,
}

/// Bans, floods, unbans.
pub fn run(scene: &Scene, daemon: &Daemon, page: &Page) -> Result<Ban> {
    page.step("the attacker starts a download; then: aegis-cli block");
    forgive(scene, daemon)?;
    let probes = ["-S", "-p", "80"];
    let answered_before = Hping::new(scene.attacking_host(), scene.guarded().v4(), PROBES)
        .options(&probes)
        .run()?;
    let before = Ledger::read(daemon)?;
    let (downloaded, took, leaked) = cut(scene, daemon)?;
    page.step("hping3 floods port 80 from the banned address (about 6 s)");
    let (flood, flood_answers) = flood(scene, daemon)?;
    let connected = connects(scene, FLOWING);
    let kept_in = Ledger::read(daemon)?.departing_drops_since(&before);
    page.step("aegis-cli unblock");
    let address = scene.attacker().v4().to_string();
    daemon.cli(&["unblock", &address])?.success()?;
    let connected_after = connects(scene, REACHABLE);
    Ok(Ban {
        answered_before,
        downloaded,
        took,
        leaked,
        kept_in,
        flood,
        flood_answers,
        connected,
        connected_after,
    })
}

/// Bans the attacker while data flows to it.
fn cut(scene: &Scene, daemon: &Daemon) -> Result<(u64, Duration, u64)> {
    let download = Download::start(scene.attacking_host(), scene.web())?;
    thread::sleep(FLOWING);
    let address = scene.attacker().v4().to_string();
    let began = Instant::now();
    let said = daemon.cli(&["block", &address, "--for", "1h", "--reason", "demo"])?;
    let took = began.elapsed();
    said.success().context("the ban was refused")?;
    thread::sleep(SETTLE);
    let downloaded = download.bytes();
    thread::sleep(FLOWING);
    Ok((downloaded, took, download.bytes() - downloaded))
}

fn flood(scene: &Scene, daemon: &Daemon) -> Result<(Attack, u64)> {
    let (reports, stopped) = watched(daemon, || {
        thread::scope(|scope| {
            let flooders: Vec<_> = (0..FLOODERS)
                .map(|_| scope.spawn(|| send_flood(scene)))
                .collect();
            let reports = flooders.into_iter().map(|flooder| {
                flooder
                    .join()
                    .unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))
            });
            reports.collect::<Result<Vec<HpingReport>>>()
        })
    })?;
    let answers = reports.iter().map(|report| report.received).sum();
    let attack = Attack {
        name: "hping3 -S, banned".to_owned(),
        sent: reports.iter().map(|report| report.sent).sum(),
        stopped,
        expected: &["ban_address"],
        least: 95,
        outcome: format!("{answers} answers"),
    };
    Ok((attack, answers))
}

fn send_flood(scene: &Scene) -> Result<HpingReport> {
    let hping = Hping::new(scene.attacking_host(), scene.guarded().v4(), FLOOD);
    Ok(hping
        .every_micros(FLOOD_INTERVAL)
        .options(&["-S", "-p", "80"])
        .run()?)
}

fn connects(scene: &Scene, within: Duration) -> bool {
    scene.attacking_host().connect(scene.web(), within).is_ok()
}

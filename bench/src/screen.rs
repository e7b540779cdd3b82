// SPDX-License-Identifier: MIT
//! What the terminal interface takes: how soon it is there, and of the processor, its own and the
//! daemon's, with hardly any connection and with very many.

use crate::lives::median;
use aegis_core::emit::Frame;
use aegis_testbed::daemon::{PIN_DIR, RUN_DIR, STATE_DIR, find_binary};
use aegis_testbed::{Daemon, Flows, Host, Lab, Link, Terminal, processor_time};
use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Connections for the second part.
const FLOWS: u64 = 100_000;
/// How often it is begun.
const STARTS: usize = 9;
/// For how long it is watched.
const WATCHED: Duration = Duration::from_secs(10);
/// How long it has to settle.
const SETTLED: Duration = Duration::from_secs(3);
/// What the first picture has, and what only the daemon knows.
const FIRST: &str = "Connections";
const ANSWERED: &str = "port_scan";

/// What was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Screen {
    /// From the start of the process to its first picture, milliseconds, the median.
    pub first_ms: f64,
    /// To one with what the daemon answers.
    pub answered_ms: f64,
    /// Of one processor, percent, its own and the daemon's, with hardly any connection.
    pub idle_percent: [f64; 2],
    /// Connections for what follows.
    pub flows: u64,
    /// With so many, on the tab of connections.
    pub connections_percent: [f64; 2],
    /// On the tab of rates.
    pub rates_percent: [f64; 2],
}

/// Begins it, and watches it.
///
/// # Errors
/// Without root or a built `aegis-cli`, and where it draws nothing.
pub fn measure() -> Result<Screen> {
    let lab = Lab::new()?;
    let (peer, host) = (lab.host("peer")?, lab.host("guarded")?);
    let pair = lab.veth(&peer, "eth0", &host, "eth0");
    let link = pair.quiet().without_offloads().up()?;
    let daemon = Daemon::on(&host, "eth0").start()?;
    let (first_ms, answered_ms) = starts(&daemon, &host)?;
    let mut terminal = begin(&daemon, &host)?;
    terminal.wait_for(ANSWERED)?;
    let idle_percent = watch(&mut terminal, &daemon)?;
    let flows = connect(&link)?;
    let connections_percent = watch(&mut terminal, &daemon)?;
    terminal.press("\t")?;
    let rates_percent = watch(&mut terminal, &daemon)?;
    Ok(Screen {
        first_ms,
        answered_ms,
        idle_percent,
        flows,
        connections_percent,
        rates_percent,
    })
}

fn starts(daemon: &Daemon, host: &Host) -> Result<(f64, f64)> {
    let (mut first, mut answered) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let began = Instant::now();
        let mut terminal = begin(daemon, host)?;
        terminal.wait_for(FIRST)?;
        first.push(began.elapsed());
        terminal.wait_for(ANSWERED)?;
        answered.push(began.elapsed());
        terminal.press("q")?;
        terminal.wait()?;
    }
    Ok((median(first), median(answered)))
}

fn begin(daemon: &Daemon, host: &Host) -> Result<Terminal> {
    let binary = find_binary()?.display().to_string();
    let mut command = host.command(&binary, &["-i", "eth0", "tui"])?;
    command
        .env(RUN_DIR, daemon.run_dir())
        .env(PIN_DIR, daemon.pin_dir())
        .env(STATE_DIR, daemon.state_dir())
        .env("LANG", "C.UTF-8");
    Ok(Terminal::start(&command)?)
}

/// What the two take while it is looked at.
fn watch(terminal: &mut Terminal, daemon: &Daemon) -> Result<[f64; 2]> {
    let pids = [
        terminal.pid(),
        daemon.pid().context("the daemon has ended")?,
    ];
    terminal.watch(SETTLED);
    let time = || -> aegis_testbed::Result<Vec<Duration>> {
        pids.into_iter().map(processor_time).collect()
    };
    let before = time()?;
    terminal.watch(WATCHED);
    let after = time()?;
    let percent = |at: usize| {
        let used = after[at].saturating_sub(before[at]);
        used.as_secs_f64() / WATCHED.as_secs_f64() * 100.0
    };
    Ok([percent(0), percent(1)])
}

/// Many connections of many sources, with their handshakes.
fn connect(link: &Link) -> Result<u64> {
    let [a, b, c, _] = link.b.v4().octets();
    let frame = Frame::ethernet(link.a.mac().octets(), link.b.mac().octets());
    let syn = frame.ipv4([198, 18, 0, 0], [a, b, c, 250]).tcp(1, 80, "S");
    let flows = Flows::new(&link.a, &link.b, syn.bytes());
    let report = flows.count(FLOWS).sources(50_000).seconds(60).run()?;
    ensure!(report.confirmed > FLOWS * 9 / 10, "{report:?}");
    Ok(report.confirmed)
}

// SPDX-License-Identifier: MIT
//! What a daemon's lives cost: how long a start takes until packets are judged, how long the next
//! daemon takes to go on from one that was killed, what it takes while nothing happens, and what is
//! let through or lost while it is killed again and again in the middle of commands.

use crate::endurance::Held;
use aegis_core::emit::Frame;
use aegis_testbed::{Daemon, Flows, Lab, Link, RawSocket, processor_time};
use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Connections that are known while nothing happens.
const FLOWS: u64 = 10_000;
/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(10);
/// Whose frames are banned before the first kill.
const BANNED: [u8; 4] = [192, 0, 2, 7];
/// How long after a command was begun the daemon may be killed, at most.
const LATEST_MS: u64 = 60;

/// What was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Lives {
    /// From the start of the process until the first frame is dropped, milliseconds, the median.
    pub enforcing_ms: f64,
    /// Until it answers, after a start from nothing.
    pub ready_ms: f64,
    /// Until the next one answers, after a kill; packets are judged all the while.
    pub taken_over_ms: f64,
    /// Connections that were known meanwhile.
    pub flows: usize,
    /// Of one processor, percent, while nothing happened.
    pub idle_percent: f64,
    /// What it held then.
    pub held: Held,
    /// How often it was killed.
    pub kills: usize,
    /// Frames that were to be dropped meanwhile.
    pub sent: u64,
    /// Those that were not.
    pub passed: usize,
    /// Bans that were confirmed, and are there no more.
    pub lost_bans: usize,
}

/// Starts a daemon so many times, and kills it so many times.
///
/// # Errors
/// Without root or a built `aegis-cli`, and where a daemon does not start.
pub fn measure(starts: usize, kills: usize) -> Result<Lives> {
    let lab = Lab::new()?;
    let (peer, host) = (lab.host("peer")?, lab.host("guarded")?);
    let pair = lab.veth(&peer, "eth0", &host, "eth0");
    let link = pair.quiet().without_offloads().up()?;
    let (mut enforcing, mut ready, mut taken_over) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..starts {
        let daemon = Daemon::on(&host, "eth0").start_unready()?;
        let began = Instant::now();
        enforcing.push(until_dropped(&link, began)?);
        daemon.wait_for_line(" ready ", Duration::from_secs(30))?;
        ready.push(began.elapsed());
        daemon.kill()?;
        let began = Instant::now();
        let daemon = daemon.restart()?;
        taken_over.push(began.elapsed());
        daemon.stop()?;
    }
    let daemon = Daemon::on(&host, "eth0").start()?;
    let (flows, idle_percent, held) = idle(&daemon, &link)?;
    let killed = kill(daemon, &link, kills)?;
    Ok(Lives {
        enforcing_ms: median(enforcing),
        ready_ms: median(ready),
        taken_over_ms: median(taken_over),
        flows,
        idle_percent,
        held,
        ..killed
    })
}

fn frame(link: &Link) -> Frame {
    Frame::ethernet(link.a.mac().octets(), link.b.mac().octets())
}

/// A segment that no stack sends.
fn null(link: &Link) -> Vec<u8> {
    let [a, b, c, _] = link.b.v4().octets();
    frame(link)
        .ipv4(BANNED, [a, b, c, 250])
        .tcp(1, 80, "")
        .bytes()
}

/// When the first frame does not arrive any more, since `began`.
fn until_dropped(link: &Link, began: Instant) -> Result<Duration> {
    let (wire, behind, frame) = (link.a.raw()?, link.b.raw()?.promiscuous()?, null(link));
    loop {
        let sent = began.elapsed();
        wire.send(&frame)?;
        if !arrives(&behind, &frame)? {
            return Ok(sent);
        }
        ensure!(sent < Duration::from_secs(30), "the daemon drops nothing");
    }
}

fn arrives(behind: &RawSocket, frame: &[u8]) -> Result<bool> {
    Ok(behind
        .find(Duration::from_millis(20), |seen| seen == frame)?
        .is_some())
}

/// What the daemon takes while connections are known and nothing happens.
fn idle(daemon: &Daemon, link: &Link) -> Result<(usize, f64, Held)> {
    let [a, b, c, _] = link.b.v4().octets();
    let question = frame(link).ipv4([198, 18, 0, 0], [a, b, c, 250]);
    let question = question.udp(1, 53).bytes();
    Flows::new(&link.a, &link.b, question)
        .count(FLOWS)
        .sources(1_000)
        .run()?;
    let status = daemon.json(&["status"])?;
    let known = status["state"]["flows"].as_u64().unwrap_or_default()
        + status["state"]["half_open"].as_u64().unwrap_or_default();
    thread::sleep(Duration::from_secs(1));
    let pid = daemon.pid().context("the daemon has ended")?;
    let before = processor_time(pid)?;
    thread::sleep(IDLE);
    let used = processor_time(pid)? - before;
    let percent = used.as_secs_f64() / IDLE.as_secs_f64() * 100.0;
    Ok((known as usize, percent, Held::by(daemon)?))
}

/// Kills it in the middle of commands, under a stream of frames that are to be dropped.
fn kill(daemon: Daemon, link: &Link, kills: usize) -> Result<Lives> {
    let banned = Ipv4Addr::from(BANNED).to_string();
    daemon.cli(&["block", &banned])?.success()?;
    let (wire, behind) = (link.a.raw()?, link.b.raw()?.promiscuous()?);
    let [a, b, c, _] = link.b.v4().octets();
    let syn = frame(link).ipv4(BANNED, [a, b, c, 250]);
    let syn = syn.tcp(1, 80, "S").bytes();
    let stop = AtomicBool::new(false);
    let ((sent, passed), (daemon, lost_bans)) = thread::scope(|scope| {
        let stream = scope.spawn(|| stream(&wire, &syn, &stop));
        let watch = scope.spawn(|| watch(&behind, &syn, &stop));
        let lost = rounds(daemon, kills, banned);
        stop.store(true, Ordering::Relaxed);
        let broken = |_| anyhow::anyhow!("a thread of the bench broke");
        let seen = (
            stream.join().map_err(broken)?,
            watch.join().map_err(broken)?,
        );
        lost.map(|lost| (seen, lost))
    })?;
    // Not before the stream has ended: with it the filter ends.
    daemon.stop()?;
    Ok(Lives {
        kills,
        sent,
        passed,
        lost_bans,
        ..Lives::default()
    })
}

/// Sends until it is to stop; answers with how many.
fn stream(wire: &RawSocket, frame: &[u8], stop: &AtomicBool) -> u64 {
    let mut sent = 0;
    while !stop.load(Ordering::Relaxed) {
        sent += u64::from(wire.send(frame).is_ok());
        thread::sleep(Duration::from_micros(300));
    }
    sent
}

/// Looks out until it is to stop; answers with how many came.
fn watch(behind: &RawSocket, frame: &[u8], stop: &AtomicBool) -> usize {
    let mut passed = 0;
    while !stop.load(Ordering::Relaxed) {
        let seen = behind.find(Duration::from_millis(100), |seen| seen == frame);
        passed += usize::from(seen.is_ok_and(|seen| seen.is_some()));
    }
    passed
}

/// Kills a daemon so many times; answers with the last one, and with how many confirmed bans were
/// lost.
fn rounds(mut daemon: Daemon, kills: usize, first: String) -> Result<(Daemon, usize)> {
    let (mut bans, mut lost, mut random) = (BTreeSet::from([first]), 0, 0x9e37_79b9_u64);
    for turn in 0..kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let pause = Duration::from_millis(random % LATEST_MS);
        one_kill(&daemon, turn, pause, &mut bans)?;
        daemon = daemon.restart()?;
        lost += missing(&daemon, &bans)?;
    }
    Ok((daemon, lost))
}

/// Begins a command, and kills the daemon before, while or after it is obeyed. Only what was
/// confirmed counts: of the rest either outcome is right.
fn one_kill(
    daemon: &Daemon,
    turn: usize,
    pause: Duration,
    bans: &mut BTreeSet<String>,
) -> Result<()> {
    let address = format!("198.51.100.{}", turn % 250);
    let command: &[&str] = match turn % 4 {
        0 | 1 => &["block", &address],
        2 => &["reload"],
        _ => &["save"],
    };
    let confirmed = thread::scope(|scope| {
        let asked = scope.spawn(|| daemon.cli(command));
        thread::sleep(pause);
        let killed = daemon.kill();
        let answer = asked
            .join()
            .map_err(|_| anyhow::anyhow!("a client broke"))?;
        killed?;
        anyhow::Ok(answer?.code() == Some(0))
    })?;
    if confirmed && command[0] == "block" {
        bans.insert(address);
    }
    Ok(())
}

/// How many of these are not listed.
fn missing(daemon: &Daemon, bans: &BTreeSet<String>) -> Result<usize> {
    let list = daemon.json(&["list"])?;
    let listed = list["bans"].as_array().context("no list")?;
    let listed: BTreeSet<&str> = listed
        .iter()
        .filter_map(|ban| ban["target"].as_str())
        .collect();
    Ok(bans
        .iter()
        .filter(|ban| !listed.contains(ban.as_str()))
        .count())
}

/// Of times, milliseconds.
pub(crate) fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    middle.as_secs_f64() * 1_000.0
}

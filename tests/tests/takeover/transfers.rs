// SPDX-License-Identifier: MIT
//! Transfers at full speed while the daemon comes and goes.

use crate::busy::{Busy, NO_GRACE, nothing_is_refused};
use aegis_testbed::{Daemon, Download, HttpServer, Need, Port, Process, Result, require};
use aegis_tests::told::say;
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::Duration;

/// How long something may take to go on on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long the daemon stays, and how long it is gone.
const STAY: Duration = Duration::from_millis(300);
/// How long a transfer takes: where a busy machine takes as long to start a daemon and stop it, it is
/// tried again.
const SECONDS: [u64; 2] = [10, 50];
/// Bytes a second of a file.
const PACE: u64 = 4 << 20;
/// More than both sockets hold.
const UNDER_WAY: u64 = 16 << 20;
const SIGTERM: i32 = 15;

/// Starts and stops a daemon until it is told to end; returns how often both were over meanwhile.
fn come_and_go(busy: &Busy, goes_on: impl Fn() -> bool) -> Result<u32> {
    let mut daemon = Daemon::on(&busy.host, "eth0").options(&NO_GRACE).start()?;
    let mut rounds = 0;
    loop {
        thread::sleep(STAY);
        nothing_is_refused(&daemon)?;
        daemon.signal(SIGTERM)?;
        daemon.wait(PATIENCE)?.success()?;
        thread::sleep(STAY);
        if !goes_on() {
            return Ok(rounds);
        }
        rounds += 1;
        daemon = daemon.restart()?;
    }
}

/// So slowly that it takes a while.
fn fetch(busy: &Busy, server: SocketAddr, bytes: u64) -> Result<Process> {
    let url = format!("http://{server}/bytes/{bytes}");
    let told = "%{http_code} %{size_download}";
    let quiet = ["-q", "-s", "-g", "--noproxy", "*", "-o", "/dev/null"];
    let slow = [
        "--limit-rate",
        &PACE.to_string(),
        "-m",
        "60",
        "-w",
        told,
        &url,
    ];
    busy.neighbour.spawn("curl", &[&quiet[..], &slow].concat())
}

/// Returns how often the daemon came and went while both files were on their way.
fn arrive_whole(busy: &Busy, servers: [SocketAddr; 2], bytes: u64) -> Result<u32> {
    let files = servers.map(|server| fetch(busy, server, bytes));
    let files: Vec<Process> = files.into_iter().collect::<Result<_>>()?;
    let rounds = come_and_go(busy, || files.iter().all(Process::is_running))?;
    for file in files {
        let said = file.wait(PATIENCE)?.success()?.stdout;
        assert_eq!(said, format!("200 {bytes}"));
    }
    Ok(rounds)
}

#[test]
fn files_that_are_fetched_while_the_daemon_comes_and_goes_arrive_whole() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("curl"));
    let busy = Busy::begin()?;
    let http = HttpServer::start(&busy.host, 80)?;
    let own: [IpAddr; 2] = [busy.link.b.v4().into(), busy.link.b.v6().into()];
    let servers = own.map(|address| SocketAddr::new(address, http.port()));
    let streams = servers.map(|server| Download::start(&busy.neighbour, server));
    let streams: Vec<Download> = streams.into_iter().collect::<Result<_>>()?;
    until_something_happens(|seconds| arrive_whole(&busy, servers, seconds * PACE))?;
    for stream in &streams {
        assert!(stream.moves_within(PATIENCE) && stream.is_sound());
    }
    busy.go_on();
    Ok(())
}

/// A transfer that is over before a daemon has come and gone shows nothing.
#[track_caller]
fn until_something_happens(transfer: impl Fn(u64) -> Result<u32>) -> Result<()> {
    for seconds in SECONDS {
        let rounds = transfer(seconds)?;
        say(format_args!("{rounds} starts and stops in {seconds} s"));
        if rounds > 0 {
            return Ok(());
        }
    }
    panic!("no daemon came and went in {SECONDS:?} s")
}

/// Starts iperf3 both ways at once between the neighbour and an address of the host. Fast enough
/// that there is always something under way, and slow enough that the daemon gets its share of the
/// processors.
fn both_ways(busy: &Busy, own: IpAddr, seconds: u64) -> Result<[Process; 2]> {
    let server = busy.host.spawn("iperf3", &["-s", "-1", "--forceflush"])?;
    server.wait_for_line("Server listening", PATIENCE)?;
    let (own, time) = (own.to_string(), seconds.to_string());
    let rate = ["--bidir", "-b", "100M", "-t", &time, "-J", "-c", &own];
    let client = busy.neighbour.spawn("iperf3", &rate)?;
    Ok([server, client])
}

/// Bytes that were sent and received, each way.
fn carried(report: &str) -> [[u64; 2]; 2] {
    let report: Value = serde_json::from_str(report).expect("it was asked for JSON");
    let bytes = |sum: &str| report["end"][sum]["bytes"].as_u64().expect("a number");
    [
        ["sum_sent", "sum_received"],
        ["sum_sent_bidir_reverse", "sum_received_bidir_reverse"],
    ]
    .map(|way| way.map(bytes))
}

/// Returns how often the daemon came and went meanwhile.
fn lose_nothing(busy: &Busy, own: IpAddr, seconds: u64) -> Result<u32> {
    let [server, client] = both_ways(busy, own, seconds)?;
    let rounds = come_and_go(busy, || client.is_running())?;
    let said = client.wait(PATIENCE)?.success()?.stdout;
    server.wait(PATIENCE)?.success()?;
    for [sent, received] in carried(&said) {
        // What is under way when the time is over is not waited for.
        assert!(received > 0 && received + UNDER_WAY >= sent, "{said}");
    }
    Ok(rounds)
}

fn goes_on_both_ways(own: fn(&Port) -> IpAddr) -> Result<()> {
    let busy = Busy::begin()?;
    let address = own(&busy.link.b);
    until_something_happens(|seconds| lose_nothing(&busy, address, seconds))?;
    busy.go_on();
    Ok(())
}

#[test]
fn iperf_over_ipv4_goes_on_both_ways_while_the_daemon_comes_and_goes() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("iperf3"));
    goes_on_both_ways(|port| port.v4().into())
}

#[test]
fn iperf_over_ipv6_goes_on_both_ways_while_the_daemon_comes_and_goes() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("iperf3"));
    goes_on_both_ways(|port| port.v6().into())
}

// SPDX-License-Identifier: MIT
//! A filter that outlives its daemon: killed, started again, replaced by another program, stopped
//! and kept, and ended by whoever says so. Nothing passes meanwhile that should not.

use aegis_core::emit::Frame;
use aegis_testbed::cleanup::{Deferred, defer, unique_name};
use aegis_testbed::daemon::find_binary;
use aegis_testbed::{Daemon, Lab, Need, RawSocket, Result, Session, TcpEcho, require};
use aegis_tests::guarded::{Guarded, settle, xdp_program};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a daemon may take to start or end on a busy machine.
const END: Duration = Duration::from_secs(30);
const NULL: &str = "xdp_ingress/ipv4/tcp_null";
const SIGHUP: i32 = 1;
const SIGTERM: i32 = 15;

/// Another copy of the program, as an update brings one.
struct Installed {
    path: PathBuf,
    _cleanup: Deferred,
}

impl Installed {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(unique_name("installed"));
        let doomed = path.clone();
        let cleanup = defer(move || drop(fs::remove_file(doomed)));
        let installed = Self {
            path,
            _cleanup: cleanup,
        };
        installed.update();
        Ok(installed)
    }

    /// Puts a copy in the place of the one that is there, as package managers do.
    fn update(&self) {
        let new = self.path.with_extension("new");
        let binary = find_binary().expect("it is built");
        fs::copy(binary, &new).expect("there is room for another");
        fs::rename(new, &self.path).expect("both are in one folder");
    }

    /// Puts another program in its place.
    fn put(&self, other: &str) {
        let new = self.path.with_extension("new");
        fs::copy(other, &new).expect("there is room for another");
        fs::rename(new, &self.path).expect("both are in one folder");
    }
}

/// A segment that no stack sends, from an address that nobody has banned.
fn null(lab: &Guarded) -> Frame {
    lab.from("192.0.2.7").tcp(40_000, 80, "")
}

/// Link number and program number of every hook.
fn attached(daemon: &Daemon) -> Result<Vec<(u64, u64)>> {
    let status = daemon.json(&["status"])?;
    assert_eq!(status["healthy"], true, "{status}");
    let rows = status["attachments"].as_array().expect("a list");
    let number = |row: &serde_json::Value, key: &str| row[key].as_u64().expect("a number");
    let ids = |row| (number(row, "link_id"), number(row, "program_id"));
    Ok(rows.iter().map(ids).collect())
}

fn links(daemon: &Daemon) -> Result<Vec<u64>> {
    Ok(attached(daemon)?
        .into_iter()
        .map(|(link, _)| link)
        .collect())
}

/// The same frame, a few thousand times a second, until it is stopped or dropped.
struct Stream {
    stop: Arc<AtomicBool>,
    sending: Option<JoinHandle<u64>>,
}

impl Stream {
    fn start(wire: RawSocket, frame: Vec<u8>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let sending = thread::spawn(move || {
            let mut sent = 0;
            while !stopped.load(Ordering::Relaxed) {
                wire.send(&frame).expect("the link is up");
                sent += 1;
                thread::sleep(Duration::from_micros(200));
            }
            sent
        });
        let sending = Some(sending);
        Self { stop, sending }
    }

    /// How many frames there were.
    fn stop(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        let sending = self.sending.take().expect("it is stopped once");
        sending.join().expect("every frame was sent")
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_killed_daemon_leaves_its_filter_and_the_next_one_goes_on_from_it() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let mut lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.7"])?;
    let before = links(&lab.daemon)?;
    let program = xdp_program(&lab.host, "eth0")?;
    lab.drops(
        "while it lives",
        &null(&lab).bytes(),
        "xdp_ingress/ipv4/ban_address",
    )?;
    lab.daemon.kill()?;
    assert_eq!(xdp_program(&lab.host, "eth0")?, program, "left in place");
    let syn = lab.syn("192.0.2.7");
    assert!(lab.past(&[syn.clone(), null(&lab).bytes()])?.is_empty());
    for verb in ["status", "list", "stats"] {
        let dead = lab.daemon.cli(&[verb])?;
        assert_eq!((dead.code(), dead.stdout.as_str()), (Some(3), ""));
        assert_eq!(dead.stderr.lines().count(), 1, "{}", dead.stderr);
    }
    let dead = lab.daemon.cli(&["status"])?.stderr;
    assert!(dead.contains("programs of eth0 filter on"), "{dead}");
    lab.daemon = lab.daemon.restart()?;
    assert_eq!(links(&lab.daemon)?, before, "the same links");
    assert_ne!(xdp_program(&lab.host, "eth0")?, program, "another program");
    // One before the daemon was killed, and two without one.
    let banned = lab.steady()?.get("xdp_ingress/ipv4/ban_address").copied();
    assert_eq!(banned, Some(3));
    Ok(())
}

/// Connections, counters and verdicts go on through every way in which a daemon comes and goes.
#[test]
fn nothing_is_let_through_while_daemons_are_killed_started_and_replaced() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let mut lab = Guarded::start()?;
    let installed = Installed::new()?;
    stop(&lab.daemon)?;
    lab.daemon = lab.daemon.restart_as(&installed.path)?;
    let echo = TcpEcho::start(&lab.host, 7)?;
    let server = SocketAddr::from((lab.link.b.v4(), echo.port()));
    let session = Session::open(&lab.attacker, server, Duration::from_millis(5))?;
    let before = lab.counters()?;
    let kept = links(&lab.daemon)?;
    let stream = Stream::start(lab.link.a.raw()?, null(&lab).bytes());
    for _ in 0..2 {
        lab.daemon.kill()?;
        thread::sleep(Duration::from_millis(200));
        lab.daemon = lab.daemon.restart()?;
        assert_eq!(links(&lab.daemon)?, kept);
    }
    let confined = lab.daemon.json(&["status"])?["confinement"].take();
    let told = lab.cli(&["upgrade"])?;
    assert!(told.contains("has taken over"), "{told}");
    let mut status = lab.daemon.json(&["status"])?;
    assert_eq!(
        status["confinement"].take(),
        confined,
        "with the same witness and courier"
    );
    installed.update();
    let pid = lab.daemon.pid();
    lab.daemon.signal(SIGHUP)?;
    takes_over(&lab.daemon, 3);
    assert_eq!(lab.daemon.pid(), pid, "a service manager sees one process");
    lab.daemon.wait_for_line(" ready ", END)?;
    assert_eq!(links(&lab.daemon)?, kept);
    let sent = stream.stop();
    assert!(sent > 1_000, "{sent} frames are no load");
    assert!(session.answers_within(END), "{:?}", session.report());
    drop(session);
    settle(&before, &[(NULL, sent)], || {
        let mut counted = lab.counters()?;
        let others = before.clone().into_iter().filter(|(name, _)| name != NULL);
        counted.retain(|name, _| name == NULL);
        counted.extend(others);
        Ok(counted)
    })?;
    Ok(())
}

/// Waits until so many have taken over in this process.
#[track_caller]
fn takes_over(daemon: &Daemon, times: usize) {
    let began = Instant::now();
    while daemon.log().matches("taken over from an earlier").count() < times {
        assert!(began.elapsed() < END, "{}", daemon.log());
        thread::sleep(Duration::from_millis(20));
    }
}

fn stop(daemon: &Daemon) -> Result<()> {
    daemon.signal(SIGTERM)?;
    daemon.wait(END)?.success().map(drop)
}

#[test]
fn a_program_that_cannot_take_over_is_refused_and_changes_nothing() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let mut lab = Guarded::start()?;
    let installed = Installed::new()?;
    stop(&lab.daemon)?;
    lab.daemon = lab.daemon.restart_as(&installed.path)?;
    let before = attached(&lab.daemon)?;
    let good = find_binary()?;
    // One refuses, and one does nothing, and that well.
    for other in ["/bin/false", "/bin/true"] {
        installed.put(other);
        let refused = lab.daemon.program_at(&good, &["-i", "eth0", "upgrade"])?;
        assert_eq!(refused.code(), Some(4), "{}", refused.stderr);
        let words = "cannot take over";
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    lab.daemon.signal(SIGHUP)?;
    lab.daemon.wait_for_line("cannot take over", END)?;
    lab.daemon
        .wait_for_line("configuration is read again", END)?;
    installed.update();
    assert_eq!(attached(&lab.daemon)?, before);
    lab.drops("all the while", &null(&lab).bytes(), NULL)
}

#[test]
fn a_filter_that_is_kept_on_stop_ends_when_somebody_says_so() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    for tc in ["auto", "clsact"] {
        let lab = Guarded::with(&["--set", "on_stop=keep", "--tc-mode", tc])?;
        let program = xdp_program(&lab.host, "eth0")?;
        stop(&lab.daemon)?;
        assert_eq!(xdp_program(&lab.host, "eth0")?, program);
        assert!(lab.past(&[null(&lab).bytes()])?.is_empty(), "it filters");
        assert_eq!(lab.daemon.cli(&["status"])?.code(), Some(3));
        let told = lab.daemon.program(&["detach"])?.success()?.stdout;
        assert_eq!(told.trim(), "removed the pins of eth0");
        nothing_is_left(&lab)?;
        let again = lab.daemon.program(&["detach"])?.success()?.stdout;
        assert!(again.contains("nothing of Aegis"), "{again}");
    }
    Ok(())
}

#[test]
fn detach_ends_a_daemon_that_would_be_kept_and_its_filter() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::with(&["--set", "on_stop=keep"])?;
    let told = lab.daemon.json(&["detach"])?;
    assert_eq!(told["daemons"], serde_json::json!(["eth0"]));
    lab.daemon.wait(END)?.success()?;
    nothing_is_left(&lab)
}

#[track_caller]
fn nothing_is_left(lab: &Guarded) -> Result<()> {
    assert_eq!(xdp_program(&lab.host, "eth0")?, None);
    assert!(!lab.daemon.pin_dir().join("eth0").exists());
    if Need::Tool("tc").is_met() {
        let show = ["filter", "show", "dev", "eth0", "egress"];
        assert_eq!(lab.host.run("tc", &show)?.stdout, "");
    }
    let frame = null(lab).bytes();
    assert_eq!(lab.past(std::slice::from_ref(&frame))?, [frame]);
    Ok(())
}

/// What another version pinned is refused, filters on, and the way out is named.
#[test]
fn programs_of_another_version_filter_on_and_are_never_reinterpreted() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("bpftool"));
    let mut lab = Guarded::start()?;
    let header = lab.daemon.pin_dir().join("eth0/HEADER");
    let header = header.display().to_string();
    lab.daemon.kill()?;
    // The magic number, and a version far ahead.
    let mut value = b"AEGI\xe7\x03\0\0".to_vec();
    value.resize(64, 0);
    let bytes: Vec<String> = value.iter().map(u8::to_string).collect();
    let mut update = vec![
        "map", "update", "pinned", &header, "key", "0", "0", "0", "0", "value",
    ];
    update.extend(bytes.iter().map(String::as_str));
    lab.host.run("bpftool", &update)?.success()?;
    let refused = lab.daemon.cli(&["daemon"])?;
    assert_eq!(refused.code(), Some(4), "{}", refused.stderr);
    let words = ["kernel ABI 999", "filter on", "aegis-cli detach"];
    for word in words {
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
    }
    assert!(lab.past(&[null(&lab).bytes()])?.is_empty(), "it filters");
    lab.daemon.program(&["detach"])?.success()?;
    lab.daemon = lab.daemon.restart()?;
    lab.drops("anew", &null(&lab).bytes(), NULL)
}

/// A link that somebody detached while nobody looked is made anew, although its pin is in the way.
#[test]
fn a_link_that_was_lost_without_a_daemon_is_made_anew() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("bpftool"));
    let mut lab = Guarded::start()?;
    let link = attached(&lab.daemon)?[0].0.to_string();
    lab.daemon.kill()?;
    let detach = ["link", "detach", "id", &link];
    lab.host.run("bpftool", &detach)?.success()?;
    let dead = lab.daemon.cli(&["status"])?.stderr;
    assert!(
        dead.contains("but xdp_ingress is not attached to eth0"),
        "{dead}"
    );
    lab.daemon = lab.daemon.restart()?;
    lab.drops("again", &null(&lab).bytes(), NULL)
}

#[test]
fn an_interface_that_comes_back_is_guarded_at_once() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::with(&["--set", "attach.grace=0s"])?;
    lab.cli(&["block", "192.0.2.7"])?;
    lab.host.remove_interface("eth0")?;
    lab.daemon.wait_for_line("eth0 is gone", END)?;
    assert_eq!(lab.daemon.cli(&["status"])?.code(), Some(1));
    let pair = lab.lab.veth(&lab.attacker, "eth0", &lab.host, "eth0");
    let link = pair.quiet().without_offloads().up()?;
    lab.daemon.wait_for_line("eth0 is guarded again", END)?;
    let lab = Guarded::of(lab.lab, link, lab.daemon)?;
    assert_eq!(lab.daemon.cli(&["status"])?.code(), Some(0));
    lab.drops(
        "by the ban of before",
        &lab.syn("192.0.2.7"),
        "xdp_ingress/ipv4/ban_address",
    )
}

#[test]
fn a_daemon_that_may_wait_starts_before_its_interface() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let refused = Daemon::on(&host, "eth0").start_unready()?.wait(END)?;
    assert_eq!(refused.code(), Some(1), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("no interface named"),
        "{}",
        refused.stderr
    );
    let waiting = Daemon::on(&host, "eth0").options(&["--set", "attach.missing=wait"]);
    let daemon = waiting.start_unready()?;
    daemon.wait_for_line(" ready ", END)?;
    assert_eq!(
        daemon.cli(&["status"])?.code(),
        Some(1),
        "nothing is guarded yet"
    );
    let pair = lab.veth(&attacker, "eth0", &host, "eth0");
    let link = pair.quiet().without_offloads().up()?;
    daemon.wait_for_line("eth0 is guarded again", END)?;
    let lab = Guarded::of(lab, link, daemon)?;
    lab.drops("once it is there", &null(&lab).bytes(), NULL)
}

// SPDX-License-Identifier: MIT
//! From start to stop, the ugly ends included: what a daemon leaves behind, what it survives, and
//! what the next one makes of it.

use aegis_testbed::daemon::{PIN_DIR, RUN_DIR, STATE_DIR, find_binary};
use aegis_testbed::{Daemon, Lab, Link, Need, Result, UdpSink, require};
use aegis_tests::guarded::{Guarded, counters, xdp_program};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};
use std::time::{Duration, Instant};

/// How long a daemon may take to start or end on a busy machine.
const END: Duration = Duration::from_secs(30);
const BANNED: &str = "xdp_ingress/ipv4/ban_address";
const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

fn listing(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// The filters of the clsact qdisc, as `tc` shows them.
fn egress_filters(lab: &Guarded) -> Result<String> {
    let show = ["filter", "show", "dev", "eth0", "egress"];
    Ok(lab.host.run("tc", &show)?.stdout)
}

/// Nothing in the kernel, and nothing in the way of the next start.
#[track_caller]
fn nothing_is_left(lab: &Guarded) -> Result<()> {
    assert_eq!(xdp_program(&lab.host, "eth0")?, None);
    // An empty clsact qdisc may stay: others may have come to use it.
    assert_eq!(egress_filters(lab)?, "");
    let left = listing(lab.daemon.run_dir());
    assert!(!left.iter().any(|name| name.ends_with(".sock")), "{left:?}");
    assert_eq!(listing(lab.daemon.pin_dir()), Vec::<String>::new());
    let syn = lab.syn("192.0.2.7");
    assert_eq!(
        lab.past(std::slice::from_ref(&syn))?,
        [syn],
        "nobody filters any more"
    );
    Ok(())
}

#[test]
fn sigterm_and_sigint_leave_nothing_behind() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("tc"));
    for (signal, options) in [
        (SIGTERM, &[][..]),
        (SIGINT, &[]),
        (SIGTERM, &["--xdp-mode", "generic", "--tc-mode", "clsact"]),
    ] {
        let lab = Guarded::with(options)?;
        lab.cli(&["block", "192.0.2.7"])?;
        lab.drops("while it runs", &lab.syn("192.0.2.7"), BANNED)?;
        lab.daemon.signal(signal)?;
        lab.daemon.wait(END)?.success()?;
        nothing_is_left(&lab)?;
        assert_eq!(lab.daemon.cli(&["status"])?.code(), Some(3));
    }
    Ok(())
}

#[test]
fn a_filter_that_a_killed_daemon_left_in_clsact_is_taken_over() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("tc"));
    let mut lab = Guarded::with(&["--tc-mode", "clsact"])?;
    lab.daemon.kill()?;
    lab.daemon = lab.daemon.restart()?;
    let shown = egress_filters(&lab)?;
    assert_eq!(shown.matches("handle 0xae61").count(), 1, "{shown}");
    lab.daemon.signal(SIGTERM)?;
    lab.daemon.wait(END)?.success()?;
    assert_eq!(egress_filters(&lab)?, "");
    Ok(())
}

/// A filter has no link: it outlives the tables that it looks into. Whatever its own way to egress,
/// the next daemon's bans are the only ones.
#[test]
fn a_ban_whose_tables_are_lost_does_not_live_on_in_clsact() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("tc"));
    for options in [&[][..], &["--no-tc"]] {
        let lab = Guarded::with(&["--tc-mode", "clsact"])?;
        let _sink = UdpSink::start(&lab.attacker, 9)?;
        lab.cli(&["block", &lab.link.a.v4().to_string()])?;
        lab.daemon.kill()?;
        fs::remove_dir_all(lab.daemon.pin_dir()).expect("the killed daemon left it");
        let began = Instant::now();
        while xdp_program(&lab.host, "eth0")?.is_some() && began.elapsed() < END {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _next = Daemon::on(&lab.host, "eth0").options(options).start()?;
        assert_eq!(egress_filters(&lab)?, "", "{options:?}");
        let sender = lab
            .host
            .enter(|| UdpSocket::bind("0.0.0.0:0").expect("a port is free"))?;
        let sent = sender.send_to(b"?", (lab.link.a.v4(), 9));
        assert_eq!(sent.ok(), Some(1), "{options:?}");
        assert!(lab.wire.receive(END)?.is_some(), "{options:?}");
    }
    Ok(())
}

#[test]
fn what_is_no_socket_in_the_place_of_the_socket_is_left_alone() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.daemon.kill()?;
    let program = xdp_program(&lab.host, "eth0")?;
    let socket = lab.daemon.run_dir().join("eth0.sock");
    fs::remove_file(&socket).expect("the killed daemon left it");
    fs::write(&socket, "somebody's file").expect("the folder is ours");
    let refused = lab.daemon.cli(&["daemon"])?;
    assert_eq!(refused.code(), Some(1), "{}", refused.stderr);
    let last = refused.stderr.lines().last().unwrap_or_default();
    assert!(last.contains("eth0.sock is not a socket"), "{last}");
    assert_eq!(
        fs::read_to_string(&socket).expect("it is still there"),
        "somebody's file"
    );
    assert_eq!(xdp_program(&lab.host, "eth0")?, program);
    Ok(())
}

#[test]
fn a_second_daemon_on_the_same_interface_is_refused() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.7"])?;
    let program = xdp_program(&lab.host, "eth0")?;
    let same_instance = lab.daemon.cli(&["daemon"])?;
    let other_name = lab.daemon.cli(&["--instance", "other", "daemon"])?;
    let other_folder = Daemon::on(&lab.host, "eth0").start_unready()?.wait(END)?;
    for (refused, words) in [
        (same_instance, "already runs as instance"),
        (other_name, "already guarded by aegis"),
        (other_folder, "already guarded by aegis"),
    ] {
        assert_eq!(refused.code(), Some(4), "{}", refused.stderr);
        let last = refused.stderr.lines().last().unwrap_or_default();
        assert!(
            last.contains(words) && last.contains("aegis-cli -i eth0 status"),
            "{last}"
        );
    }
    assert_eq!(xdp_program(&lab.host, "eth0")?, program);
    assert_eq!(lab.daemon.json(&["status"])?["healthy"], true);
    lab.drops("still guarded", &lab.syn("192.0.2.7"), BANNED)
}

/// A hung-up terminal ends what does not know SIGHUP, and the firewall with it.
#[test]
fn sighup_does_not_end_the_firewall() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.7"])?;
    lab.daemon.signal(SIGHUP)?;
    lab.daemon.wait_for_line("SIGHUP", END)?;
    assert_eq!(lab.daemon.cli(&["status"])?.code(), Some(0));
    lab.drops("after SIGHUP", &lab.syn("192.0.2.7"), BANNED)
}

/// A daemon in the place of the lab's, whose standard error this test can close.
struct OnTerminal(Child);

impl OnTerminal {
    /// Starts it, and waits until it says that it is ready.
    fn start(lab: &Guarded) -> Result<(Self, BufReader<ChildStderr>)> {
        lab.daemon.kill()?;
        let binary = find_binary()?.display().to_string();
        let mut command = lab.host.command(&binary, &["-i", "eth0", "daemon"])?;
        command
            .env(RUN_DIR, lab.daemon.run_dir())
            .env(PIN_DIR, lab.daemon.pin_dir())
            .env(STATE_DIR, lab.daemon.state_dir());
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut daemon = Self(child.expect("the binary is there"));
        let mut terminal = BufReader::new(daemon.0.stderr.take().expect("it is piped"));
        let (mut line, began) = (String::new(), Instant::now());
        while !line.contains(" ready ") {
            assert!(began.elapsed() < END, "it does not get ready");
            line.clear();
            let read = terminal.read_line(&mut line).expect("it writes text");
            assert_ne!(read, 0, "it ended before it was ready");
        }
        Ok((daemon, terminal))
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("it runs");
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // One that has ended already is what every test wants.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Whoever reads the log is gone with the terminal: a daemon that then panics over a line that it
/// cannot write takes the firewall away as surely as one that ends.
#[test]
fn a_terminal_that_is_lost_does_not_end_the_firewall() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let (mut daemon, terminal) = OnTerminal::start(&lab)?;
    lab.cli(&["block", "192.0.2.7"])?;
    drop(terminal);
    daemon.signal(Signal::HUP);
    // Every change is logged, and so is every refusal.
    lab.cli(&["block", "192.0.2.8"])?;
    assert_eq!(lab.daemon.cli(&["unblock", "192.0.2.9"])?.code(), Some(5));
    assert_eq!(lab.daemon.cli(&["status"])?.code(), Some(0));
    lab.drops("without a terminal", &lab.syn("192.0.2.7"), BANNED)?;
    daemon.signal(Signal::TERM);
    let ended = daemon.0.wait().expect("it is a child of this test");
    assert_eq!(ended.code(), Some(0));
    nothing_is_left(&lab)
}

#[test]
fn a_daemon_survives_the_loss_of_its_interface_and_says_so() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.7"])?;
    lab.host.remove_interface("eth0")?;
    let status = lab.daemon.cli(&["status", "--json"])?;
    assert_eq!(status.code(), Some(1), "{}", status.stderr);
    let said: serde_json::Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert_eq!(said["healthy"], false);
    let attachments = said["attachments"]
        .as_array()
        .expect("attachments are a list");
    assert!(
        attachments.iter().all(|row| row["attached"] == false),
        "{said}"
    );
    assert!(said["problems"].to_string().contains("eth0"), "{said}");
    let people = lab.daemon.cli(&["status"])?;
    assert_eq!(people.code(), Some(1));
    assert!(people.stdout.contains("not attached"), "{}", people.stdout);
    assert_eq!(
        lab.daemon.json(&["list"])?["bans"][0]["target"],
        "192.0.2.7"
    );
    lab.daemon.signal(SIGTERM)?;
    lab.daemon.wait(END)?.success()?;
    Ok(())
}

#[test]
fn an_interface_that_is_renamed_is_guarded_under_its_new_name() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.host.ip(&["link", "set", "eth0", "down"])?;
    lab.host.ip(&["link", "set", "eth0", "name", "wan0"])?;
    lab.host.ip(&["link", "set", "wan0", "up"])?;
    let status = lab.daemon.cli(&["status", "--json"])?;
    assert_eq!(status.code(), Some(0), "{}{}", status.stdout, status.stderr);
    let said: serde_json::Value = serde_json::from_str(&status.stdout).expect("JSON");
    let attachments = said["attachments"]
        .as_array()
        .expect("attachments are a list");
    assert_eq!(attachments.len(), 2);
    for row in attachments {
        assert_eq!(
            (&row["interface"], &row["attached"]),
            (&"wan0".into(), &true.into())
        );
    }
    Ok(())
}

#[test]
fn the_loss_of_one_interface_leaves_the_other_guarded() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let link = lab
        .veth(&attacker, "eth0", &host, "eth0")
        .quiet()
        .without_offloads()
        .up()?;
    let _second: Link = lab.veth(&attacker, "eth1", &host, "eth1").quiet().up()?;
    let daemon = Daemon::on(&host, "eth0").interface("eth1").start()?;
    let lab = Guarded::of(lab, link, daemon)?;
    lab.host.remove_interface("eth1")?;
    let status = lab.daemon.cli(&["status", "--json"])?;
    let said: serde_json::Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert_eq!(
        (status.code(), &said["healthy"]),
        (Some(1), &serde_json::json!(false))
    );
    for row in said["attachments"]
        .as_array()
        .expect("attachments are a list")
    {
        assert_eq!(row["attached"], row["interface"] == "eth0", "{row}");
    }
    lab.cli(&["block", "192.0.2.7"])?;
    lab.drops("on the other", &lab.syn("192.0.2.7"), BANNED)
}

#[test]
fn counters_start_at_nothing_after_a_stop() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let mut lab = Guarded::start()?;
    lab.passes("one", &lab.syn("192.0.2.7"), "xdp_ingress/ipv4/default")?;
    lab.daemon.signal(SIGTERM)?;
    lab.daemon.wait(END)?.success()?;
    lab.daemon = lab.daemon.restart()?;
    assert!(counters(&lab.daemon)?.is_empty());
    Ok(())
}

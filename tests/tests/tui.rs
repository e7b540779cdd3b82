// SPDX-License-Identifier: MIT
//! The terminal interface as a person has it: in a terminal, beside a real daemon, with real peers.

#[path = "tui/attacked.rs"]
mod attacked;
#[path = "tui/ended.rs"]
mod ended;
#[path = "tui/pace.rs"]
mod pace;
#[path = "tui/placed.rs"]
mod placed;
#[path = "tui/scanned.rs"]
mod scanned;

use aegis_testbed::daemon::{PIN_DIR, RUN_DIR, STATE_DIR, find_binary};
use aegis_testbed::{Download, HttpServer, Need, Result, Terminal, Tmux, require};
use aegis_tests::guarded::{Guarded, xdp_program};
use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const USUAL: (u16, u16) = (120, 40);
/// With room for every column.
const WIDE: (u16, u16) = (240, 50);
const PROMPT: &str = "$";
const SIGTERM: i32 = 15;
const END: Duration = Duration::from_secs(30);
/// A page whose transfer outlasts the test, bytes.
const LONG: u64 = 1 << 34;

/// A program of the guarded host that means the lab's daemon.
fn program(lab: &Guarded, words: &[&str]) -> Result<Command> {
    let (name, arguments) = words.split_first().expect("a program has a name");
    let mut command = lab.host.command(name, arguments)?;
    command
        .env(RUN_DIR, lab.daemon.run_dir())
        .env(PIN_DIR, lab.daemon.pin_dir())
        .env(STATE_DIR, lab.daemon.state_dir());
    Ok(command)
}

/// A shell on the guarded host, in which `aegis` means the lab's binary and daemon.
fn shell(lab: &Guarded, size: (u16, u16)) -> Result<Tmux> {
    let bash = program(lab, &["bash", "--norc", "--noprofile"])?;
    let tmux = Tmux::start(&bash, size)?;
    tmux.wait_for(PROMPT)?;
    tmux.enter(&format!("alias aegis={}", find_binary()?.display()))?;
    Ok(tmux)
}

/// The interface at a terminal of its own, begun by these words.
fn at_terminal(lab: &Guarded, by: &[&str]) -> Result<Terminal> {
    let binary = find_binary()?.display().to_string();
    let words = [by, &[&binary, "-i", "eth0", "tui"]].concat();
    Terminal::start(&program(lab, &words)?)
}

/// The interface, once it has heard from the daemon.
fn open(tmux: &Tmux, options: &str) -> Result<()> {
    tmux.enter(&format!("clear; aegis -i eth0 tui {options}"))?;
    tmux.wait_for("port_scan on").map(drop)
}

/// What the shell says that a command printed, before a mark: each time another one, as that of the command
/// before stands on the screen until this one clears it.
fn said(tmux: &Tmux, command: &str) -> Result<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    tmux.enter(&format!("clear; {command}; echo 'the''end'-{number}."))?;
    tmux.wait_for(&format!("theend-{number}."))
}

/// The modes of the terminal, in stty's own form, in which its size is not.
fn modes(tmux: &Tmux) -> Result<String> {
    let screen = said(tmux, "stty -g")?;
    let mut lines = screen.lines();
    Ok(lines
        .find(|line| line.contains(':'))
        .unwrap_or_default()
        .to_owned())
}

fn is_prompt(screen: &str) -> bool {
    !screen.contains("port_scan") && screen.trim_end().ends_with('$')
}

/// Waits until the terminal is the shell's again, as it was.
fn is_given_back(tmux: &Tmux, before: &str) -> Result<()> {
    tmux.wait_until("the shell's prompt", is_prompt)?;
    assert_eq!(modes(tmux)?, before);
    Ok(())
}

/// A client of the guarded host that does not stop to transfer.
fn transfer(lab: &Guarded) -> Result<(HttpServer, Download)> {
    let server = HttpServer::start(&lab.host, 0)?;
    let address = SocketAddr::new(lab.link.b.v4().into(), server.port());
    let download = Download::of(&lab.attacker, address, LONG)?;
    Ok((server, download))
}

#[test]
fn a_person_sees_a_connection_cuts_it_off_takes_it_back_and_leaves() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("tmux"));
    let lab = Guarded::start()?;
    let (_server, download) = transfer(&lab)?;
    let tmux = shell(&lab, USUAL)?;
    let before = modes(&tmux)?;
    open(&tmux, "")?;
    let peer = lab.link.a.v4().to_string();
    tmux.wait_for(&peer)?;
    banned_and_not(&lab, &tmux, &peer, &download)?;
    switched_and_back(&lab, &tmux)?;
    commanded(&tmux)?;
    resized(&tmux)?;
    tmux.press(&["q"])?;
    is_given_back(&tmux, &before)?;
    assert!(
        xdp_program(&lab.host, "eth0")?.is_some(),
        "the daemon goes on"
    );
    Ok(())
}

fn banned_and_not(lab: &Guarded, tmux: &Tmux, peer: &str, download: &Download) -> Result<()> {
    let banned = || -> Result<bool> { Ok(lab.cli(&["list"])?.contains(peer)) };
    tmux.press(&["Down", "Space"])?;
    tmux.wait_for(&format!("blocked {peer}"))?;
    assert!(banned()?);
    tmux.press(&["u"])?;
    tmux.wait_for(&format!("unblocked {peer}"))?;
    assert!(!banned()?);
    // The ban ended the server's socket, so that the transfer is over for good.
    assert!(!download.moves_within(Duration::from_millis(300)));
    Ok(())
}

fn switched_and_back(lab: &Guarded, tmux: &Tmux) -> Result<()> {
    let is_on = |name: &str| -> Result<bool> {
        let modules = lab.daemon.json(&["module", "list"])?;
        let rows = modules["modules"].as_array().cloned().unwrap_or_default();
        let row = rows.iter().find(|row| row["name"] == name);
        Ok(row.is_some_and(|row| row["on"] == true))
    };
    tmux.press(&["1"])?;
    tmux.wait_for("port_scan off")?;
    assert!(!is_on("port_scan")? && is_on("scan_detect")?);
    tmux.press(&["0"])?;
    tmux.wait_for("port_scan on")?;
    assert!(is_on("port_scan")?);
    Ok(())
}

fn commanded(tmux: &Tmux) -> Result<()> {
    tmux.press(&[":"])?;
    tmux.enter("block 198.51.100.7 --for 1h --reason 'by hand'")?;
    tmux.wait_for("198.51.100.7")?;
    tmux.press(&[":"])?;
    tmux.enter("block 198.51.100.300")?;
    tmux.wait_for("is not an address")?;
    // It stays to be mended.
    tmux.press(&["Escape"])?;
    tmux.press(&["?"])?;
    tmux.wait_for("Shift-Tab")?;
    tmux.press(&["Escape"])?;
    // What does not end is shown while it runs, and can be ended.
    tmux.press(&[":"])?;
    tmux.enter("events --follow")?;
    tmux.wait_for("events --follow: running for")?;
    tmux.press(&["Escape"])?;
    tmux.wait_for("ended `events --follow`")?;
    Ok(())
}

/// It goes with the window, down to one in which hardly anything has room: the name of the daemon stands
/// at the end of the first line.
fn resized(tmux: &Tmux) -> Result<()> {
    for size in [(40, 12), (20, 5), (200, 60), (80, 24), USUAL] {
        tmux.resize(size)?;
        let (columns, lines) = (usize::from(size.0), usize::from(size.1));
        tmux.wait_until("a picture that fits", |screen| {
            let first = screen.lines().next().unwrap_or_default();
            let is_whole = first.ends_with("eth0") && first.chars().count() == columns;
            (is_whole || columns < 40) && screen.lines().count() <= lines
        })?;
    }
    Ok(())
}

#[test]
fn the_terminal_is_the_shells_again_however_it_ends() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("tmux"));
    let mut lab = Guarded::start()?;
    let tmux = shell(&lab, USUAL)?;
    let before = modes(&tmux)?;
    open(&tmux, "")?;
    tmux.press(&["C-z"])?;
    tmux.wait_for("Stopped")?;
    assert_eq!(modes(&tmux)?, before);
    tmux.enter("fg")?;
    tmux.wait_for("port_scan on")?;
    lab.daemon.kill()?;
    tmux.wait_for("daemon lost")?;
    tmux.press(&["q"])?;
    is_given_back(&tmux, &before)?;
    lab.daemon = lab.daemon.restart()?;
    for signal in ["TERM", "INT", "QUIT", "USR1", "TSTP"] {
        open(&tmux, "--read-only")?;
        interrupt(&tmux, signal)?;
        // What is typed before the prompt is there is lost with the modes of the interface.
        tmux.wait_until("the shell's prompt", is_prompt)?;
        if signal == "TSTP" {
            tmux.enter("kill -KILL %1; wait %1 2>/dev/null; clear")?;
        }
        assert_eq!(modes(&tmux)?, before, "{signal}");
    }
    lab.daemon.stop()?.success()?;
    Ok(())
}

/// Number of the process of the one program that the shell runs.
fn job(tmux: &Tmux) -> Result<String> {
    let shell = tmux.pid()?;
    let child = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
    let child = child.expect("the kernel tells the children of a process");
    Ok(child.trim().to_owned())
}

/// Sends a signal to it.
fn interrupt(tmux: &Tmux, signal: &str) -> Result<()> {
    let status = Command::new("kill")
        .args([&format!("-{signal}"), &job(tmux)?])
        .status();
    assert!(status.is_ok_and(|status| status.success()));
    Ok(())
}

#[test]
fn without_a_daemon_it_filters_by_itself_and_no_line_of_its_log_is_on_the_picture() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("tmux"));
    let lab = Guarded::start()?;
    lab.daemon.signal(SIGTERM)?;
    lab.daemon.wait(END)?.success()?;
    let tmux = shell(&lab, USUAL)?;
    let before = modes(&tmux)?;
    let refused = said(&tmux, "aegis -i eth0 tui --read-only; echo code $?")?;
    assert!(refused.contains("no aegis daemon") && refused.contains("code 3"));
    assert_eq!(xdp_program(&lab.host, "eth0")?, None, "who only looks");
    open(&tmux, "")?;
    let picture = tmux.wait_for("(own)")?;
    assert!(!picture.contains("WARN"), "{picture}");
    assert!(xdp_program(&lab.host, "eth0")?.is_some());
    tmux.press(&["q"])?;
    let after = tmux.wait_for("the filter has ended")?;
    assert!(
        after.contains("WARN"),
        "the log is told afterwards: {after}"
    );
    assert_eq!(modes(&tmux)?, before);
    assert_eq!(xdp_program(&lab.host, "eth0")?, None);
    assert_eq!(
        fs::read_dir(lab.daemon.pin_dir())
            .into_iter()
            .flatten()
            .count(),
        0
    );
    Ok(())
}

// SPDX-License-Identifier: MIT
//! The prompt, at a real terminal and from scripts: a client of the daemon that is there, and a
//! firewall of its own where there is none.

use aegis_testbed::Terminal;
use aegis_testbed::daemon::{PIN_DIR, RUN_DIR, STATE_DIR, find_binary};
use aegis_testbed::{Need, Output, Result, require};
use aegis_tests::guarded::{Guarded, xdp_program};
use rustix::process::Signal;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const BANNED: &str = "xdp_ingress/ipv4/ban_address";
const PASSED: &str = "xdp_ingress/ipv4/default";
const PROMPT: &str = "aegis> ";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const END: Duration = Duration::from_secs(30);
const SIGTERM: i32 = 15;

/// `load` beside the lab's daemon, or in its place.
fn load(lab: &Guarded, options: &[&str]) -> Result<Command> {
    let binary = find_binary()?.display().to_string();
    let arguments = [&["-i", "eth0"], options, &["load"]].concat();
    let mut command = lab.host.command(&binary, &arguments)?;
    command
        .env(RUN_DIR, lab.daemon.run_dir())
        .env(PIN_DIR, lab.daemon.pin_dir())
        .env(STATE_DIR, lab.daemon.state_dir())
        .env("XDG_STATE_HOME", lab.daemon.run_dir().join("state"));
    Ok(command)
}

/// What a script comes to.
fn script(lab: &Guarded, options: &[&str], lines: &str) -> Result<Output> {
    let mut command = load(lab, options)?;
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary is there");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(lines.as_bytes()).expect("it reads");
    drop(input);
    let ended = child
        .wait_with_output()
        .expect("it is a child of this test");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Output {
        command: "load".to_owned(),
        status: ended.status,
        stdout: text(&ended.stdout),
        stderr: text(&ended.stderr),
    })
}

/// A terminal with the prompt on it.
fn typed(lab: &Guarded) -> Result<Terminal> {
    let mut terminal = Terminal::start(&load(lab, &[])?)?;
    terminal.wait_for(PROMPT)?;
    Ok(terminal)
}

/// The lab without its daemon.
fn unguarded() -> Result<Guarded> {
    let lab = Guarded::start()?;
    lab.daemon.signal(SIGTERM)?;
    lab.daemon.wait(END)?.success()?;
    Ok(lab)
}

#[track_caller]
fn nothing_is_left(lab: &Guarded) -> Result<()> {
    assert_eq!(xdp_program(&lab.host, "eth0")?, None);
    for folder in [lab.daemon.run_dir(), lab.daemon.pin_dir()] {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let left: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| !path.ends_with("state"))
            .collect();
        assert!(
            left.iter()
                .all(|path| path.extension() == Some("lock".as_ref())),
            "{left:?}"
        );
    }
    let syn = lab.syn("192.0.2.7");
    assert_eq!(
        lab.past(std::slice::from_ref(&syn))?,
        [syn],
        "nobody filters any more"
    );
    Ok(())
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("the prompt made it");
    metadata.permissions().mode() & 0o777
}

/// Typing errors, Ctrl-C, completion, a verb that does not end by itself, and the end of the lines:
/// none of them is the end of the daemon.
#[test]
fn at_a_terminal_the_prompt_is_a_client_of_the_daemon_that_is_there() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("setsid"));
    let lab = Guarded::start()?;
    let mut terminal = typed(&lab)?;
    assert!(
        terminal.screen().contains("the daemon eth0 filters"),
        "{}",
        terminal.screen()
    );

    terminal.type_line("blockk 192.0.2.7")?;
    let said = terminal.wait_for("'block'")?;
    assert!(
        said.contains("unrecognized subcommand 'blockk'") && !said.contains("Usage"),
        "{said}"
    );
    terminal.wait_for(PROMPT)?;
    terminal.press("unblock everything that was")?;
    terminal.press(CTRL_C)?;
    terminal.wait_for(PROMPT)?;
    terminal.type_line("block 192.0.2.7 # from here on")?;
    terminal.wait_for("banned 192.0.2.7")?;
    terminal.wait_for(PROMPT)?;
    lab.drops("the prompt's ban", &lab.syn("192.0.2.7"), BANNED)?;

    // The daemon's own words complete: there is one ban, and its address is written out.
    terminal.press("unbl\t19\t")?;
    terminal.wait_for("unblock 192.0.2.7 ")?;
    terminal.press(CTRL_C)?;
    terminal.wait_for(PROMPT)?;
    // The packet from before is among them; those to come are waited for until Ctrl-C.
    terminal.type_line("events --follow --limit 5")?;
    terminal.wait_for("ban_address")?;
    terminal.press(CTRL_C)?;
    terminal.wait_for(PROMPT)?;

    terminal.press(CTRL_D)?;
    terminal.wait_for("the daemon eth0 goes on filtering")?;
    assert_eq!(terminal.wait()?.code(), Some(0));
    assert!(terminal.is_as_before());
    lab.drops("after the prompt", &lab.syn("192.0.2.7"), BANNED)?;

    let history = lab.daemon.run_dir().join("state/aegis/history");
    assert_eq!(mode(&history), 0o600);
    let lines = fs::read_to_string(&history).expect("it is text");
    assert!(
        lines.contains("block 192.0.2.7 # from here on\nevents --follow --limit 5"),
        "{lines}"
    );
    Ok(())
}

/// A script goes on after a line that fails; its exit code is that of the last one that did.
#[test]
fn a_script_goes_on_after_a_line_that_fails_and_tells_with_its_exit_code() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let failing = "# two bans\n\nblockk 192.0.2.1\nblock 192.0.2.7 99999\nblock '192.0.2.7\n\
                   unblock 192.0.2.1\nblock 192.0.2.7 --reason 'one of two'\ndaemon\nblock 192.0.2.9\nquit\nunblock 192.0.2.9\n";
    let ended = script(&lab, &[], failing)?;
    // `daemon` is the last one that fails.
    assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
    assert_eq!(
        ended.stderr.matches("error: ").count(),
        5,
        "{}",
        ended.stderr
    );
    assert_eq!(
        ended.stdout.matches("banned").count(),
        2,
        "{}",
        ended.stdout
    );
    assert!(
        !ended.stdout.contains(PROMPT) && !ended.stderr.contains("goes on"),
        "{ended:?}"
    );
    lab.drops("one", &lab.syn("192.0.2.7"), BANNED)?;
    lab.drops("the other", &lab.syn("192.0.2.9"), BANNED)?;

    let second = script(&lab, &["--instance", "other"], "list\n")?;
    assert_eq!(second.code(), Some(4), "{}", second.stderr);
    assert!(
        second.stderr.contains("already guarded by aegis"),
        "{}",
        second.stderr
    );
    let not_found = script(&lab, &[], "unblock 192.0.2.1\nstatus\n")?;
    assert_eq!(not_found.code(), Some(5), "{}", not_found.stderr);
    let fine = script(&lab, &["--json"], "unblock 192.0.2.9\nlist")?;
    assert_eq!((fine.code(), fine.stderr.as_str()), (Some(0), ""));
    let answers = serde_json::Deserializer::from_str(&fine.stdout).into_iter::<serde_json::Value>();
    let answers: Vec<_> = answers
        .collect::<Result<_, _>>()
        .expect("every line answers in JSON");
    assert_eq!(answers.len(), 2, "{}", fine.stdout);
    assert_eq!(answers[1]["bans"][0]["reason"], "one of two");
    lab.passes("unblocked", &lab.syn("192.0.2.9"), PASSED)
}

/// Without a daemon the prompt's own process filters, is found by other clients, reads its
/// configuration again at SIGHUP, and leaves nothing behind.
#[test]
fn without_a_daemon_the_prompt_filters_until_it_ends() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("setsid"));
    let lab = unguarded()?;
    let mut terminal = typed(&lab)?;
    assert!(
        terminal.screen().contains("eth0 filtered by this prompt"),
        "{}",
        terminal.screen()
    );
    // Lines that are pasted are typed all at once.
    terminal.press("block 192.0.2.7\rblock 192.0.2.8\r")?;
    for address in ["192.0.2.7", "192.0.2.8"] {
        terminal.wait_for(&format!("banned {address}"))?;
        terminal.wait_for(PROMPT)?;
    }
    lab.drops("by the prompt", &lab.syn("192.0.2.7"), BANNED)?;
    lab.cli(&["block", "192.0.2.9"])?;
    terminal.signal(Signal::HUP)?;
    terminal.press(CTRL_C)?;
    terminal.wait_for(PROMPT)?;
    terminal.type_line("nonsense")?;
    terminal.wait_for("unrecognized")?;
    terminal.wait_for(PROMPT)?;
    lab.drops("by another client", &lab.syn("192.0.2.9"), BANNED)?;
    terminal.type_line("quit")?;
    terminal.wait_for("eth0: the filter has ended with this process")?;
    assert_eq!(terminal.wait()?.code(), Some(0));
    for log_line in ["INFO", "guarding", "stopping"] {
        assert!(
            !terminal.screen().contains(log_line),
            "{}",
            terminal.screen()
        );
    }
    nothing_is_left(&lab)?;

    // SIGTERM in the middle of a line: the terminal is what it was, and nothing is left either.
    let mut terminal = typed(&lab)?;
    assert!(!terminal.is_as_before(), "a line is being edited");
    terminal.press("block 192.0.")?;
    terminal.signal(Signal::TERM)?;
    terminal.wait_for("eth0: the filter has ended with this process")?;
    assert_eq!(terminal.wait()?.code(), Some(1));
    assert!(terminal.is_as_before());
    nothing_is_left(&lab)
}

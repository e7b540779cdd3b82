// SPDX-License-Identifier: MIT
//! Ends that nobody asked for: a terminal that is gone, and a panic.

use super::{END, PROMPT, SIGTERM, USUAL, at_terminal, job, modes, open, shell};
use aegis_api::{Client, Instance};
use aegis_testbed::{Need, Result, Tmux, processor_time, require};
use aegis_tests::guarded::{Guarded, xdp_program};
use aegis_tests::told::until;
use aegis_tui::{Palette, Reader, Session, Symbols};
use rustix::process::Signal;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::Notify;

/// Of a process that has nothing to do, for how long it is watched, and what it may take of that.
const WATCHED: Duration = Duration::from_secs(2);
const HARDLY: Duration = Duration::from_millis(600);
/// How a leader of a session is that hears nothing of a terminal that is gone, and waits.
const DEAF: &str = "trap '' HUP; \"$@\"; exit 7";
/// Tells the child that it is one.
const CHILD: &str = "AEGIS_TUI_PANICS";

#[test]
fn a_terminal_that_is_gone_ends_the_interface_and_not_the_filter() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("tmux"));
    let lab = Guarded::start()?;
    window_is_closed(&lab)?;
    let mut terminal = at_terminal(&lab, &[])?;
    terminal.wait_for("port_scan")?;
    terminal.hang_up();
    assert_eq!(terminal.wait()?.code(), Some(0));
    nobody_is_told(&lab)?;
    lab.daemon.json(&["status"])?;
    assert!(xdp_program(&lab.host, "eth0")?.is_some());
    own_filter_goes_on(&lab)
}

/// The shell tells its jobs.
fn window_is_closed(lab: &Guarded) -> Result<()> {
    let tmux = shell(lab, USUAL)?;
    open(&tmux, "")?;
    let process = Path::new("/proc").join(job(&tmux)?);
    assert!(process.exists());
    drop(tmux);
    until("the end of it", || Ok(process.exists()), |exists| !exists).map(drop)
}

/// Without a signal it finds out by itself.
fn nobody_is_told(lab: &Guarded) -> Result<()> {
    let mut terminal = at_terminal(lab, &["bash", "-c", DEAF, "bash"])?;
    terminal.wait_for("port_scan")?;
    terminal.hang_up();
    assert_eq!(terminal.wait()?.code(), Some(7));
    Ok(())
}

/// Where it filters by itself a connection that broke must not take that away: it goes on without a
/// terminal, and takes next to nothing.
fn own_filter_goes_on(lab: &Guarded) -> Result<()> {
    lab.daemon.signal(SIGTERM)?;
    lab.daemon.wait(END)?.success()?;
    let mut terminal = at_terminal(lab, &[])?;
    terminal.wait_for("port_scan")?;
    terminal.hang_up();
    std::thread::sleep(WATCHED);
    let before = processor_time(terminal.pid())?;
    std::thread::sleep(WATCHED);
    let taken = processor_time(terminal.pid())? - before;
    assert!(taken < HARDLY, "{taken:?} of {WATCHED:?}");
    lab.daemon.json(&["status"])?;
    assert!(xdp_program(&lab.host, "eth0")?.is_some());
    terminal.signal(Signal::TERM)?;
    assert_eq!(terminal.wait()?.code(), Some(0));
    assert_eq!(xdp_program(&lab.host, "eth0")?, None);
    Ok(())
}

/// Not a test by itself: what the next one has in a terminal.
#[test]
#[ignore = "started by another test of this file"]
fn child_has_the_interface_and_panics() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let asked = Arc::new(Notify::new());
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a descriptor is left").block_on(async {
        tokio::select! {
            ended = aegis_tui::run(session(Arc::clone(&asked))) => assert!(ended.is_ok(), "{ended:?}"),
            () = fault(&asked) => {}
        }
    });
}

/// Of a daemon that is not there. What it is asked to complete is what is to break.
fn session(asked: Arc<Notify>) -> Session {
    let nobody = Instance::named("nobody", Path::new("/nonexistent"));
    let completion = move |typed: &str| {
        assert_eq!(typed, "interface", "a thread of no importance");
        asked.notify_one();
        (0, Vec::new())
    };
    Session {
        client: Client::new(&nobody.expect("a name")),
        instance: "nobody".to_owned(),
        is_own: false,
        is_read_only: true,
        peer: None,
        program: "/nonexistent".into(),
        standing: Vec::new(),
        reader: Reader::default(),
        completion: Arc::new(completion),
        palette: Palette::Usual,
        symbols: Symbols::Unicode,
        has_mouse: true,
    }
}

/// Unwinds through the interface, as what goes wrong inside it does.
async fn fault(asked: &Notify) {
    asked.notified().await;
    panic!("nobody has thought of this");
}

#[test]
fn what_panics_is_told_once_the_terminal_is_the_shells_again() -> Result<()> {
    require!(Need::Tool("tmux"));
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile"]);
    let tmux = Tmux::start(&bash, USUAL)?;
    tmux.wait_for(PROMPT)?;
    let before = modes(&tmux)?;
    let program = std::env::current_exe().expect("this program has a file");
    tmux.enter(&format!(
        "clear; {CHILD}=1 RUST_BACKTRACE=0 {} --exact ended::child_has_the_interface_and_panics --ignored --nocapture",
        program.display()
    ))?;
    tmux.wait_for("daemon lost")?;
    tmux.press(&[":", "t", "h", "r", "e", "a", "d", "Tab", "C-u"])?;
    tmux.press(&["i", "n", "t", "e", "r", "f", "a", "c", "e"])?;
    let picture = tmux.wait_for(":interface")?;
    assert!(!picture.contains("panicked"), "{picture}");
    tmux.press(&["Tab"])?;
    let after = tmux.wait_until("the shell's prompt", |screen| {
        screen.contains("nobody has thought of this") && screen.trim_end().ends_with('$')
    })?;
    assert!(after.contains("a thread of no importance"), "{after}");
    assert!(!after.contains("daemon lost"), "{after}");
    assert_eq!(modes(&tmux)?, before);
    Ok(())
}

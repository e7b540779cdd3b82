// SPDX-License-Identifier: MIT
//! From start to stop, and to the next start: connections of the host's own sockets go on.

use crate::busy::{Busy, NO_GRACE};
use aegis_testbed::cleanup::{Deferred, defer, unique_name};
use aegis_testbed::daemon::find_binary;
use aegis_testbed::{Daemon, Need, Result, Session, TcpEcho, require};
use aegis_tests::told::say;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How long a daemon may take to end on a busy machine.
const END: Duration = Duration::from_secs(30);
/// How long a line may take, retransmissions included.
const PATIENCE: Duration = Duration::from_secs(15);
const SIGTERM: i32 = 15;

/// Another copy of the program, as an update brings one.
struct Copy {
    path: PathBuf,
    _cleanup: Deferred,
}

impl Copy {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(unique_name("copy"));
        let doomed = path.clone();
        let cleanup = defer(move || drop(fs::remove_file(doomed)));
        fs::copy(find_binary()?, &path).expect("there is room for another");
        Ok(Self {
            path,
            _cleanup: cleanup,
        })
    }
}

/// Ends a daemon as `systemctl stop` does; [`Daemon::restart`] begins again in its place.
fn stop(daemon: &Daemon) -> Result<()> {
    daemon.signal(SIGTERM)?;
    daemon.wait(END)?.success().map(drop)
}

fn a_start_takes_over(options: &[&str]) -> Result<()> {
    let busy = Busy::begin()?;
    let daemon = busy.guard(options)?;
    busy.are_known_before_they_speak(&daemon)?;
    busy.go_on_as_known(&daemon)?;
    busy.end_well();
    Ok(())
}

#[test]
fn a_start_cuts_nobody_off() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    a_start_takes_over(&[])
}

#[test]
fn a_start_without_a_grace_period_cuts_nobody_off() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    a_start_takes_over(&NO_GRACE)
}

/// Under a new generation every known connection is judged anew at its next packet.
#[test]
fn a_reload_and_switched_modules_cut_nobody_off() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let busy = Busy::begin()?;
    let daemon = busy.guard(&NO_GRACE)?;
    for change in [
        &["module", "off", "rate_limit"][..],
        &["module", "off", "conn_track"],
        &["reload"],
        &["module", "off", "all"],
        &["module", "on", "all"],
        &["reload"],
    ] {
        daemon.cli(change)?.success()?;
        busy.go_on_as_known(&daemon)?;
    }
    busy.end_well();
    Ok(())
}

#[test]
fn a_stop_and_the_next_start_cut_nobody_off() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let busy = Busy::begin()?;
    let mut daemon = busy.guard(&NO_GRACE)?;
    for _ in 0..2 {
        busy.go_on_as_known(&daemon)?;
        stop(&daemon)?;
        busy.go_on();
        busy.settle();
        daemon = daemon.restart()?;
        busy.are_known_before_they_speak(&daemon)?;
    }
    busy.go_on_as_known(&daemon)?;
    stop(&daemon)?;
    busy.end_well();
    Ok(())
}

#[test]
fn a_crash_and_the_next_start_cut_nobody_off() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    for mode in [&[][..], &["--tc-mode", "clsact"]] {
        let busy = Busy::begin()?;
        let mut daemon = busy.guard(&[&NO_GRACE, mode].concat())?;
        busy.go_on_as_known(&daemon)?;
        daemon.kill()?;
        // Programs judge and count on without it.
        busy.go_on();
        busy.settle();
        daemon = daemon.restart()?;
        busy.go_on_as_known(&daemon)?;
    }
    Ok(())
}

/// While one runs, the other is refused, and touches nothing; then it takes its place.
#[test]
fn an_upgrade_to_another_copy_of_the_program_cuts_nobody_off() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let copy = Copy::new()?;
    let busy = Busy::begin()?;
    let daemon = busy.guard(&NO_GRACE)?;
    busy.go_on_as_known(&daemon)?;
    let early = daemon.program_at(&copy.path, &["-i", "eth0", "daemon"])?;
    assert_eq!(early.code(), Some(4), "{}", early.stderr);
    busy.go_on_as_known(&daemon)?;
    stop(&daemon)?;
    busy.settle();
    let daemon = daemon.restart_as(&copy.path)?;
    busy.are_known_before_they_speak(&daemon)?;
    busy.go_on_as_known(&daemon)?;
    busy.end_well();
    Ok(())
}

/// Somebody types on, whatever happens to the daemon.
#[test]
fn a_session_that_never_pauses_outlives_every_start_and_stop() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let busy = Busy::begin()?;
    let _echoes = [
        TcpEcho::start(&busy.host, 22)?,
        TcpEcho::start(&busy.neighbour, 22)?,
    ];
    let (a, b) = (&busy.link.a, &busy.link.b);
    let calls: [(_, IpAddr); 4] = [
        (&busy.neighbour, b.v4().into()),
        (&busy.neighbour, b.v6().into()),
        (&busy.host, a.v4().into()),
        (&busy.host, a.v6().into()),
    ];
    let every = Duration::from_millis(10);
    let open = |(host, address): (_, IpAddr)| Session::open(host, (address, 22).into(), every);
    let sessions: Vec<Session> = calls.into_iter().map(open).collect::<Result<_>>()?;
    let go_on = |what: &str| {
        for session in &sessions {
            let answers = session.answers_within(PATIENCE);
            assert!(answers, "{what}: {:?}", session.report());
        }
    };
    let mut daemon = busy.guard(&NO_GRACE)?;
    go_on("after the start");
    for _ in 0..3 {
        daemon.cli(&["reload"])?.success()?;
        go_on("after a reload");
        assert_eq!(daemon.cli(&["daemon"])?.code(), Some(4));
        go_on("after a start that was refused");
        crate::busy::nothing_is_refused(&daemon)?;
        stop(&daemon)?;
        go_on("after a stop");
        daemon = daemon.restart()?;
        go_on("after the next start");
        daemon.kill()?;
        go_on("after a crash");
        daemon = daemon.restart()?;
        go_on("after the start that follows it");
    }
    crate::busy::nothing_is_refused(&daemon)?;
    for session in &sessions {
        let report = session.report();
        say(format_args!("{report:?}"));
        assert_eq!(report.broken, None);
    }
    Ok(())
}

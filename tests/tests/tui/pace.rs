// SPDX-License-Identifier: MIT
//! That it is there soon, and takes hardly anything while hardly anything happens. The bounds are so wide
//! that only what has gone wrong reaches them; figures are a matter of the bench.

use super::at_terminal;
use aegis_testbed::{Need, Result, processor_time, require};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::say;
use std::time::{Duration, Instant};

/// From the start of the process to the first picture, with what is built for debugging.
const SOON: Duration = Duration::from_secs(2);
/// How often it may be late, on a machine that others need too.
const STARTS: usize = 5;
/// For how long it is watched, and what it may take of that.
const WATCHED: Duration = Duration::from_secs(3);
const HARDLY: Duration = Duration::from_millis(900);

#[test]
fn it_is_there_soon_and_takes_hardly_anything() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let mut waited = Vec::new();
    let mut terminal = loop {
        let began = Instant::now();
        let mut terminal = at_terminal(&lab, &[])?;
        terminal.wait_for("Connections")?;
        waited.push(began.elapsed());
        terminal.wait_for("port_scan")?;
        if waited.last() <= Some(&SOON) {
            break terminal;
        }
        assert!(waited.len() < STARTS, "{waited:?}");
        terminal.press("q")?;
        terminal.wait()?;
    };
    let before = processor_time(terminal.pid())?;
    terminal.watch(WATCHED);
    let taken = processor_time(terminal.pid())? - before;
    say(format_args!(
        "first picture after {waited:?}; {taken:?} of {WATCHED:?}"
    ));
    assert!(taken < HARDLY, "{taken:?}");
    terminal.press("q")?;
    assert!(terminal.wait()?.success());
    Ok(())
}

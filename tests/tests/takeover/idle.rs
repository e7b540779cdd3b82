// SPDX-License-Identifier: MIT
//! Connections on which nobody says a word for long.

use crate::busy::{Busy, NO_GRACE, nothing_is_refused, picked_up};
use aegis_testbed::{Need, Result, require};
use aegis_tests::guarded::counters;
use aegis_tests::told::{flows, until};
use std::thread::sleep;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const SIGTERM: i32 = 15;
/// How long a daemon may take to end on a busy machine.
const END: Duration = Duration::from_secs(30);

/// The first host's are silent from before the start on, under one daemon with its defaults; those
/// of the second are silent while one daemon makes way for another. Whoever speaks first then, each
/// is known.
#[test]
fn a_minute_of_silence_breaks_nothing() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let (before, between) = (Busy::begin()?, Busy::begin()?);
    let guard = before.guard(&[])?;
    let mut other = between.guard(&NO_GRACE)?;
    between.go_on_as_known(&other)?;
    sleep(MINUTE / 2);
    other.signal(SIGTERM)?;
    other.wait(END)?.success()?;
    other = other.restart()?;
    sleep(MINUTE / 2);
    before.are_known_before_they_speak(&guard)?;
    between.are_known_before_they_speak(&other)?;
    before.go_on_as_known(&guard)?;
    between.go_on_as_known(&other)?;
    guard.stop()?;
    before.end_well();
    between.end_well();
    Ok(())
}

/// Silent for longer than connections are remembered: the sockets vouch for them.
#[test]
fn whoever_was_forgotten_in_silence_is_known_again_by_the_socket() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let busy = Busy::begin()?;
    let short = ["--set", "timeouts.tcp_established=2s"];
    let daemon = busy.guard(&[NO_GRACE, short].concat())?;
    let none_is_left = |list: &Vec<serde_json::Value>| list.is_empty();
    until("forgotten", || flows(&daemon, &[]), none_is_left)?;
    busy.go_on();
    nothing_is_refused(&daemon)?;
    // Each was picked up by a packet of its own.
    let many = busy.connections.len() as u64;
    let found = picked_up(&counters(&daemon)?);
    assert!(found >= many, "{found} for {many} connections");
    busy.end_well();
    Ok(())
}

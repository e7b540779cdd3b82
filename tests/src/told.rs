// SPDX-License-Identifier: MIT
//! What a daemon tells of connections, sources and drops, as tests ask it.

use aegis_testbed::{Counters, Daemon, Error, Result};
use serde_json::Value;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How long a condition may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(25);

/// Dropped packets by `hook/family/reason`; what was never dropped is left out.
///
/// # Errors
/// As [`Daemon::json`].
pub fn drops(daemon: &Daemon) -> Result<Counters> {
    let stats = daemon.json(&["stats"])?;
    let rows = stats["counters"].as_array().cloned().unwrap_or_default();
    let dropped = rows.iter().filter(|row| row["action"] == "drop");
    let named = dropped.map(|row| {
        let [hook, family, reason] =
            ["hook", "family", "reason"].map(|key| row[key].as_str().unwrap_or_default());
        let packets = row["packets"].as_u64().unwrap_or_default();
        (format!("{hook}/{family}/{reason}"), packets)
    });
    Ok(named.collect())
}

/// How far a counter moved; one that is missing is 0.
#[must_use]
pub fn moved(before: &Counters, after: &Counters, name: &str) -> u64 {
    let of = |counters: &Counters| counters.get(name).copied().unwrap_or_default();
    of(after) - of(before)
}

/// A counter of state, such as `flows_full`.
///
/// # Errors
/// As [`Daemon::json`].
pub fn state(daemon: &Daemon, counter: &str) -> Result<u64> {
    let status = daemon.json(&["status"])?;
    Ok(status["state"]["counters"][counter]
        .as_u64()
        .unwrap_or_default())
}

/// The answer to `why`.
///
/// # Errors
/// As [`Daemon::json`].
pub fn why(daemon: &Daemon, address: IpAddr) -> Result<Value> {
    daemon.json(&["why", &address.to_string()])
}

/// Connections, as `flows` with these arguments tells them.
///
/// # Errors
/// As [`Daemon::json`].
pub fn flows(daemon: &Daemon, arguments: &[&str]) -> Result<Vec<Value>> {
    let answer = daemon.json(&[&["flows"], arguments].concat())?;
    Ok(answer["flows"].as_array().cloned().unwrap_or_default())
}

/// A figure that a test measured, for whoever runs it with `--nocapture`.
#[expect(
    clippy::print_stderr,
    reason = "what is printed belongs to the test, and is shown where that fails"
)]
pub fn say(line: std::fmt::Arguments<'_>) {
    eprintln!("{line}");
}

/// Waits until `seen` accepts what `look` finds, and returns that.
///
/// # Errors
/// Those of `look`; [`Error::Timeout`] with the last find.
pub fn until<T: std::fmt::Debug>(
    what: &str,
    look: impl Fn() -> Result<T>,
    seen: impl Fn(&T) -> bool,
) -> Result<T> {
    let began = Instant::now();
    loop {
        let found = look()?;
        if seen(&found) {
            return Ok(found);
        }
        if began.elapsed() > PATIENCE {
            return Err(Error::Timeout {
                what: what.to_owned(),
                waited: PATIENCE,
                seen: format!("{found:?}"),
            });
        }
        std::thread::sleep(LOOK);
    }
}

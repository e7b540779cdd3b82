// SPDX-License-Identifier: MIT
//! What a process takes of the processors.

use crate::error::{Doing as _, Error, Result};
use std::fs;
use std::time::Duration;

/// What a process has had of the processors since it began, in user and in kernel mode, to a tick of the
/// clock (proc(5), `/proc/PID/stat`).
///
/// # Errors
/// When there is no such process.
pub fn processor_time(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).doing(|| format!("read {path}"))?;
    let unreadable = || Error::Unreadable {
        what: path.clone(),
        text: stat.clone(),
    };
    // The name may have blanks and brackets in it.
    let (_, fields) = stat.rsplit_once(')').ok_or_else(unreadable)?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let ticks = field(11).zip(field(12)).ok_or_else(unreadable)?;
    let second = rustix::param::clock_ticks_per_second() as f64;
    Ok(Duration::from_secs_f64((ticks.0 + ticks.1) as f64 / second))
}

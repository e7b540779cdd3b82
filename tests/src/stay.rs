// SPDX-License-Identifier: MIT
//! Budgets are kept per CPU: who counts on one stays where it is kept.

use anyhow::Result;
use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};

/// Keeps the calling thread on the CPU that it runs on; what it sends through a veth is judged
/// there too.
///
/// # Errors
/// When the kernel refuses.
pub fn stay_on_this_cpu() -> Result<()> {
    let mut here = CpuSet::new();
    here.set(sched_getcpu());
    Ok(sched_setaffinity(None, &here)?)
}

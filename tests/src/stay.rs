// SPDX-License-Identifier: MIT
//! Budgets are kept per CPU, and so are the queues of most links: who counts on one stays there.

use rustix::io::Result;
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// Processors that the machine has, those included that this process may not use: traffic is judged
/// on any.
#[must_use]
pub fn processors() -> u64 {
    let folder = std::fs::read_dir("/sys/devices/system/cpu");
    let names = folder.into_iter().flatten().flatten();
    let numbered = names.filter(|entry| {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("cpu"));
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    });
    (numbered.count() as u64).max(1)
}

/// Keeps the calling thread on the CPU that it runs on; what it sends through a veth is judged
/// there too.
///
/// # Errors
/// When the kernel refuses.
pub fn stay_on_this_cpu() -> Result<()> {
    let mut here = CpuSet::new();
    here.set(sched_getcpu());
    sched_setaffinity(None, &here)
}

/// The same for a while: dropping it gives the calling thread back the CPUs that it had.
#[derive(Debug)]
#[must_use = "the thread stays for as long as this lives"]
pub struct Stay(CpuSet);

impl Stay {
    /// Stays from now on.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn here() -> Result<Self> {
        let before = sched_getaffinity(None)?;
        stay_on_this_cpu()?;
        Ok(Self(before))
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        // A thread that stays where it is goes on all the same.
        sched_setaffinity(None, &self.0).ok();
    }
}

// SPDX-License-Identifier: MIT
//! Which CPU a thread runs on, and how much of it the thread has used.

use anyhow::{Context as _, Result};
use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use std::fs;

/// Keeps the calling thread on one CPU; gives it its freedom back when dropped.
#[derive(Debug)]
pub struct Pinned(CpuSet);

impl Pinned {
    /// Pins the calling thread. Threads and programs that it starts are pinned too.
    ///
    /// # Errors
    /// Where there is no such CPU, or it is not for this process.
    pub fn to(cpu: usize) -> Result<Self> {
        let before = sched_getaffinity(None).context("cannot read the CPUs of this thread")?;
        pin(None, cpu)?;
        Ok(Self(before))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // The set is what the kernel said before; if it changed meanwhile, staying put is no harm.
        sched_setaffinity(None, &self.0).ok();
    }
}

/// Pins another thread for good.
///
/// # Errors
/// Where the thread or the CPU is gone.
pub fn pin_thread(thread: i32, cpu: usize) -> Result<()> {
    pin(Some(Pid::from_raw(thread).context("0 is no thread")?), cpu)
}

/// Lets a thread, or this process, go first where others want its CPU too.
///
/// # Errors
/// Where the thread is gone, or root is missing.
pub fn raise_priority(thread: Option<i32>) -> Result<()> {
    const FIRST: i32 = -20;
    let thread = thread.and_then(Pid::from_raw);
    setpriority_process(thread, FIRST).context("cannot raise the priority of a thread")
}

fn pin(thread: Option<Pid>, cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(thread, &set).with_context(|| format!("cannot pin a thread to CPU {cpu}"))
}

/// The CPUs to use: the last one measures or receives, the first one generates.
///
/// # Errors
/// Where the kernel does not say which CPUs this process may use.
pub fn usable() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None).context("cannot read the CPUs of this process")?;
    Ok((0..CpuSet::MAX_CPU)
        .filter(|cpu| set.is_set(*cpu))
        .collect())
}

/// Nanoseconds of CPU that the calling thread has used: unlike the clock on the wall, it stands still
/// while somebody else runs.
pub fn own_ns() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Nanoseconds of CPU that a thread has used, exact while it sleeps.
///
/// # Errors
/// Where the thread is gone or the kernel keeps no such statistics.
pub fn thread_ns(thread: i32) -> Result<f64> {
    let path = format!("/proc/{thread}/schedstat");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let first = text
        .split(' ')
        .next()
        .and_then(|word| word.parse::<u64>().ok());
    Ok(first.with_context(|| format!("{path} has no run time"))? as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_holds_as_long_as_its_guard() {
        let before = usable().unwrap();
        let last = *before.last().unwrap();
        let pinned = Pinned::to(last).unwrap();
        assert_eq!(usable().unwrap(), [last]);
        drop(pinned);
        assert_eq!(usable().unwrap(), before);
    }

    #[test]
    fn cpu_time_goes_on_while_working() {
        let begin = own_ns();
        let mut sum = 0_u64;
        while own_ns() < begin + 1e6 {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(sum > 0);
    }
}

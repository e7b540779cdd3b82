// SPDX-License-Identifier: MIT
//! Nothing the test bed makes outlives the test: not after a panic, not after Ctrl-C.
//!
//! Whoever makes something registers how to unmake it with [`defer`] and keeps the guard. Dropping the guard
//! unmakes it; so do SIGINT, SIGTERM, SIGHUP and `exit`, in reverse order. Only SIGKILL leaves things behind,
//! and [`sweep_stale`] finds those by the process number in their names.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::fd::IntoRawFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use crate::sys;

/// First part of every name the test bed gives: `aegis-<pid>-<n>-<what>`.
pub const PREFIX: &str = "aegis-";
/// Where `ip netns` keeps its names.
pub(crate) const NETNS_DIR: &str = "/run/netns";
/// Where BPF objects are pinned.
pub(crate) const BPFFS: &str = "/sys/fs/bpf";
/// How long the end of the process waits for a clean-up that another thread has begun.
const PATIENCE: Duration = Duration::from_secs(5);

type Action = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Registry {
    actions: BTreeMap<u64, Action>,
    next: u64,
    running: usize,
}

static REGISTRY: Mutex<Option<Registry>> = Mutex::new(None);
static IDLE: Condvar = Condvar::new();
static PIPE: AtomicI32 = AtomicI32::new(-1);
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// Keeps a clean-up pending; dropping it does the clean-up.
#[derive(Debug)]
#[must_use = "dropping the guard cleans up at once"]
pub struct Deferred(u64);

/// Registers `action` to run when the guard is dropped or the process ends, whichever is first.
pub fn defer(action: impl FnOnce() + Send + 'static) -> Deferred {
    install();
    let mut guard = registry();
    let registry = guard.get_or_insert_default();
    let id = registry.next;
    registry.next += 1;
    registry.actions.insert(id, Box::new(action));
    Deferred(id)
}

impl Drop for Deferred {
    fn drop(&mut self) {
        let id = self.0;
        run_one(|actions| actions.remove(&id));
    }
}

/// Runs every pending clean-up now, the newest first; for programs with signal handlers of their own.
pub fn run_all() {
    while run_one(|actions| actions.pop_last().map(|(_, action)| action)) {}
    wait_idle();
    remove_leftovers(|pid| pid == std::process::id());
}

/// A name nobody else has, in this process or another: `aegis-<pid>-<n>-<what>`.
pub fn unique_name(what: &str) -> String {
    format!("{}-{what}", unique_stem())
}

/// The part of a unique name that several things may share: `aegis-<pid>-<n>`.
pub(crate) fn unique_stem() -> String {
    format!(
        "{PREFIX}{}-{}",
        std::process::id(),
        SERIAL.fetch_add(1, Ordering::Relaxed)
    )
}

/// Removes what processes that no longer run have left: namespaces, with the processes in them, run-time folders and pins.
///
/// Returns the names removed. Things of running processes, this one included, are never touched.
pub fn sweep_stale() -> Vec<String> {
    remove_leftovers(|pid| !Path::new("/proc").join(pid.to_string()).exists())
}

/// Deletes a namespace; one that is gone already is no error.
pub(crate) fn delete_namespace(name: &str) {
    let path = Path::new(NETNS_DIR).join(name);
    for attempt in 0..20 {
        if !path.exists() {
            return;
        }
        // A second sweeper may win the race; the file is looked at again above.
        let status = Command::new("ip")
            .args(["netns", "delete", name])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if status.is_ok_and(|status| status.success()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5 * attempt));
    }
}

/// Deletes a folder tree; on bpffs this unpins what is in it. Missing is no error.
pub(crate) fn delete_tree(path: &Path) {
    if path.starts_with(BPFFS) {
        unpin_tree(path);
    } else {
        // The clean-up has nobody to report to; what stays is found by the next sweep.
        drop(fs::remove_dir_all(path));
    }
}

/// `remove_dir_all` opens files, which bpffs refuses for pins; unlinking works.
fn unpin_tree(path: &Path) {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            unpin_tree(&entry.path());
        } else {
            drop(fs::remove_file(entry.path()));
        }
    }
    drop(fs::remove_dir(path));
}

fn registry() -> MutexGuard<'static, Option<Registry>> {
    // A panic while the lock was held leaves at worst a half-inserted entry; cleaning up matters more.
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes one action out, runs it outside the lock; false when there was none.
fn run_one(take: impl FnOnce(&mut BTreeMap<u64, Action>) -> Option<Action>) -> bool {
    let Some(action) = registry().as_mut().and_then(|registry| {
        let action = take(&mut registry.actions)?;
        registry.running += 1;
        Some(action)
    }) else {
        return false;
    };
    action();
    if let Some(registry) = registry().as_mut() {
        registry.running -= 1;
    }
    IDLE.notify_all();
    true
}

/// Waits until clean-ups begun by other threads are done.
fn wait_idle() {
    let busy = |state: &mut Option<Registry>| state.as_ref().is_some_and(|r| r.running > 0);
    // Past the patience, or with a poisoned lock, there is nothing better to do than to go on ending.
    drop(IDLE.wait_timeout_while(registry(), PATIENCE, busy));
}

/// Installs the signal handlers, the thread behind them and the exit hook, once a process.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let (mut reading, writing) = sys::signal_pipe().expect("a process can open a pipe");
        PIPE.store(writing.into_raw_fd(), Ordering::SeqCst);
        std::thread::spawn(move || end_on_signal(&mut reading));
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            sys::handle_if_default(signal, on_signal).expect("these signals can be handled");
        }
        sys::at_exit(on_exit).expect("the C library has room for an exit handler");
    });
}

extern "C" fn on_signal(signal: libc::c_int) {
    // Signal numbers are below 65, so the cast keeps them.
    sys::write_byte(PIPE.load(Ordering::SeqCst), signal as u8);
}

extern "C" fn on_exit() {
    run_all();
}

/// Waits for the first signal, cleans up, and ends the process by that very signal.
fn end_on_signal(pipe: &mut fs::File) {
    let mut signal = [0];
    if pipe.read_exact(&mut signal).is_ok() {
        run_all();
        sys::end_by(signal[0].into()).expect("a process may signal itself");
    }
}

/// Removes everything in the places we use whose name carries a process number `unwanted` agrees to.
fn remove_leftovers(unwanted: impl Fn(u32) -> bool) -> Vec<String> {
    let unwanted = |name: &str| owner(name).is_some_and(&unwanted);
    let mut removed = Vec::new();
    for name in names_in(Path::new(NETNS_DIR))
        .into_iter()
        .filter(|name| unwanted(name))
    {
        end_inhabitants(&name);
        delete_namespace(&name);
        removed.push(name);
    }
    for folder in [run_root(), PathBuf::from(BPFFS)] {
        for name in names_in(&folder).into_iter().filter(|name| unwanted(name)) {
            delete_tree(&folder.join(&name));
            removed.push(name);
        }
    }
    removed
}

/// Where run-time folders of daemons under test are made.
pub(crate) fn run_root() -> PathBuf {
    std::env::temp_dir()
}

/// Ends processes in a namespace whose creator is gone; this process itself is spared.
fn end_inhabitants(namespace: &str) {
    let Ok(output) = Command::new("ip")
        .args(["netns", "pids", namespace])
        .output()
    else {
        return;
    };
    let pids = String::from_utf8_lossy(&output.stdout).into_owned();
    for pid in pids.split_whitespace().filter_map(|pid| pid.parse().ok()) {
        if pid != std::process::id() {
            // It may have ended by itself in between.
            drop(sys::signal_process(pid, libc::SIGKILL));
        }
    }
}

/// Process number in `aegis-<pid>-<n>-<what>`.
fn owner(name: &str) -> Option<u32> {
    let (pid, rest) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let (serial, _) = rest.split_once('-')?;
    serial.parse::<u64>().ok()?;
    pid.parse().ok()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn a_dropped_guard_cleans_up_once() {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        drop(defer(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        }));
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn only_names_of_the_test_bed_have_an_owner() {
        assert_eq!(owner("aegis-123-4-web"), Some(123));
        assert_eq!(owner("aegis-123-4-web-1"), Some(123));
        for foreign in [
            "aegis-demo",
            "aegis-123",
            "aegis-123-web",
            "web-123-4-a",
            "aegis-x-4-a",
        ] {
            assert_eq!(owner(foreign), None, "{foreign}");
        }
    }
}

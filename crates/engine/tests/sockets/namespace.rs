// SPDX-License-Identifier: MIT
//! A network namespace of its own for one test, and commands in it.

use rustix::thread::{CapabilitySet, Pid, UnshareFlags, capabilities, gettid};
use rustix::thread::{set_capabilities, unshare_unsafe};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// A namespace with `lo` up; it is gone when this and every socket in it are.
pub struct Namespace {
    jobs: mpsc::Sender<Job>,
    thread: Pid,
}

impl Namespace {
    /// Makes one; `None`, and a line that says so, where this process may not. `test` names the
    /// test that is skipped then.
    pub fn new(test: &str) -> Option<Self> {
        if !is_privileged() {
            skip(test, "root is needed; run with sudo");
            return None;
        }
        let (jobs, queue) = mpsc::channel::<Job>();
        let (ready, thread) = mpsc::channel();
        thread::spawn(move || {
            // SAFETY: only the network namespace is left; the table of descriptors stays shared.
            unsafe { unshare_unsafe(UnshareFlags::NEWNET) }.expect("root may leave a namespace");
            // Links made here need not wait until an address has proved to be nobody else's.
            fs::write("/proc/sys/net/ipv6/conf/default/accept_dad", "0")
                .expect("root may set up its namespace");
            ip("link set lo up");
            ready.send(gettid()).expect("the test waits for this");
            for job in queue {
                job();
            }
        });
        let thread = thread.recv().expect("the thread is in its namespace");
        Some(Self { jobs, thread })
    }

    /// Runs `work` in the namespace, on its thread.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (answer, result) = mpsc::channel();
        let job = Box::new(move || answer.send(work()).expect("the test waits for this"));
        self.jobs.send(job).expect("the thread takes jobs");
        result.recv().expect("the work did not panic")
    }

    /// Begins `work` in the namespace, on another thread, and goes on.
    pub fn begin<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> mpsc::Receiver<T> {
        let (answer, result) = mpsc::channel();
        // A new thread is in the namespace of the one that starts it.
        self.run(|| thread::spawn(move || answer.send(work()).expect("the test waits for this")));
        result
    }

    /// Runs `work` in the namespace, under a tokio runtime whose threads are in it too.
    pub fn ask<T: Send + 'static, F: Future<Output = T>>(
        &self,
        work: impl FnOnce() -> F + Send + 'static,
    ) -> T {
        self.run(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime can be made");
            runtime.block_on(work())
        })
    }

    /// Takes `CAP_NET_ADMIN` from what runs in the namespace from now on.
    pub fn forgo_net_admin(&self) {
        self.run(|| {
            let mut sets = capabilities(None).expect("every thread can read its own");
            sets.effective.remove(CapabilitySet::NET_ADMIN);
            set_capabilities(None, sets).expect("less is always granted");
        });
    }

    /// A number that `ip link ... netns` knows it by.
    pub fn number(&self) -> i32 {
        self.thread.as_raw_nonzero().get()
    }
}

fn is_privileged() -> bool {
    let effective = capabilities(None)
        .expect("every thread can read its own")
        .effective;
    effective.contains(CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN)
}

/// Says that `test` did not run, where `cargo xtask test` hears it.
#[expect(
    clippy::print_stdout,
    reason = "the test harness shows it beside the name of the test"
)]
pub fn skip(test: &str, reason: &str) {
    println!("SKIPPED {test}: {reason}");
    if let Some(log) = std::env::var_os("AEGIS_SKIP_LOG") {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .expect("the file of AEGIS_SKIP_LOG can be written");
        file.write_all(format!("{test}: {reason}\n").as_bytes())
            .expect("the file of AEGIS_SKIP_LOG can be written");
    }
}

/// Runs ip(8) in the namespace of the calling thread.
pub fn ip(arguments: &str) {
    succeed(Command::new("ip").args(arguments.split_whitespace()));
}

/// Runs nft(8) in the namespace of the calling thread; false where it refuses.
pub fn nft(rules: &str) -> bool {
    Command::new("nft")
        .arg(rules)
        .output()
        .is_ok_and(|output| output.status.success())
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("the program is installed");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
}

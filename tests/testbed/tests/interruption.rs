// SPDX-License-Identifier: MIT
//! Ctrl-C, `exit` and SIGKILL in a process that holds a lab: a child of this test, which is this test again.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, in its helper functions too"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aegis_testbed::{Lab, Need, Result, require, sweep_stale};

/// Tells the child how it will end, and that it is one.
const ENDING: &str = "AEGIS_TESTBED_ENDING";

/// Not a test by itself: what the child runs.
#[test]
#[ignore = "started by the other tests of this file"]
fn child_holds_a_lab() {
    let Ok(ending) = std::env::var(ENDING) else {
        return;
    };
    let lab = Lab::new().unwrap();
    let (a, b) = (lab.host("a").unwrap(), lab.host("b").unwrap());
    let _link = lab.veth(&a, "eth0", &b, "eth0").up().unwrap();
    let process = a.spawn("sleep", &["600"]).unwrap();
    println!(
        "\nHOLDING {} {} {}",
        a.namespace(),
        b.namespace(),
        process.pid()
    );
    if ending == "exit" {
        std::process::exit(0);
    }
    std::thread::sleep(Duration::from_secs(60));
}

/// A child that holds two namespaces and a process.
struct Holder {
    child: Child,
    held: Vec<PathBuf>,
}

impl Holder {
    fn start(ending: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_holds_a_lab", "--ignored", "--nocapture"])
            .env(ENDING, ending)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines
            .map(|line| line.unwrap())
            .find(|line| line.starts_with("HOLDING "))
            .unwrap();
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        let [a, b, pid] = words[..] else {
            panic!("{line}")
        };
        let netns = Path::new("/run/netns");
        Self {
            child,
            held: vec![netns.join(a), netns.join(b), Path::new("/proc").join(pid)],
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    fn is_gone(&self) -> bool {
        self.held.iter().all(|path| !path.exists())
    }

    /// The child must have cleaned up before it ended: nobody else's sweep may do it afterwards.
    fn assert_gone(mut self) {
        let ended = self.child.wait().unwrap();
        assert!(self.is_gone(), "left behind ({ended}): {:?}", self.held);
    }

    /// Another test process may be in the middle of the same sweep, so only the result counts.
    fn assert_swept(self) {
        let began = Instant::now();
        while !self.is_gone() {
            assert!(
                began.elapsed() < Duration::from_secs(10),
                "left behind: {:?}",
                self.held
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn ctrl_c_leaves_nothing_behind() -> Result<()> {
    require!(Need::Root);
    let holder = Holder::start("signal");
    assert!(!holder.is_gone());
    holder.signal("-INT");
    holder.assert_gone();
    Ok(())
}

#[test]
fn termination_leaves_nothing_behind() -> Result<()> {
    require!(Need::Root);
    let holder = Holder::start("signal");
    holder.signal("-TERM");
    holder.assert_gone();
    Ok(())
}

#[test]
fn exit_in_the_middle_leaves_nothing_behind() -> Result<()> {
    require!(Need::Root);
    Holder::start("exit").assert_gone();
    Ok(())
}

#[test]
fn what_a_kill_leaves_behind_is_swept_up() -> Result<()> {
    require!(Need::Root);
    let mut holder = Holder::start("signal");
    holder.signal("-KILL");
    holder.child.wait().unwrap();
    sweep_stale();
    holder.assert_swept();
    Ok(())
}

// SPDX-License-Identifier: MIT
//! The receiving end: an interface whose polling has a thread of its own.

use crate::cpu::{pin_thread, raise_priority, thread_ns};
use aegis_testbed::Port;
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// How long the last packets may take through the ring.
const SETTLING: Duration = Duration::from_millis(10);

/// A port, and the thread that polls it.
#[derive(Debug)]
pub struct Receiver {
    port: Port,
    thread: i32,
}

/// What the receiver has seen so far.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Packets taken from the ring.
    pub packets: u64,
    /// Packets that reached UDP, where nobody listens.
    pub reached: u64,
    /// CPU time of the polling thread.
    pub cpu_ns: f64,
}

impl Receiver {
    /// Lets a thread on this CPU poll the port (Linux 5.12).
    ///
    /// # Errors
    /// Where the kernel has no threaded polling.
    pub fn new(port: &Port, cpu: usize) -> Result<Self> {
        // With GRO on, veth polls even where no XDP program is attached; as hardware does.
        port.host()
            .run("ethtool", &["-K", port.name(), "gro", "on"])?
            .success()?;
        let before = polling_threads()?;
        poll_by_thread(port)?;
        let found: Vec<i32> = polling_threads()?.difference(&before).copied().collect();
        let [thread] = found[..] else {
            bail!(
                "{} polling threads came up instead of one; try again",
                found.len()
            );
        };
        pin_thread(thread, cpu)?;
        raise_priority(Some(thread))?;
        Ok(Self {
            port: port.clone(),
            thread,
        })
    }

    /// The interface.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// Packets taken so far. The calling thread is in the namespace of the port.
    pub fn taken(&self) -> Result<u64> {
        // `rx_packets` of the interface: the second word behind its name.
        word(
            "/proc/thread-self/net/dev",
            &format!("{}:", self.port.name()),
            2,
        )
    }

    /// What has been seen, once the ring is empty. The calling thread is in the namespace of the port.
    pub fn settled(&self) -> Result<Seen> {
        let mut packets = self.taken()?;
        loop {
            sleep(SETTLING);
            let now = self.taken()?;
            if now == packets {
                break;
            }
            packets = now;
        }
        Ok(Seen {
            packets,
            reached: reached()?,
            cpu_ns: thread_ns(self.thread)?,
        })
    }
}

/// UDP datagrams for which there was no socket, of either family.
fn reached() -> Result<u64> {
    Ok(reached_v4()? + word("/proc/thread-self/net/snmp6", "Udp6NoPorts", 1)?)
}

fn reached_v4() -> Result<u64> {
    let path = "/proc/thread-self/net/snmp";
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Udp: "));
    let names = lines.next().unwrap_or_default().split(' ');
    let values = lines.next().unwrap_or_default().split(' ');
    let found = names.zip(values).find(|(name, _)| *name == "NoPorts");
    found
        .and_then(|(_, value)| value.parse().ok())
        .with_context(|| format!("{path} has no NoPorts"))
}

/// A word of the line that begins with another.
fn word(path: &str, first: &str, place: usize) -> Result<u64> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with(first));
    let word = line.and_then(|line| line.split_whitespace().nth(place));
    word.and_then(|word| word.parse().ok())
        .with_context(|| format!("{path} has no {first}"))
}

/// The setting is in sysfs, which shows the interfaces of the namespace it was mounted in:
/// `ip netns exec` mounts one.
fn poll_by_thread(port: &Port) -> Result<()> {
    let script = format!("echo 1 > /sys/class/net/{}/threaded", port.name());
    let output = Command::new("ip")
        .args([
            "netns",
            "exec",
            port.host().namespace(),
            "sh",
            "-c",
            &script,
        ])
        .output()
        .context("cannot run ip")?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!(
            "{} cannot poll by a thread ({words}); this needs Linux 5.12",
            port.name()
        );
    }
    Ok(())
}

/// Kernel threads that poll.
fn polling_threads() -> Result<BTreeSet<i32>> {
    let mut threads = BTreeSet::new();
    for entry in fs::read_dir("/proc")
        .context("cannot read /proc")?
        .flatten()
    {
        let Some(number) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // A process may have ended since.
        let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        if name.starts_with("napi/") {
            threads.insert(number);
        }
    }
    Ok(threads)
}

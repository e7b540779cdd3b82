// SPDX-License-Identifier: MIT
//! Who is at the other end of a connection (SO_PEERCRED, unix(7)).

use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use tokio::net::UnixStream;

/// The most that is read of a process's name; the kernel keeps 15 bytes (proc_pid_comm(5)), and
/// more only of its own threads.
const LONGEST_NAME: u64 = 64;

/// The process that connected, as the kernel knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Process, where it is in a namespace that this process can see.
    pub pid: Option<i32>,
    /// What it called itself when it was accepted; for people, as any process may choose its name,
    /// and one that has ended has none.
    pub process: Option<Arc<str>>,
}

impl Peer {
    /// Asks who it is.
    ///
    /// # Errors
    /// Where the kernel does not tell.
    pub fn of(stream: &UnixStream) -> std::io::Result<Self> {
        let credentials = stream.peer_cred()?;
        let pid = credentials.pid();
        Ok(Self {
            uid: credentials.uid(),
            gid: credentials.gid(),
            pid,
            process: pid.and_then(name),
        })
    }

    /// This process, for what nobody else asked for.
    #[must_use]
    pub fn own() -> Self {
        let pid = rustix::process::getpid().as_raw_nonzero().get();
        Self {
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
            pid: Some(pid),
            process: name(pid),
        }
    }
}

fn name(pid: i32) -> Option<Arc<str>> {
    let file = File::open(format!("/proc/{pid}/comm")).ok()?;
    let mut name = Vec::new();
    file.take(LONGEST_NAME).read_to_end(&mut name).ok()?;
    Some(String::from_utf8_lossy(&name).trim_end().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_peer_is_known_by_its_process() {
        let (near, _far) = UnixStream::pair().expect("two ends");
        let peer = Peer::of(&near).expect("it is this process");
        assert_eq!(peer, Peer::own());
        let comm = std::fs::read_to_string("/proc/self/comm").expect("it has a name");
        // Threads have names of their own; that of the process is its first thread's.
        let process = peer.process.expect("it runs");
        assert!(!process.is_empty() && !comm.is_empty());
        assert_eq!(name(i32::MAX), None);
    }
}

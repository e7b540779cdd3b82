// SPDX-License-Identifier: MIT
//! From where the host is administered at the moment: the peers of login sessions.
//!
//! sshd tells every session its two ends (`SSH_CONNECTION`, sshd(8)). A session counts where a
//! process has them in its environment and the host has that very connection. A connection to the
//! port of sshd alone proves nothing: anybody can make one, and would be safe from every detector.
//!
//! Environments are read by a process apart where the daemon is confined ([`crate::witness`]).

use aegis_engine::sockets::{self, Protocol, Socket, SocketState};
use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::io;
use std::net::{IpAddr, SocketAddr};

const VARIABLE: &[u8] = b"SSH_CONNECTION=";

/// The ends of a session, peer first.
pub(crate) type Ends = (SocketAddr, SocketAddr);

/// Peers of those sessions that the host has as connections.
pub(crate) async fn peers(claimed: &BTreeSet<Ends>) -> Vec<IpAddr> {
    if claimed.is_empty() {
        return Vec::new();
    }
    match sockets::connections().await {
        Ok(sockets) => connected(claimed, &sockets),
        Err(error) => {
            tracing::warn!(%error, "peers of login sessions are not protected for now");
            Vec::new()
        }
    }
}

/// The ends that processes believe their sessions to have, and how many processes may not be looked
/// into.
pub(crate) fn claimed() -> (BTreeSet<Ends>, usize) {
    let mut claimed = BTreeSet::new();
    let Ok(processes) = fs::read_dir("/proc") else {
        return (claimed, 1);
    };
    let mut hidden = 0;
    for process in processes.flatten().filter(is_process) {
        match fs::read(process.path().join("environ")) {
            Ok(environment) => claimed.extend(session(&environment)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => hidden += 1,
            // It ended meanwhile, or has no environment, as the kernel's own.
            Err(_) => {}
        }
    }
    (claimed, hidden)
}

fn is_process(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    // The first process begins sessions, is in none, and often lets nobody look.
    name != "1" && name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
}

/// The ends in an environment as `/proc` shows it: variables that end in a zero byte.
fn session(environment: &[u8]) -> Option<Ends> {
    let mut variables = environment.split(|&byte| byte == 0);
    let value = variables.find_map(|variable| variable.strip_prefix(VARIABLE))?;
    let mut words = std::str::from_utf8(value).ok()?.split(' ');
    let mut end = || {
        // Link-local addresses have a zone.
        let address = words.next()?.split('%').next()?.parse::<IpAddr>().ok()?;
        Some(SocketAddr::new(
            address.to_canonical(),
            words.next()?.parse().ok()?,
        ))
    };
    Some((end()?, end()?))
}

fn connected(claimed: &BTreeSet<Ends>, sockets: &[Socket]) -> Vec<IpAddr> {
    let open = sockets.iter().filter(|socket| {
        socket.protocol == Protocol::Tcp && socket.state == SocketState::Established
    });
    let sessions = open.filter(|socket| claimed.contains(&(socket.peer, socket.local)));
    let peers: BTreeSet<IpAddr> = sessions.map(|socket| socket.peer.ip()).collect();
    peers.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_session_are_read_as_sshd_writes_them() {
        let ends = |text: &[u8]| session(text).map(|(peer, local)| format!("{peer} {local}"));
        let v4 = b"TERM=x\0SSH_CONNECTION=198.51.100.7 50312 192.0.2.1 22\0";
        assert_eq!(ends(v4).as_deref(), Some("198.51.100.7:50312 192.0.2.1:22"));
        let zone = b"SSH_CONNECTION=fe80::7%eth0 50312 fe80::1%eth0 22\0";
        assert_eq!(ends(zone).as_deref(), Some("[fe80::7]:50312 [fe80::1]:22"));
        for nothing in [
            &b""[..],
            b"SSH_CLIENT=198.51.100.7 5 22\0",
            b"SSH_CONNECTION=x\0",
        ] {
            assert_eq!(ends(nothing), None);
        }
    }

    #[tokio::test]
    async fn a_session_that_nobody_has_protects_nobody() {
        let made_up = (
            "198.51.100.7:1".parse().expect("an end"),
            "192.0.2.1:22".parse().expect("an end"),
        );
        let sockets = sockets::connections().await.expect("the kernel answers");
        assert!(connected(&BTreeSet::from([made_up]), &sockets).is_empty());
    }
}

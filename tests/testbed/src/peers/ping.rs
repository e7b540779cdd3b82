// SPDX-License-Identifier: MIT
//! ICMP and ICMPv6 echo through the kernel's echo sockets: no program needed, every request counted.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::{MAX_PACKETS, within};
use crate::error::{Doing, Result};
use crate::host::Host;
use crate::sys;

/// How long [`ping`] waits for each answer.
const PATIENCE: Duration = Duration::from_millis(500);
/// Bytes after the echo header.
const PAYLOAD: &[u8] = b"aegis test bed: an echo request.";
/// Bytes of an echo header: type, code, checksum, identifier, sequence number.
const HEADER: usize = 8;

/// Echo requests and the answers to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingReport {
    /// Requests the kernel took.
    pub sent: u64,
    /// Right answers, each in time.
    pub received: u64,
}

/// Sends `count` echo requests, one after the other, each waiting at most half a second for its answer.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) when there is no route; an unanswered request is a result, not an error.
pub fn ping(host: &Host, target: IpAddr, count: u64) -> Result<PingReport> {
    ping_for(host, target, count, PATIENCE)
}

/// Like [`ping`] with a patience of its own.
///
/// # Errors
/// As [`ping`].
pub fn ping_for(host: &Host, target: IpAddr, count: u64, patience: Duration) -> Result<PingReport> {
    within("ping", count, MAX_PACKETS)?;
    let socket = host
        .enter(|| open(target))?
        .doing(|| format!("ping {target}"))?;
    let mut report = PingReport {
        sent: 0,
        received: 0,
    };
    for sequence in 0..count {
        // Sixteen bits are what the header has; a stale answer is 65,536 requests old.
        let request = request(target, sequence as u16);
        // EPERM is how an egress filter says that it dropped the packet: sent, for our purpose.
        match socket.send(&request) {
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
                return Err(error).doing(|| format!("ping {target}"));
            }
            _ => report.sent += 1,
        }
        report.received += u64::from(is_answered(&socket, &request, patience));
    }
    Ok(report)
}

fn open(target: IpAddr) -> io::Result<UdpSocket> {
    let (family, protocol) = match target {
        IpAddr::V4(_) => (libc::AF_INET, libc::IPPROTO_ICMP),
        IpAddr::V6(_) => (libc::AF_INET6, libc::IPPROTO_ICMPV6),
    };
    // std has no type for echo sockets; they send and receive datagrams as UDP sockets do.
    let socket = UdpSocket::from(sys::socket(family, libc::SOCK_DGRAM, protocol)?);
    socket.connect(SocketAddr::new(target, 0))?;
    Ok(socket)
}

/// The kernel fills in identifier and checksum.
fn request(target: IpAddr, sequence: u16) -> Vec<u8> {
    let kind = if target.is_ipv4() { 8 } else { 128 };
    let [high, low] = sequence.to_be_bytes();
    [&[kind, 0, 0, 0, 0, 0, high, low], PAYLOAD].concat()
}

fn is_answered(socket: &UdpSocket, request: &[u8], patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    let mut answer = [0; 256];
    while let Some(left) = deadline.checked_duration_since(Instant::now()) {
        // A zero timeout would mean for ever.
        if socket
            .set_read_timeout(Some(left.max(Duration::from_millis(1))))
            .is_err()
        {
            return false;
        }
        match socket.recv(&mut answer) {
            // Sequence number and payload; type, checksum and identifier differ by nature.
            Ok(length) if answer[HEADER - 2..length.max(HEADER)] == request[HEADER - 2..] => {
                return true;
            }
            // ICMP errors come in as errors of the socket and answer nothing.
            _ => {}
        }
    }
    false
}

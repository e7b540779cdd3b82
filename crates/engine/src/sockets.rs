// SPDX-License-Identifier: MIT
//! The host's own sockets: listed for the operator, and ended where a ban says so.
//!
//! Asked of the kernel over `NETLINK_SOCK_DIAG` (sock_diag(7)), the source of ss(8). Only the
//! network namespace of the process is seen. Nothing here blocks a tokio task: a list of 100,000
//! sockets is made on the pool for blocking work.

mod diag;
mod filter;

use crate::EngineError;
use netlink_packet_sock_diag::inet::SocketId;
use std::fmt;
use std::net::SocketAddr;

pub use filter::SocketFilter;

/// Protocols with sockets that Aegis lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// Protocol number 6.
    Tcp,
    /// Protocol number 17.
    Udp,
}

impl Protocol {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Tcp, Self::Udp];

    /// IANA's protocol number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

/// States of a socket, numbered as in the kernel's `tcp_states.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SocketState {
    /// TCP: open both ways. UDP: connected to one peer.
    Established = 1,
    /// This host asked for a connection.
    SynSent = 2,
    /// A peer asked for a connection and was answered.
    SynRecv = 3,
    /// This host is done sending and waits for the acknowledgement.
    FinWait1 = 4,
    /// This host is done sending and waits for the peer to be.
    FinWait2 = 5,
    /// Over; late segments are still caught.
    TimeWait = 6,
    /// UDP: bound, and open to every peer. TCP sockets in this state are not listed.
    Unconnected = 7,
    /// The peer is done sending.
    CloseWait = 8,
    /// As `CloseWait`, and this host is done as well.
    LastAck = 9,
    /// Waits for peers.
    Listen = 10,
    /// Both were done at the same time.
    Closing = 11,
}

impl SocketState {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::Established,
        Self::SynSent,
        Self::SynRecv,
        Self::FinWait1,
        Self::FinWait2,
        Self::TimeWait,
        Self::Unconnected,
        Self::CloseWait,
        Self::LastAck,
        Self::Listen,
        Self::Closing,
    ];

    /// The name that ss(8) and netstat(8) readers know, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::SynSent => "syn-sent",
            Self::SynRecv => "syn-recv",
            Self::FinWait1 => "fin-wait-1",
            Self::FinWait2 => "fin-wait-2",
            Self::TimeWait => "time-wait",
            Self::Unconnected => "unconnected",
            Self::CloseWait => "close-wait",
            Self::LastAck => "last-ack",
            Self::Listen => "listening",
            Self::Closing => "closing",
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == number)
    }
}

impl fmt::Display for SocketState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Which protocol.
    pub protocol: Protocol,
    /// This host's side. An IPv6 socket that talks IPv4 (`::ffff:192.0.2.1`) is shown as IPv4,
    /// which is what is on the wire.
    pub local: SocketAddr,
    /// The other side; the unspecified address and port 0 where there is none.
    pub peer: SocketAddr,
    /// Its state.
    pub state: SocketState,
    /// Number in sockfs, as `/proc/PID/fd` shows it; 0 where no process holds it (yet or any more).
    pub inode: u32,
    /// Its owner; 0 as well in `time-wait`, where the kernel has forgotten it.
    pub uid: u32,
    /// What the kernel knows it by: unmapped addresses, interface, and a cookie that no other
    /// socket ever has.
    id: SocketId,
}

/// What [`destroy`] has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// TCP connections ended.
    pub tcp: usize,
    /// Connected UDP sockets ended.
    pub udp: usize,
}

impl Destroyed {
    /// All of them.
    #[must_use]
    pub const fn total(self) -> usize {
        self.tcp + self.udp
    }

    fn count(&mut self, protocol: Protocol) {
        match protocol {
            Protocol::Tcp => self.tcp += 1,
            Protocol::Udp => self.udp += 1,
        }
    }
}

/// Lists TCP connections in every state but listening, and UDP sockets that are connected to one
/// peer; of both address families, in the order of the kernel's tables.
///
/// The tables are read while they are in use: a socket that is born or dies meanwhile may be
/// missing or there.
///
/// # Errors
/// [`EngineError::Netlink`] where the kernel does not answer, or lacks `tcp_diag` or `udp_diag`.
pub async fn connections() -> Result<Vec<Socket>, EngineError> {
    beside(|| diag::list(&Protocol::ALL, diag::Kind::Connected)).await
}

/// Lists TCP listeners, and UDP sockets that are bound and open to every peer.
///
/// # Errors
/// As [`connections`].
pub async fn listeners() -> Result<Vec<Socket>, EngineError> {
    beside(|| diag::list(&Protocol::ALL, diag::Kind::Waiting)).await
}

/// Ends every connection that the filter matches (`SOCK_DESTROY`): the process that holds it
/// reads `ECONNABORTED`, and a TCP peer is sent a reset.
///
/// Listeners and unconnected UDP sockets stay, and so does what is in `time-wait`: it is over
/// already. A connection that ended by itself meanwhile is not counted and no error.
///
/// # Errors
/// [`EngineError::Destroy`] where the kernel cannot (built without `CONFIG_INET_DIAG_DESTROY`) or
/// may not (`CAP_NET_ADMIN` of the network namespace is needed) do that;
/// [`EngineError::Netlink`] as for [`connections`].
pub async fn destroy(filter: &SocketFilter) -> Result<Destroyed, EngineError> {
    let filter = *filter;
    beside(move || diag::destroy(&filter)).await
}

/// Runs blocking work without blocking a task.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) => Err(EngineError::Netlink {
            subject: "sockets".to_owned(),
            reason: stopped.to_string(),
        }),
    }
}

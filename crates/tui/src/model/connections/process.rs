// SPDX-License-Identifier: MIT
//! The program on this host that has a connection.

use aegis_api::Flow;
use std::net::SocketAddr;

/// A process; its texts are without control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Its short name.
    pub name: String,
    /// Whom it belongs to, by name or number.
    pub user: String,
    /// How it was begun.
    pub command: String,
}

/// The two ends of a connection, by which the kernel tells whose socket it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ends {
    /// The id of the connection.
    pub id: String,
    /// `tcp` or `udp`.
    pub proto: String,
    /// The end here.
    pub local: SocketAddr,
    /// The other one.
    pub peer: SocketAddr,
}

impl Ends {
    /// Of a connection, where sockets have such.
    #[must_use]
    pub fn of(flow: &Flow) -> Option<Self> {
        matches!(&*flow.proto, "tcp" | "udp").then(|| Self {
            id: flow.id.clone(),
            proto: flow.proto.clone(),
            local: SocketAddr::new(flow.local, flow.local_port),
            peer: SocketAddr::new(flow.peer, flow.peer_port),
        })
    }
}

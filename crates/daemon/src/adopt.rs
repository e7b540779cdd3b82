// SPDX-License-Identifier: MIT
//! Connections that stand when the daemon starts: they are known before anything is enforced.

use crate::flow::tuple;
use aegis_abi::{Origin, Tuple};
use aegis_core::packet::protocol;
use aegis_engine::forwarded::{self, Forwarded};
use aegis_engine::sockets::{self, Protocol, Socket, SocketState};
use aegis_engine::{Adopted, EngineError};
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use tokio::runtime::Builder;

/// How many were found.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    own: usize,
    forwarded: usize,
}

impl Found {
    /// Tells the log, once they are in the tables: who is refused a start reads of nothing else.
    pub fn log(self) {
        let Self { own, forwarded } = self;
        tracing::info!(own, forwarded, "connections that stand are known");
    }
}

/// Connections of the host, and those that it forwards. What the kernel does not tell is picked up
/// during the grace period.
///
/// Blocks, on threads that are gone afterwards: those that stayed could not be confined.
pub fn standing() -> (Vec<Adopted>, Found) {
    let looked = std::thread::scope(|scope| {
        let apart = std::thread::Builder::new().name("adopt".to_owned());
        let look = || {
            Ok(Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(look()))
        };
        let thread = apart.spawn_scoped(scope, look)?;
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread panicked")))
    });
    looked.unwrap_or_else(|error| {
        tracing::warn!(%error, "connections that stand are not known, only picked up");
        (
            Vec::new(),
            Found {
                own: 0,
                forwarded: 0,
            },
        )
    })
}

async fn look() -> (Vec<Adopted>, Found) {
    let mut adopted = told(own().await, "sockets");
    let own = adopted.len();
    adopted.extend(told(passing().await, "forwarded connections"));
    let forwarded = adopted.len() - own;
    (adopted, Found { own, forwarded })
}

fn told(found: Result<Vec<Adopted>, EngineError>, what: &str) -> Vec<Adopted> {
    found.unwrap_or_else(|error| {
        tracing::warn!(%error, "{what} that stand are not known, only picked up");
        Vec::new()
    })
}

async fn own() -> Result<Vec<Adopted>, EngineError> {
    let waiting = sockets::listeners().await?;
    let served: BTreeSet<(Protocol, u16)> = waiting
        .iter()
        .map(|socket| (socket.protocol, socket.local.port()))
        .collect();
    let sockets = sockets::connections().await?;
    let open = sockets.iter().filter(|socket| stands(socket.state));
    Ok(open
        .filter_map(|socket| of_socket(socket, &served))
        .collect())
}

/// What has a handshake behind it and is not over. What begins just now is seen to begin, or its
/// socket vouches for it.
fn stands(state: SocketState) -> bool {
    match state {
        SocketState::Established
        | SocketState::FinWait1
        | SocketState::FinWait2
        | SocketState::CloseWait
        | SocketState::LastAck
        | SocketState::Closing => true,
        SocketState::SynSent
        | SocketState::SynRecv
        | SocketState::TimeWait
        | SocketState::Unconnected
        | SocketState::Listen => false,
    }
}

fn of_socket(socket: &Socket, served: &BTreeSet<(Protocol, u16)>) -> Option<Adopted> {
    let begun_by_peer = served.contains(&(socket.protocol, socket.local.port()));
    Some(Adopted {
        tuple: tuple(socket.protocol.number(), socket.peer, socket.local)?,
        origin: if begun_by_peer {
            Origin::Peer
        } else {
            Origin::Local
        },
    })
}

async fn passing() -> Result<Vec<Adopted>, EngineError> {
    let found = forwarded::connections().await?.unwrap_or_default();
    Ok(found.iter().flat_map(of_forwarded).collect())
}

/// As seen from the interface towards the beginner, and from the one towards the answerer; the one
/// that is not guarded is never looked for.
fn of_forwarded(connection: &Forwarded) -> Vec<Adopted> {
    let stands = match connection.protocol {
        protocol::TCP => connection.tcp_established,
        _ => connection.replied || connection.assured,
    };
    if !stands {
        return Vec::new();
    }
    let adopted = |(peer, local): (SocketAddr, SocketAddr), origin| {
        let tuple: Tuple = tuple(connection.protocol, peer, local)?;
        Some(Adopted { tuple, origin })
    };
    let (original, reply) = (&connection.original, &connection.reply);
    let towards_beginner = adopted((original.source, original.destination), Origin::Peer);
    let towards_answerer = adopted((reply.source, reply.destination), Origin::Local);
    [towards_beginner, towards_answerer]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::ends;

    fn end(text: &str) -> SocketAddr {
        text.parse().expect("an end")
    }

    fn published(replied: bool) -> Forwarded {
        Forwarded {
            protocol: protocol::UDP,
            original: forwarded::Tuple {
                source: end("198.51.100.7:5000"),
                destination: end("192.0.2.1:53"),
            },
            reply: forwarded::Tuple {
                source: end("10.0.0.2:5353"),
                destination: end("198.51.100.7:5000"),
            },
            replied,
            assured: false,
            tcp_established: false,
        }
    }

    #[test]
    fn a_forwarded_connection_is_known_on_either_side() {
        let found = of_forwarded(&published(true));
        let named: Vec<_> = found.iter().map(|adopted| ends(&adopted.tuple)).collect();
        let outside = (end("198.51.100.7:5000"), end("192.0.2.1:53"));
        let inside = (end("10.0.0.2:5353"), end("198.51.100.7:5000"));
        assert_eq!(named, [Some(outside), Some(inside)]);
        assert_eq!(
            (found[0].origin, found[1].origin),
            (Origin::Peer, Origin::Local)
        );
    }

    #[test]
    fn what_nobody_answered_is_not_taken_over() {
        assert!(of_forwarded(&published(false)).is_empty());
        let handshake = Forwarded {
            protocol: protocol::TCP,
            ..published(true)
        };
        assert!(of_forwarded(&handshake).is_empty());
    }
}

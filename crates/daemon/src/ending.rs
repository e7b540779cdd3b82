// SPDX-License-Identifier: MIT
//! Ends sockets of the host whose packets no longer pass, so that programs notice at once instead
//! of when their patience ends. It is a courtesy: packets are dropped with or without it.

use crate::flow::tuple;
use aegis_abi::Tuple;
use aegis_api::EndedSockets;
use aegis_engine::EngineError;
use aegis_engine::sockets::{self, Destroyed, Socket, SocketFilter};
use ipnet::IpNet;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How long one may go on; each socket takes a look at all of them.
const PATIENCE: Duration = Duration::from_secs(4);

/// Every socket with a peer in there. It goes on when whoever asked has gone.
pub async fn of_peer(peer: IpNet) -> EndedSockets {
    let filter = SocketFilter::of_peer(peer);
    let ended = tokio::spawn(async move { sockets::destroy(&filter).await });
    match ended.await {
        Ok(ended) => told(ended),
        Err(stopped) => problem(stopped.to_string()),
    }
}

/// The sockets of these connections.
pub async fn of_flows(killed: &[Tuple]) -> EndedSockets {
    let ended = tokio::spawn(each(killed.iter().copied().collect()));
    ended
        .await
        .unwrap_or_else(|stopped| problem(stopped.to_string()))
}

async fn each(killed: HashSet<Tuple>) -> EndedSockets {
    let doomed = match sockets::connections().await {
        Ok(sockets) => doomed(sockets, &killed),
        Err(error) => return problem(error.to_string()),
    };
    let begun = Instant::now();
    let mut answer = EndedSockets::default();
    for (at, socket) in doomed.iter().enumerate() {
        if begun.elapsed() > PATIENCE {
            let rest = doomed.len() - at;
            answer.problem = Some(format!("{rest} sockets were left to notice by themselves"));
            break;
        }
        let one = told(sockets::destroy(&exactly(socket)).await);
        answer.ended += one.ended;
        if one.problem.is_some() {
            answer.problem = one.problem;
            break;
        }
    }
    answer
}

fn doomed(sockets: Vec<Socket>, killed: &HashSet<Tuple>) -> Vec<Socket> {
    let is_killed = |socket: &Socket| {
        let number = socket.protocol.number();
        tuple(number, socket.peer, socket.local).is_some_and(|tuple| killed.contains(&tuple))
    };
    sockets.into_iter().filter(is_killed).collect()
}

fn exactly(socket: &Socket) -> SocketFilter {
    SocketFilter {
        protocol: Some(socket.protocol),
        local: Some(socket.local.ip()),
        peer_port: Some(socket.peer.port()),
        local_port: Some(socket.local.port()),
        ..SocketFilter::of_peer(socket.peer.ip().into())
    }
}

fn told(ended: Result<Destroyed, EngineError>) -> EndedSockets {
    match ended {
        Ok(destroyed) => EndedSockets {
            ended: destroyed.total(),
            problem: None,
        },
        Err(error) => {
            tracing::warn!(%error, "sockets were not ended");
            problem(error.to_string())
        }
    }
}

fn problem(why: String) -> EndedSockets {
    EndedSockets {
        ended: 0,
        problem: Some(why),
    }
}

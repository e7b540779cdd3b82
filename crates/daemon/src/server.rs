// SPDX-License-Identifier: MIT
//! Connections: how many, for how long, and whose.

use crate::peer::Peer;
use crate::routes::{Service, router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Connections served at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 128;
/// How long a client may take to send a request's head, also on a connection that it keeps open.
const HEAD: Duration = Duration::from_secs(5);
/// The most that a connection buffers, bytes; a request's head fits.
const BUFFER: usize = 16 * 1024;
/// How long answers under way may take once the daemon stops.
const GRACE: Duration = Duration::from_secs(2);
/// Pause after a failed accept, such as one for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` turns true, then ends what is under way.
pub async fn serve(listener: &UnixListener, service: Service, mut stop: watch::Receiver<bool>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let permit = Arc::clone(&free).acquire_owned().await.ok();
            (permit, listener.accept().await)
        };
        tokio::select! {
            () = stopped(&mut stop) => break,
            Some(_) = connections.join_next() => {}
            (permit, accepted) = accepted => match accepted {
                Ok((stream, _)) => {
                    let conversation = converse(stream, service.clone(), stop.clone());
                    connections.spawn(async move {
                        conversation.await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
    drop(service);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        connections.shutdown().await;
    }
}

async fn converse(stream: UnixStream, service: Service, mut stop: watch::Receiver<bool>) {
    let peer = match Peer::of(&stream) {
        Ok(peer) => peer,
        Err(error) => {
            tracing::warn!(%error, "a peer without credentials was turned away");
            return;
        }
    };
    let service = TowerToHyperService::new(router(service, peer));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, uid = peer.uid, pid = peer.pid, "a connection ended early");
    }
}

/// Waits for the word to stop, or for whoever could give it to be gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|&stop| stop).await);
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT
//! Connections: how many, for how long, and whose.

use crate::ban::Moment;
use crate::limits::{BUFFER, GRACE, HEAD, PAUSE, REFUSAL, REFUSALS, UNREAD};
use crate::peer::Peer;
use crate::quota::Quota;
use crate::routes::{Caller, Service, router, turned_away};
use crate::socket::Socket;
use aegis_api::ApiError;
use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

/// Serves one of the sockets until `stop` turns true, then ends what is under way.
pub async fn serve(socket: &Socket, service: Service, mut stop: watch::Receiver<bool>) {
    let mut server = Server::new(socket, service, stop.clone());
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let place = Arc::clone(&server.places).acquire_owned().await.ok();
            (place, socket.listener().accept().await)
        };
        tokio::select! {
            () = stopped(&mut stop) => break,
            Some(_) = server.connections.join_next() => {}
            (place, accepted) = accepted => match accepted {
                Ok((stream, _)) => server.welcome(stream, place),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
    server.end().await;
}

struct Server<'a> {
    socket: &'a Socket,
    routes: Router,
    own_uid: u32,
    quota: Arc<Quota>,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    connections: JoinSet<()>,
    stop: watch::Receiver<bool>,
}

impl<'a> Server<'a> {
    fn new(socket: &'a Socket, service: Service, stop: watch::Receiver<bool>) -> Self {
        let limits = socket.door().limits();
        Self {
            socket,
            own_uid: service.own_uid(),
            routes: router(service),
            quota: Quota::new(limits),
            places: Arc::new(Semaphore::new(limits.connections)),
            refusals: Arc::new(Semaphore::new(REFUSALS)),
            connections: JoinSet::new(),
            stop,
        }
    }

    fn welcome(&mut self, stream: UnixStream, place: Option<OwnedSemaphorePermit>) {
        let peer = match Peer::of(&stream) {
            Ok(peer) => peer,
            Err(error) => {
                tracing::warn!(%error, "a peer without credentials was turned away");
                return;
            }
        };
        match self.quota.connect(peer.uid, Moment::now().monotonic) {
            Ok(visit) => {
                let rights = self.socket.door().may_change(peer.uid, self.own_uid);
                let caller = Caller::new(peer, rights, visit);
                self.converse(stream, (self.routes.clone(), HEAD), Some(caller), place);
            }
            // Without the place, which is for others.
            Err(error) => self.turn_away(stream, error),
        }
    }

    /// Tells why, to as many as that can be told to at once.
    fn turn_away(&mut self, stream: UnixStream, error: ApiError) {
        if let Ok(slot) = Arc::clone(&self.refusals).try_acquire_owned() {
            let refusing = (turned_away(error), REFUSAL);
            self.converse(stream, refusing, None, Some(slot));
        }
    }

    fn converse(
        &mut self,
        stream: UnixStream,
        (routes, head): (Router, Duration),
        caller: Option<Caller>,
        place: Option<OwnedSemaphorePermit>,
    ) {
        let conversation = converse(stream, (routes, head), caller, self.stop.clone());
        self.connections.spawn(async move {
            conversation.await;
            drop(place);
        });
    }

    async fn end(self) {
        // With them goes the last way to send commands.
        drop(self.routes);
        let mut connections = self.connections;
        let ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            connections.shutdown().await;
        }
    }
}

async fn converse(
    stream: UnixStream,
    (routes, head): (Router, Duration),
    caller: Option<Caller>,
    mut stop: watch::Receiver<bool>,
) {
    let routes = TowerToHyperService::new(routes);
    let peer = caller.as_ref().map(|caller| caller.peer().clone());
    let asked = service_fn(move |mut request: Request<Incoming>| {
        if let Some(caller) = &caller {
            request.extensions_mut().insert(caller.clone());
        }
        routes.call(request)
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(UNREAD));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Box::pin(stream)), asked);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, ?peer, "a connection ended early");
    }
}

/// Waits for the word to stop, or for whoever could give it to be gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|&stop| stop).await);
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT
//! Requests into commands, answers into JSON.

use crate::command::{Command, Reply};
use crate::event::KEPT;
use crate::host::Host;
use crate::peer::Peer;
use aegis_api::{
    ApiError, ErrorAnswer, ErrorCode, MAX_BODY_BYTES, SecurityEvent, StreamLine, path,
};
use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, mpsc, oneshot, watch};

/// How long a request may take, its body included.
const REQUEST: Duration = Duration::from_secs(10);
/// Followers of the event stream at once; the other connections are for short requests.
const FOLLOWERS: usize = 32;
/// Events that are shown where the request does not say how many.
const DEFAULT_LIMIT: usize = 100;

/// What every handler needs.
#[derive(Clone)]
pub struct Service {
    commands: mpsc::Sender<Command>,
    host: Host,
    followers: Arc<Semaphore>,
    own_uid: u32,
    stop: watch::Receiver<bool>,
}

impl Service {
    /// Commands go to `commands`, with what `host` cannot do without; event streams end when
    /// `stop` turns true.
    pub fn new(commands: mpsc::Sender<Command>, host: Host, stop: watch::Receiver<bool>) -> Self {
        let own_uid = rustix::process::geteuid().as_raw();
        Self {
            commands,
            host,
            followers: Arc::new(Semaphore::new(FOLLOWERS)),
            own_uid,
            stop,
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, ApiError> {
        let (reply, answer) = oneshot::channel();
        let stopping = || ApiError::new(ErrorCode::Unavailable, "the daemon is stopping");
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }

    /// Asks for a change on behalf of a peer.
    async fn change<Q: DeserializeOwned, T>(
        &self,
        peer: Peer,
        body: Result<Bytes, BytesRejection>,
        command: impl FnOnce(Q, Peer, Reply<T>) -> Command,
    ) -> Result<Json<T>, Failure> {
        peer.may_change(self.own_uid).inspect_err(|error| {
            tracing::warn!(uid = peer.uid, gid = peer.gid, pid = peer.pid, %error, "refused");
        })?;
        let request = parse(&body.map_err(|rejection| unread(&rejection))?)?;
        Ok(Json(self.ask(|reply| command(request, peer, reply)).await?))
    }
}

/// The endpoints, for one peer.
pub fn router(service: Service, peer: Peer) -> Router {
    Router::new()
        .route(path::STATUS, get(status))
        .route(path::STATS, get(stats))
        .route(path::BANS, get(bans).post(ban).delete(unban))
        .route(path::ALLOW, get(allowlist).post(allow).delete(disallow))
        .route(path::EVENTS, get(events))
        .route(path::EVENT_STREAM, get(stream))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(axum::middleware::from_fn(in_time))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(Extension(peer))
        .with_state(service)
}

/// A failure on its way to the client.
struct Failure(ApiError);

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.http_status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(ErrorAnswer { error: self.0 })).into_response()
    }
}

type Answer<T> = Result<Json<T>, Failure>;
type Sent = Result<Bytes, BytesRejection>;

async fn status(State(service): State<Service>) -> Answer<aegis_api::Status> {
    Ok(Json(service.ask(Command::Status).await?))
}

async fn stats(State(service): State<Service>) -> Answer<aegis_api::Stats> {
    Ok(Json(service.ask(Command::Stats).await?))
}

async fn bans(State(service): State<Service>) -> Answer<aegis_api::BanList> {
    Ok(Json(service.ask(Command::Bans).await?))
}

async fn ban(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<aegis_api::BanAnswer> {
    // Asked each time: addresses and routes come and go.
    let host = service.host.protected().await;
    let command = |request, peer, reply| Command::Ban(request, host, peer, reply);
    service.change(peer, body, command).await
}

async fn unban(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<aegis_api::UnbanAnswer> {
    service.change(peer, body, Command::Unban).await
}

async fn allowlist(State(service): State<Service>) -> Answer<aegis_api::AllowList> {
    Ok(Json(service.ask(Command::AllowList).await?))
}

async fn allow(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<aegis_api::AllowAnswer> {
    service.change(peer, body, Command::Allow).await
}

async fn disallow(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<aegis_api::AllowAnswer> {
    service.change(peer, body, Command::Disallow).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventQuery {
    limit: Option<usize>,
}

async fn events(
    State(service): State<Service>,
    query: Result<Query<EventQuery>, QueryRejection>,
) -> Answer<aegis_api::EventList> {
    let Query(query) = query.map_err(|rejection| {
        ApiError::new(ErrorCode::InvalidRequest, rejection.body_text())
            .next("only limit=N is known")
    })?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).min(KEPT);
    Ok(Json(
        service.ask(|reply| Command::Events(limit, reply)).await?,
    ))
}

async fn stream(State(service): State<Service>) -> Result<Response, Failure> {
    let permit = Arc::clone(&service.followers)
        .try_acquire_owned()
        .map_err(|_| {
            let message = format!("{FOLLOWERS} clients follow events already");
            ApiError::new(ErrorCode::Unavailable, message).next("end one of them")
        })?;
    let feed = service.ask(Command::Follow).await?;
    let follower = Follower {
        feed,
        stop: service.stop,
        _permit: permit,
    };
    let lines = futures_util::stream::unfold(follower, Follower::line);
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(lines)).into_response())
}

/// One reader of the event stream.
struct Follower {
    feed: broadcast::Receiver<SecurityEvent>,
    stop: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    async fn line(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let received = tokio::select! {
            received = self.feed.recv() => received,
            _ = self.stop.wait_for(|&stop| stop) => return None,
        };
        let line = match received {
            Ok(event) => StreamLine::Event(Box::new(event)),
            Err(RecvError::Lagged(missed)) => StreamLine::Missed { missed },
            Err(RecvError::Closed) => return None,
        };
        let mut json = serde_json::to_vec(&line)
            .inspect_err(|error| tracing::error!(%error, "an event cannot be written"))
            .ok()?;
        json.push(b'\n');
        Some((Ok(json.into()), self))
    }
}

async fn unknown(request: Request) -> Failure {
    let message = format!("there is no {} {}", request.method(), request.uri().path());
    ApiError::new(ErrorCode::UnknownEndpoint, message).into()
}

async fn in_time(request: Request, next: Next) -> Response {
    let what = format!("{} {}", request.method(), request.uri().path());
    let changes = !request.method().is_safe();
    match tokio::time::timeout(REQUEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure(late(&what, changes)).into_response(),
    }
}

/// A change that was begun is finished; one that still waits in the queue is not made.
fn late(what: &str, changes: bool) -> ApiError {
    let message = format!("{what} took longer than {} s", REQUEST.as_secs());
    if changes {
        let message = format!("{message}, whether it was done is unknown");
        ApiError::new(ErrorCode::TimedOut, message).next("list what holds, then try again")
    } else {
        ApiError::new(ErrorCode::TimedOut, message).next("try again")
    }
}

fn parse<Q: DeserializeOwned>(body: &[u8]) -> Result<Q, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::new(ErrorCode::InvalidRequest, format!("bad request: {error}")))
}

fn unread(rejection: &BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("the request is larger than {MAX_BODY_BYTES} bytes");
        return ApiError::new(ErrorCode::TooLarge, message).next("split it");
    }
    ApiError::new(ErrorCode::InvalidRequest, rejection.body_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_answer_to_a_change_says_that_its_outcome_is_unknown() {
        assert!(late("POST /v1/bans", true).message.contains("unknown"));
        assert!(!late("GET /v1/stats", false).message.contains("unknown"));
    }
}

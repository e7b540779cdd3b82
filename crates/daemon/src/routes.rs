// SPDX-License-Identifier: MIT
//! Requests into commands, answers into JSON.

mod event;
mod flow;
mod part;
mod saved;

use crate::Successor;
use crate::command::{Change, Command, Reply};
use crate::confine;
use crate::ending;
use crate::host::Host;
use crate::peer::Peer;
use aegis_api::{ApiError, ErrorAnswer, ErrorCode, MAX_BODY_BYTES, path};
use aegis_policy::{Part, Target};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

/// How long a request may take, its body included.
const REQUEST: Duration = Duration::from_secs(10);

/// What every handler needs.
#[derive(Clone)]
pub struct Service {
    commands: mpsc::Sender<Command>,
    host: Host,
    followers: Arc<Semaphore>,
    own_uid: u32,
    successor: Option<Successor>,
    stop: watch::Receiver<bool>,
}

impl Service {
    /// Commands go to `commands`, with what `host` cannot do without; event streams end when
    /// `stop` turns true.
    pub fn new(
        commands: mpsc::Sender<Command>,
        host: Host,
        successor: Option<Successor>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let own_uid = rustix::process::geteuid().as_raw();
        Self {
            commands,
            host,
            followers: Arc::new(Semaphore::new(event::FOLLOWERS)),
            own_uid,
            successor,
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
        body: Sent,
        change: impl FnOnce(Q, Reply<T>) -> Change,
    ) -> Answer<T> {
        let request = self.permitted(peer, body)?;
        Ok(Json(
            self.order(peer, |reply| change(request, reply)).await?,
        ))
    }

    /// What a peer asks for that may change things.
    fn permitted<Q: DeserializeOwned>(&self, peer: Peer, body: Sent) -> Result<Q, ApiError> {
        self.admit(peer)?;
        parse(&body.map_err(|rejection| unread(&rejection, MAX_BODY_BYTES))?)
    }

    /// Refuses a peer that may not change anything.
    fn admit(&self, peer: Peer) -> Result<(), ApiError> {
        peer.may_change(self.own_uid).inspect_err(|error| {
            tracing::warn!(uid = peer.uid, gid = peer.gid, pid = peer.pid, %error, "refused");
        })
    }

    async fn order<T>(
        &self,
        peer: Peer,
        change: impl FnOnce(Reply<T>) -> Change,
    ) -> Result<T, ApiError> {
        self.ask(|reply| Command::Change(change(reply), peer)).await
    }
}

/// The endpoints, for one peer.
pub fn router(service: Service, peer: Peer) -> Router {
    Router::new()
        .route(path::STATUS, get(status))
        .route(path::STATS, get(stats))
        .route(path::BANS, get(bans).post(ban).delete(unban))
        .route(path::ALLOW, get(allowlist).post(allow).delete(disallow))
        .route(path::FLOWS, get(flow::list).delete(flow::kill))
        .route(path::WHY, get(why))
        .route(path::MODULES, get(modules).post(switch))
        .route(path::SAVED, saved::method_router())
        .route(path::RELOAD, post(reload))
        .route(path::DETACH, post(part::detach))
        .route(path::UPGRADE, post(part::upgrade))
        .route(path::EVENTS, get(event::list))
        .route(path::EVENT_STREAM, get(event::stream))
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
    let status = service.ask(Command::Status).await?;
    Ok(Json(confine::with_report(status, service.host.witness())))
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
    let change = |request, reply| Change::Ban(request, host, reply);
    let Json(mut answer) = service.change(peer, body, change).await?;
    if let Some(target) = cut_off(&answer) {
        answer.sockets = ending::of_peer(target.net()).await;
    }
    Ok(Json(answer))
}

/// Whom a ban has cut off entirely, so that connections with them are over.
fn cut_off(answer: &aegis_api::BanAnswer) -> Option<Target> {
    let whole = answer.ban.part == Part::WHOLE.to_string();
    let spared = answer.overruled_by.is_some() || answer.sockets.problem.is_some();
    (whole && !spared).then(|| answer.ban.target.parse().ok())?
}

async fn unban(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<aegis_api::UnbanAnswer> {
    service.change(peer, body, Change::Unban).await
}

async fn allowlist(State(service): State<Service>) -> Answer<aegis_api::AllowList> {
    Ok(Json(service.ask(Command::AllowList).await?))
}

async fn allow(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<aegis_api::AllowAnswer> {
    service.change(peer, body, Change::Allow).await
}

async fn disallow(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<aegis_api::AllowAnswer> {
    service.change(peer, body, Change::Disallow).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhyQuery {
    address: IpAddr,
}

async fn why(
    State(service): State<Service>,
    query: Result<Query<WhyQuery>, QueryRejection>,
) -> Answer<aegis_api::Why> {
    let Query(query) = query.map_err(|rejection| {
        ApiError::new(ErrorCode::InvalidRequest, rejection.body_text())
            .next("name one address: address=192.0.2.1")
    })?;
    Ok(Json(
        service
            .ask(|reply| Command::Why(query.address, reply))
            .await?,
    ))
}

async fn modules(State(service): State<Service>) -> Answer<aegis_api::ModuleList> {
    Ok(Json(service.ask(Command::Modules).await?))
}

async fn switch(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<aegis_api::ModuleAnswer> {
    service.change(peer, body, Change::Switch).await
}

async fn reload(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<aegis_api::ReloadAnswer> {
    let change = |aegis_api::ReloadRequest {}, reply| Change::Reload(reply);
    service.change(peer, body, change).await
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

fn unread(rejection: &BytesRejection, most: usize) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("the request is larger than {most} bytes");
        return ApiError::new(ErrorCode::TooLarge, message).next("split it");
    }
    ApiError::new(ErrorCode::InvalidRequest, rejection.body_text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::{Ban, BanAnswer, EndedSockets};

    #[test]
    fn only_a_ban_of_everything_that_takes_effect_ends_sockets() {
        let answer = |part: &str| BanAnswer {
            ban: Ban {
                target: "192.0.2.0/24".to_owned(),
                port: None,
                protocol: None,
                part: part.to_owned(),
                causes: Vec::new(),
                reason: None,
                rule: 1,
                expires: None,
                expires_in_seconds: None,
            },
            renewed: false,
            overruled_by: None,
            sockets: EndedSockets::default(),
            state_problem: None,
        };
        let whole = cut_off(&answer("everything")).map(|target| target.to_string());
        assert_eq!(whole.as_deref(), Some("192.0.2.0/24"));
        assert_eq!(cut_off(&answer("tcp port 22")), None);
        assert_eq!(cut_off(&answer("new connections")), None);
        let overruled = BanAnswer {
            overruled_by: Some("192.0.2.0/24".to_owned()),
            ..answer("everything")
        };
        assert_eq!(cut_off(&overruled), None);
        let problem = Some("one inside is allowed".to_owned());
        let spared = BanAnswer {
            sockets: EndedSockets { ended: 0, problem },
            ..answer("everything")
        };
        assert_eq!(cut_off(&spared), None);
    }

    #[test]
    fn a_late_answer_to_a_change_says_that_its_outcome_is_unknown() {
        assert!(late("POST /v1/bans", true).message.contains("unknown"));
        assert!(!late("GET /v1/stats", false).message.contains("unknown"));
    }
}

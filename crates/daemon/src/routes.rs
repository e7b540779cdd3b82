// SPDX-License-Identifier: MIT
//! Requests into commands, answers into JSON.

mod asked;
mod event;
mod flow;
mod geo;
mod lines;
mod lists;
mod overview;
mod part;
mod saved;
mod stats;

pub use asked::Caller;

use crate::Successor;
use crate::ban::Moment;
use crate::command::{Change, Command, Reply};
use crate::courier::Courier;
use crate::ending;
use crate::host::Host;
use crate::limits::{REQUEST, RETRY_AFTER};
use crate::peer::Peer;
use aegis_api::{
    API_VERSION, ApiError, BanQuery, Endpoint, ErrorAnswer, ErrorCode, Index, MAX_BODY_BYTES,
    MAX_RESTORE_BYTES, Method, OPENAPI, WhyQuery,
};
use aegis_policy::{Part, Target};
use asked::{Asked, admitted};
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot, watch};

/// What every handler needs.
#[derive(Clone)]
pub struct Service {
    commands: mpsc::Sender<Command>,
    host: Host,
    courier: Courier,
    own_uid: u32,
    successor: Option<Successor>,
    stop: watch::Receiver<bool>,
}

impl Service {
    /// Commands go to `commands`, with what `host` cannot do without; streams end when `stop` turns
    /// true.
    pub fn new(
        commands: mpsc::Sender<Command>,
        (host, courier): (Host, Courier),
        successor: Option<Successor>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let own_uid = rustix::process::geteuid().as_raw();
        Self {
            commands,
            host,
            courier,
            own_uid,
            successor,
            stop,
        }
    }

    /// The daemon's user.
    pub fn own_uid(&self) -> u32 {
        self.own_uid
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
        asked: Asked,
        change: impl FnOnce(Q, Reply<T>) -> Change,
    ) -> Answer<T> {
        let request = asked.permitted()?;
        let peer = asked.peer();
        Ok(Json(
            self.order(peer, |reply| change(request, reply)).await?,
        ))
    }

    async fn order<T>(
        &self,
        peer: Peer,
        change: impl FnOnce(Reply<T>) -> Change,
    ) -> Result<T, ApiError> {
        self.ask(|reply| Command::Change(change(reply), peer)).await
    }
}

/// Every endpoint of the table.
pub fn router(service: Service) -> Router {
    let router = Endpoint::ALL
        .iter()
        .fold(Router::new(), |router, endpoint| {
            router.route(endpoint.path(), handler(*endpoint))
        });
    router
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(from_fn(in_time))
        .layer(from_fn(admitted))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(service)
}

/// Whatever is asked, the answer is this failure, and the connection ends.
pub fn turned_away(error: ApiError) -> Router {
    let answer = move || {
        let failure = Failure(error.clone());
        async move { ([(header::CONNECTION, "close")], failure) }
    };
    Router::new().fallback(answer)
}

fn handler(endpoint: Endpoint) -> MethodRouter<Service> {
    let method = match endpoint.method() {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Delete => MethodFilter::DELETE,
    };
    match endpoint {
        Endpoint::Index => on(method, index),
        Endpoint::OpenApi => on(method, open_api),
        Endpoint::Status => on(method, overview::status),
        Endpoint::Stats => on(method, stats::list),
        Endpoint::StatsStream => on(method, stats::stream),
        Endpoint::Bans => on(method, bans),
        Endpoint::Ban => on(method, ban),
        Endpoint::Unban => on(method, unban),
        Endpoint::AllowList => on(method, allowlist),
        Endpoint::Allow => on(method, allow),
        Endpoint::Disallow => on(method, disallow),
        Endpoint::Flows => on(method, flow::list),
        Endpoint::FlowGroups => on(method, flow::groups),
        Endpoint::History => on(method, overview::history),
        Endpoint::Attacks => on(method, overview::attacks),
        Endpoint::Kill => on(method, flow::kill),
        Endpoint::Why => on(method, why),
        Endpoint::Geo => on(method, geo::status),
        Endpoint::GeoBlock => on(method, geo::block),
        Endpoint::GeoUnblock => on(method, geo::unblock),
        Endpoint::Modules => on(method, modules),
        Endpoint::Switch => on(method, switch),
        Endpoint::Lists => on(method, lists::all),
        Endpoint::List => on(method, lists::one),
        Endpoint::ListLoad => {
            let most = DefaultBodyLimit::max(MAX_RESTORE_BYTES);
            on(method, lists::load).layer(most)
        }
        Endpoint::ListRemove => on(method, lists::remove),
        Endpoint::ListUpdate => on(method, lists::update),
        Endpoint::ListRelease => on(method, lists::release),
        Endpoint::ListSwitch => on(method, lists::switch),
        Endpoint::Save => on(method, saved::save),
        Endpoint::Restore => {
            let most = DefaultBodyLimit::max(MAX_RESTORE_BYTES);
            on(method, saved::restore).layer(most)
        }
        Endpoint::Reload => on(method, reload),
        Endpoint::Detach => on(method, part::detach),
        Endpoint::Upgrade => on(method, part::upgrade),
        Endpoint::Events => on(method, event::list),
        Endpoint::EventStream => on(method, event::stream),
    }
}

/// A failure on its way to the client.
#[derive(Debug)]
pub struct Failure(ApiError);

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.http_status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(ErrorAnswer { error: self.0 })).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let seconds = HeaderValue::from_static(RETRY_AFTER);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

type Answer<T> = Result<Json<T>, Failure>;

async fn index() -> Json<Index> {
    Json(Index::of(env!("CARGO_PKG_VERSION")))
}

async fn open_api() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

async fn bans(
    State(service): State<Service>,
    query: Result<Query<BanQuery>, QueryRejection>,
) -> Answer<aegis_api::BanList> {
    let Query(query) = query.map_err(|rejection| {
        ApiError::new(ErrorCode::InvalidRequest, rejection.body_text())
            .next("origin and own are known")
    })?;
    let listed = service.ask(|reply| Command::Bans(query, reply)).await?;
    let answer = flow::beside(move || Ok(listed.answer(&Moment::now())));
    Ok(Json(answer.await?))
}

async fn ban(State(service): State<Service>, asked: Asked) -> Answer<aegis_api::BanAnswer> {
    // Asked each time: addresses and routes come and go.
    let host = service.host.protected().await;
    let change = |request, reply| Change::Ban(request, host, reply);
    let Json(mut answer) = service.change(asked, change).await?;
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

async fn unban(State(service): State<Service>, asked: Asked) -> Answer<aegis_api::UnbanAnswer> {
    service.change(asked, Change::Unban).await
}

async fn allowlist(State(service): State<Service>) -> Answer<aegis_api::AllowList> {
    Ok(Json(service.ask(Command::AllowList).await?))
}

async fn allow(State(service): State<Service>, asked: Asked) -> Answer<aegis_api::AllowAnswer> {
    service.change(asked, Change::Allow).await
}

async fn disallow(State(service): State<Service>, asked: Asked) -> Answer<aegis_api::AllowAnswer> {
    service.change(asked, Change::Disallow).await
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

async fn switch(State(service): State<Service>, asked: Asked) -> Answer<aegis_api::ModuleAnswer> {
    // Lists come with a module, and may name somebody who has just logged in.
    drop(service.host.protected().await);
    service.change(asked, Change::Switch).await
}

async fn reload(State(service): State<Service>, asked: Asked) -> Answer<aegis_api::ReloadAnswer> {
    // As for a ban: whoever has just logged in to write a policy of places is not to be cut off by it.
    let host = service.host.protected().await.ok();
    let change = |request: aegis_api::ReloadRequest, reply| {
        let host = host.map(|host| host.with_admins(request.session_peer.as_slice()));
        Change::Reload(host, reply)
    };
    service.change(asked, change).await
}

async fn unknown(request: Request) -> Failure {
    let (method, path) = (request.method(), request.uri().path());
    match version(path) {
        Some(version) if version != API_VERSION => {
            let message = format!("version {version} of the interface is not served, in {path}");
            let next = format!("use version {API_VERSION}: GET /v{API_VERSION} lists it");
            ApiError::new(ErrorCode::UnknownVersion, message).next(next)
        }
        _ => ApiError::new(
            ErrorCode::UnknownEndpoint,
            format!("there is no {method} {path}"),
        )
        .next(format!("GET /v{API_VERSION} lists what there is")),
    }
    .into()
}

/// The number in `/v1/status`.
fn version(path: &str) -> Option<u32> {
    path.strip_prefix("/v")?.split('/').next()?.parse().ok()
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

#[cfg(test)]
mod tests;

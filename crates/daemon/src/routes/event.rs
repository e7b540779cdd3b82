// SPDX-License-Identifier: MIT
//! Events, those that were and those that come.

use super::{Answer, Failure, Service};
use crate::command::Command;
use crate::event::KEPT;
use aegis_api::{ApiError, ErrorCode, EventList, SecurityEvent, StreamLine};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};

/// Followers of the event stream at once; the other connections are for short requests.
pub(super) const FOLLOWERS: usize = 32;
/// Events that are shown where the request does not say how many.
const DEFAULT_LIMIT: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventQuery {
    limit: Option<usize>,
}

pub(super) async fn list(
    State(service): State<Service>,
    query: Result<Query<EventQuery>, QueryRejection>,
) -> Answer<EventList> {
    let Query(query) = query.map_err(|rejection| {
        ApiError::new(ErrorCode::InvalidRequest, rejection.body_text())
            .next("only limit=N is known")
    })?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).min(KEPT);
    Ok(Json(
        service.ask(|reply| Command::Events(limit, reply)).await?,
    ))
}

pub(super) async fn stream(State(service): State<Service>) -> Result<Response, Failure> {
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

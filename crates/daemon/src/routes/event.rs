// SPDX-License-Identifier: MIT
//! Events, those that were and those that come.

use super::lines::lines;
use super::{Answer, Caller, Failure, Service};
use crate::command::Command;
use crate::event::KEPT;
use crate::quota::Stream;
use aegis_api::{ApiError, ErrorCode, EventList, EventQuery, SecurityEvent, StreamLine};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::{Extension, Json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

/// Events that are shown where the request does not say how many.
const DEFAULT_LIMIT: usize = 100;

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

pub(super) async fn stream(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Failure> {
    let follower = Follower {
        _stream: caller.stream()?,
        feed: service.ask(Command::Follow).await?,
        stop: service.stop,
    };
    Ok(lines(follower, Follower::line))
}

/// One reader of the event stream.
struct Follower {
    feed: broadcast::Receiver<SecurityEvent>,
    stop: watch::Receiver<bool>,
    _stream: Stream,
}

impl Follower {
    async fn line(mut self) -> Option<(StreamLine, Self)> {
        let received = tokio::select! {
            received = self.feed.recv() => received,
            _ = self.stop.wait_for(|&stop| stop) => return None,
        };
        let line = match received {
            Ok(event) => StreamLine::Event(Box::new(event)),
            Err(RecvError::Lagged(missed)) => StreamLine::Missed { missed },
            Err(RecvError::Closed) => return None,
        };
        Some((line, self))
    }
}

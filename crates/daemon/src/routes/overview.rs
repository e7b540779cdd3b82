// SPDX-License-Identifier: MIT
//! What goes on, and what went on.

use super::flow::json;
use super::{Answer, Failure, Service};
use crate::command::Command;
use crate::confine;
use aegis_api::{ApiError, AttackList, ErrorCode, HistoryQuery, Status};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;

pub(super) async fn status(State(service): State<Service>) -> Answer<Status> {
    let status = service.ask(Command::Status).await?;
    let aside = (service.host.witness().state(), service.courier.state());
    Ok(Json(confine::with_report(status, aside)))
}

pub(super) async fn attacks(State(service): State<Service>) -> Answer<AttackList> {
    Ok(Json(service.ask(Command::Attacks).await?))
}

pub(super) async fn history(
    State(service): State<Service>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let parsed = query.map_err(|rejection| rejection.body_text());
    let parsed = parsed.and_then(|Query(query)| Ok((query.since, query.step_seconds()?)));
    let (since, step) = parsed.map_err(|wrong| {
        let error = ApiError::new(ErrorCode::InvalidRequest, wrong);
        error.next("say since=2026-01-31T12:00:00Z, step=10s, or both; a step is 1s to 60s")
    })?;
    let told = service.ask(|reply| Command::History(since, step, reply));
    let told = told.await?;
    json(move || Ok(told)).await
}

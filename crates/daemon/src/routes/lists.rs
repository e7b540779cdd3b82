// SPDX-License-Identifier: MIT
//! Lists of addresses.

use super::{Answer, Asked, Service};
use crate::command::{Change, Command, ListChange, ListText};
use crate::geo;
use crate::owner::by_hand;
use aegis_api::{
    ApiError, ErrorCode, ListDetail, ListLoadRequest, ListQuery, ListStatus, ListsAnswer,
    ListsBegun, MAX_RESTORE_BYTES,
};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};

pub(super) async fn all(State(service): State<Service>) -> Answer<ListsAnswer> {
    Ok(Json(service.ask(Command::Lists).await?))
}

pub(super) async fn one(
    State(service): State<Service>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Answer<ListDetail> {
    let Query(ListQuery { name }) = query.map_err(|rejection| {
        ApiError::new(ErrorCode::InvalidRequest, rejection.body_text())
            .next("name one list: name=spamhaus_drop")
    })?;
    let mut detail = service.ask(|reply| Command::List(name, reply)).await?;
    for line in &mut detail.refused {
        line.place = geo::place_in(&line.text);
    }
    Ok(Json(detail))
}

pub(super) async fn update(State(service): State<Service>, asked: Asked) -> Answer<ListsBegun> {
    let change = |request, reply| Change::List(ListChange::Update(request, reply));
    service.change(asked, change).await
}

pub(super) async fn release(State(service): State<Service>, asked: Asked) -> Answer<ListsBegun> {
    let change = |request, reply| Change::List(ListChange::Release(request, reply));
    service.change(asked, change).await
}

pub(super) async fn remove(State(service): State<Service>, asked: Asked) -> Answer<ListsBegun> {
    let change = |request, reply| Change::List(ListChange::Remove(request, reply));
    service.change(asked, change).await
}

pub(super) async fn switch(State(service): State<Service>, asked: Asked) -> Answer<ListStatus> {
    // The owner goes by what is remembered of it.
    drop(service.host.protected().await);
    let change = |request, reply| Change::List(ListChange::Switch(request, reply));
    service.change(asked, change).await
}

/// Texts are long: they are understood here, and not by the owner, which others wait for.
pub(super) async fn load(State(service): State<Service>, asked: Asked) -> Answer<ListsBegun> {
    let body = asked.body(MAX_RESTORE_BYTES)?;
    let loaded = tokio::task::spawn_blocking(move || {
        let request: ListLoadRequest = super::asked::parse(&body)?;
        Ok(ListText {
            by_hand: by_hand(&request)?,
            text: request.text.into_bytes(),
        })
    });
    let loaded = loaded.await;
    let loaded = loaded.map_err(|_| ApiError::new(ErrorCode::Failed, "the text was not read"))?;
    let loaded: ListText = loaded.inspect_err(|error| asked.refused("", error))?;
    let change = |reply| Change::List(ListChange::Load(loaded, reply));
    Ok(Json(service.order(asked.peer(), change).await?))
}

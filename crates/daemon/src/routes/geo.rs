// SPDX-License-Identifier: MIT
//! Places, and which of them are let through.

use super::{Answer, Asked, Service};
use crate::command::{Change, Command, RegionChange};
use aegis_api::{GeoAnswer, GeoBlockRequest, GeoStatus};
use axum::Json;
use axum::extract::State;

pub(super) async fn status(State(service): State<Service>) -> Answer<GeoStatus> {
    Ok(Json(service.ask(Command::Geo).await?))
}

pub(super) async fn block(State(service): State<Service>, asked: Asked) -> Answer<GeoAnswer> {
    // As for a ban: whoever is logged in now is not to be cut off.
    let host = service.host.protected().await;
    let change = |request: GeoBlockRequest, reply| {
        let session = request.session_peer;
        let host = host.map(|host| host.with_admins(session.as_slice()));
        Change::Region(RegionChange::Block(request, host), reply)
    };
    service.change(asked, change).await
}

pub(super) async fn unblock(State(service): State<Service>, asked: Asked) -> Answer<GeoAnswer> {
    let change = |request, reply| Change::Region(RegionChange::Unblock(request), reply);
    service.change(asked, change).await
}

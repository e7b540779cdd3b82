// SPDX-License-Identifier: MIT
//! Having the daemon go.

use super::{Answer, Sent, Service};
use crate::command::Change;
use crate::parting::Parting;
use crate::peer::Peer;
use aegis_api::{ApiError, DetachRequest, ErrorCode, PartingAnswer, UpgradeRequest};
use axum::extract::State;
use axum::{Extension, Json};

pub(super) async fn detach(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<PartingAnswer> {
    let change = |DetachRequest {}, reply| Change::Part(Parting::Detach, reply);
    service.change(peer, body, change).await
}

pub(super) async fn upgrade(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    body: Sent,
) -> Answer<PartingAnswer> {
    let UpgradeRequest {} = service.permitted(peer, body)?;
    service.rehearse().await?;
    let change = |reply| Change::Part(Parting::Succeed, reply);
    Ok(Json(service.order(peer, change).await?))
}

impl Service {
    /// Nothing changes unless the program that is to take over has shown that it can.
    async fn rehearse(&self) -> Result<(), ApiError> {
        let Some(successor) = &self.successor else {
            let message = "this daemon is part of another program, and cannot be replaced";
            let error = ApiError::new(ErrorCode::Refused, message);
            return Err(error.next("start one of its own: aegis-cli daemon"));
        };
        successor.rehearse().await.map_err(|words| {
            let path = successor.path().display();
            let message = format!("{path} cannot take over: {words}");
            ApiError::new(ErrorCode::Refused, message)
                .next("nothing has changed; install a program that fits, or see `aegis-cli detach`")
        })
    }
}

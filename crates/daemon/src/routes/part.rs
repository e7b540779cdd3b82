// SPDX-License-Identifier: MIT
//! Having the daemon go.

use super::{Answer, Asked, Service};
use crate::command::Change;
use crate::parting::Parting;
use aegis_api::{ApiError, DetachRequest, ErrorCode, PartingAnswer, UpgradeRequest};
use axum::Json;
use axum::extract::State;

pub(super) async fn detach(State(service): State<Service>, asked: Asked) -> Answer<PartingAnswer> {
    let change = |DetachRequest {}, reply| Change::Part(Parting::Detach, reply);
    service.change(asked, change).await
}

pub(super) async fn upgrade(State(service): State<Service>, asked: Asked) -> Answer<PartingAnswer> {
    let UpgradeRequest {} = asked.permitted()?;
    let rehearsed = service.rehearse().await;
    rehearsed.inspect_err(|error| asked.refused("", error))?;
    let change = |reply| Change::Part(Parting::Succeed, reply);
    Ok(Json(service.order(asked.peer(), change).await?))
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

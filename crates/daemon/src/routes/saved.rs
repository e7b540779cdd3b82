// SPDX-License-Identifier: MIT
//! Everything that stands, saved and restored. Texts are long: they are written and read here, and not
//! by the owner, which others wait for.

use super::asked::{Asked, parse};
use super::{Answer, Service};
use crate::command::{Change, Command, Saved};
use aegis_api::{
    ApiError, ErrorCode, MAX_RESTORE_BYTES, RestoreAnswer, RestoreRequest, SaveAnswer,
};
use aegis_policy::Manner;
use aegis_policy::saved::{Record, read_file, write_file};
use axum::Json;
use axum::extract::State;

/// What a text without a name is called.
const NAMELESS: &str = "text";

pub(super) async fn save(State(service): State<Service>) -> Answer<SaveAnswer> {
    let records = service.ask(Command::Save).await?;
    let count = |is: fn(&Record) -> bool| records.iter().filter(|record| is(record)).count();
    Ok(Json(SaveAnswer {
        bans: count(|record| matches!(record, Record::Ban(_))),
        allow: count(|record| matches!(record, Record::Allow(_))),
        text: write_file(&records),
    }))
}

/// Texts are long, so that there is room for one of [`MAX_RESTORE_BYTES`].
pub(super) async fn restore(State(service): State<Service>, asked: Asked) -> Answer<RestoreAnswer> {
    let body = asked.body(MAX_RESTORE_BYTES)?;
    let saved = tokio::task::spawn_blocking(move || understand(&body)).await;
    let saved = saved.map_err(|_| ApiError::new(ErrorCode::Failed, "the text was not read"))?;
    let saved = saved.inspect_err(|error| asked.refused("", error))?;
    let host = service.host.protected().await;
    let change = |reply| Change::Restore(saved, host, reply);
    Ok(Json(service.order(asked.peer(), change).await?))
}

fn understand(body: &[u8]) -> Result<Saved, ApiError> {
    let request: RestoreRequest = parse(body)?;
    let name = match request.name.is_empty() {
        true => NAMELESS.to_owned(),
        false => request.name,
    };
    let records = read_file(&name, request.text.as_bytes()).map_err(|mistakes| {
        let message = format!("nothing was restored:\n{mistakes}");
        ApiError::new(ErrorCode::InvalidRequest, message).next("correct these lines")
    })?;
    let manner = Manner {
        force: crate::ban::force(request.force),
        session: request.session_peer,
    };
    Ok(Saved {
        name,
        records,
        manner,
    })
}

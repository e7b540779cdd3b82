// SPDX-License-Identifier: MIT
//! Everything that stands, saved and restored. Texts are long: they are written and read here, and not
//! by the owner, which others wait for.

use super::{Answer, Failure, Service, parse, unread};
use crate::command::{Change, Command, Saved};
use crate::peer::Peer;
use aegis_api::{
    ApiError, ErrorCode, MAX_RESTORE_BYTES, RestoreAnswer, RestoreRequest, SaveAnswer,
};
use aegis_policy::Manner;
use aegis_policy::saved::{Record, read_file, write_file};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::routing::{MethodRouter, get};
use axum::{Extension, Json};

/// What a text without a name is called.
const NAMELESS: &str = "text";

/// Both methods, with room for a long text.
pub fn method_router() -> MethodRouter<Service> {
    let most = DefaultBodyLimit::max(MAX_RESTORE_BYTES);
    get(save).post(restore).layer(most)
}

async fn save(State(service): State<Service>) -> Answer<SaveAnswer> {
    let records = service.ask(Command::Save).await?;
    let count = |is: fn(&Record) -> bool| records.iter().filter(|record| is(record)).count();
    Ok(Json(SaveAnswer {
        bans: count(|record| matches!(record, Record::Ban(_))),
        allow: count(|record| matches!(record, Record::Allow(_))),
        text: write_file(&records),
    }))
}

/// Who may not change anything is turned away before anything is read.
async fn restore(
    State(service): State<Service>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Answer<RestoreAnswer> {
    service.admit(peer)?;
    let body = Bytes::from_request(request, &()).await;
    let body = body.map_err(|rejection| unread(&rejection, MAX_RESTORE_BYTES))?;
    let saved = tokio::task::spawn_blocking(move || understand(&body)).await;
    let saved = saved.map_err(|_| ApiError::new(ErrorCode::Failed, "the text was not read"))??;
    let host = service.host.protected().await;
    let change = |reply| Change::Restore(saved, host, reply);
    Ok(Json(service.order(peer, change).await?))
}

fn understand(body: &[u8]) -> Result<Saved, Failure> {
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

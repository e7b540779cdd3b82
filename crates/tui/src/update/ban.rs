// SPDX-License-Identifier: MIT
//! Blocking and unblocking what is selected.

use super::act::nothing;
use super::request;
use crate::message::{Change, Effect};
use crate::model::Model;
use aegis_api::{BanRequest, UnbanRequest};

/// Blocks whom the selected row is about, for good; unblocks them where they are blocked.
pub fn toggle(model: &mut Model) -> Vec<Effect> {
    let Some(target) = model.target() else {
        return nothing(model, "select an address to block");
    };
    let change = match model.bans.of(&target) {
        Some(_) => Change::Unban(UnbanRequest {
            target,
            ..UnbanRequest::default()
        }),
        None => Change::Ban(BanRequest {
            target,
            session_peer: model.about.peer,
            ..BanRequest::default()
        }),
    };
    request(model, change)
}

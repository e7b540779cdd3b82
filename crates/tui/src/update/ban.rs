// SPDX-License-Identifier: MIT
//! Blocking and unblocking what is selected.

use super::act::nothing;
use super::{bans, request};
use crate::keys::{self, Action};
use crate::message::{Change, Effect};
use crate::model::{Model, Side, Tab};
use aegis_api::{BanRequest, UnbanRequest};

/// Blocks whom the selected row is about, for good; unblocks them where they are blocked.
pub fn toggle(model: &mut Model) -> Vec<Effect> {
    if model.tab == Tab::Bans {
        return listed(model);
    }
    let Some(target) = model.target() else {
        return nothing(model, "select a row first, to block its address");
    };
    if let Some(wider) = model.bans.around(&target) {
        let text = format!("{target} is blocked by {wider}; `:unblock {wider}` lifts all of that");
        return nothing(model, &text);
    }
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

/// Where bans are listed, the selected one is lifted, and no other of its target.
fn listed(model: &mut Model) -> Vec<Effect> {
    match model.bans.side {
        Side::Banned => bans::remove(model),
        Side::Allowed => {
            let key = keys::label(Action::Remove);
            nothing(model, &format!("{key} takes it off the allowlist"))
        }
    }
}

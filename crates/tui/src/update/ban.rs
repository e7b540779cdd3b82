// SPDX-License-Identifier: MIT
//! Blocking and unblocking what is selected.

use super::act::nothing;
use super::{bans, request};
use crate::keys::{self, Action};
use crate::message::{Change, Effect};
use crate::model::{Model, Side, Tab};
use aegis_api::{BanRequest, Standing, UnbanRequest};

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
    if is_of_others(model, &target) {
        let (why, block) = (keys::label(Action::Why), keys::label(Action::BlockAs));
        let text = format!(
            "{target} is blocked already, by what others decide, such as CrowdSec; {why} tells by what, \
             {block} blocks it all the same"
        );
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

/// Whether nothing of it passes, and that is of no ban that is listed here: so it is with what others
/// decide, which is only counted.
fn is_of_others(model: &Model, target: &str) -> bool {
    let flow = model.connections.selected();
    let flow = flow.filter(|_| model.tab == Tab::Connections);
    let is_banned = flow.is_some_and(|flow| flow.standing == Standing::Banned);
    is_banned && model.bans.of(target).is_none()
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

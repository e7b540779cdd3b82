// SPDX-License-Identifier: MIT
//! What came of changes, and how they are taken back.

use super::{block, lists, outcome, request, restore};
use crate::message::{Change, Effect, Outcome};
use crate::model::{MOST_UNDONE, Model, Notice};
use aegis_api::{AllowRequest, DisallowRequest, ListSwitchRequest, ModuleRequest, UnbanRequest};

/// The daemon has made a change, or not.
pub fn changed(model: &mut Model, change: Change, result: Result<Outcome, String>) {
    model.changes += 1;
    if block::answered(model, &change, result.as_ref().err()) {
        return;
    }
    let notice = match result {
        Ok(outcome) => {
            let text = outcome::words(&change, &outcome);
            if let Outcome::Switched(answer) = &outcome {
                model.modules.clone_from(&answer.modules);
            }
            if let Some(inverse) = inverse(model, &change, &outcome) {
                model.undo.push_back(inverse);
            }
            if model.undo.len() > MOST_UNDONE {
                model.undo.pop_front();
            }
            Notice::good(text, model.now)
        }
        Err(why) => Notice::bad(why, model.now),
    };
    model.notice = Some(notice);
}

/// Takes back the last change that was made from here.
pub fn undo(model: &mut Model) -> Vec<Effect> {
    match model.undo.pop_back() {
        Some(change) => request(model, change),
        None => super::act::nothing(model, "nothing has been changed from here"),
    }
}

/// What takes a change back. A connection that was ended stays so.
fn inverse(model: &Model, change: &Change, outcome: &Outcome) -> Option<Change> {
    match (change, outcome) {
        (Change::Ban(request), Outcome::Banned(answer)) if !answer.renewed => {
            Some(Change::Unban(UnbanRequest {
                target: answer.ban.target.clone(),
                port: request.port,
                protocol: request.protocol.clone(),
            }))
        }
        (Change::Unban(request), Outcome::Unbanned(answer)) => {
            restore::again(request, &answer.removed, model.about.peer)
        }
        (Change::Restore(restoration), Outcome::Restored(answer)) => {
            let is_done = answer.added + answer.renewed > 0;
            let inverse = restoration.inverse.as_deref().cloned();
            inverse.filter(|_| is_done)
        }
        (Change::Allow(_), Outcome::Allowlist(answer)) if answer.changed => {
            let target = answer.entry.target.clone();
            Some(Change::Disallow(DisallowRequest { target }))
        }
        (Change::Disallow(_), Outcome::Allowlist(answer)) if answer.changed => {
            Some(Change::Allow(AllowRequest {
                target: answer.entry.target.clone(),
                reason: answer.entry.reason.clone(),
                ..AllowRequest::default()
            }))
        }
        (Change::Switch(request), Outcome::Switched(answer)) if !answer.changed.is_empty() => {
            Some(Change::Switch(ModuleRequest {
                on: !request.on,
                ..request.clone()
            }))
        }
        (Change::SwitchList(request), Outcome::ListSwitched(_)) => {
            let action = request.action.map(lists::other_action);
            Some(Change::SwitchList(ListSwitchRequest {
                enabled: request.enabled.map(|enabled| !enabled),
                action,
                ..request.clone()
            }))
        }
        _ => None,
    }
}

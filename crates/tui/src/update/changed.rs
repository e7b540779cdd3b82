// SPDX-License-Identifier: MIT
//! What came of changes, and how they are taken back.

use super::act::nothing;
use super::{block, is_refused_here, lists, outcome, restore};
use crate::keys::{self, Action};
use crate::message::{Change, Effect, Outcome};
use crate::model::{MOST_UNDONE, Model, Notice};
use aegis_api::{AllowRequest, DisallowRequest, ListSwitchRequest, ModuleRequest, UnbanRequest};

/// The daemon has made a change, or not.
pub fn changed(model: &mut Model, change: Change, result: Result<Outcome, String>) {
    model.changes += 1;
    let asked = model.undoing.iter().position(|undoing| *undoing == change);
    let is_undo = asked.map(|place| model.undoing.remove(place)).is_some();
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
                remember(model, inverse);
            }
            Notice::good(text, model.now)
        }
        Err(why) if is_undo => {
            remember(model, change);
            let key = keys::label(Action::Undo);
            let text = format!("nothing was taken back: {why}; {key} tries again");
            Notice::bad(text, model.now)
        }
        Err(why) => Notice::bad(why, model.now),
    };
    model.notice = Some(notice);
}

fn remember(model: &mut Model, inverse: Change) {
    model.undo.push_back(inverse);
    if model.undo.len() > MOST_UNDONE {
        model.undo.pop_front();
    }
}

/// Takes back the last change that was made from here. What fails can be tried again.
pub fn undo(model: &mut Model) -> Vec<Effect> {
    if is_refused_here(model) {
        return vec![];
    }
    let Some(change) = model.undo.pop_back() else {
        return nothing(model, "nothing has been changed from here");
    };
    model.undoing.push(change.clone());
    vec![Effect::Change(change)]
}

/// What takes a change back. A connection that was ended stays so.
fn inverse(model: &Model, change: &Change, outcome: &Outcome) -> Option<Change> {
    match (change, outcome) {
        (Change::Ban(_), Outcome::Banned(answer)) => match &answer.before {
            Some(before) => Some(restore::as_before(before, change, model.about.peer)),
            // A daemon that does not tell of it.
            None if answer.renewed => None,
            None => Some(Change::Unban(UnbanRequest {
                target: answer.ban.target.clone(),
                part: Some(answer.ban.part.clone()),
                ..UnbanRequest::default()
            })),
        },
        (Change::Unban(request), Outcome::Unbanned(answer)) => {
            restore::again(request, &answer.removed, model.about.peer)
        }
        (Change::Restore(restoration), Outcome::Restored(answer)) => {
            let is_done = answer.added + answer.renewed > 0;
            restore::other_way(restoration).filter(|_| is_done)
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

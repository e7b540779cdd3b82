// SPDX-License-Identifier: MIT
//! What came of changes, and how they are taken back.

use super::{block, lists, outcome, request, restore};
use crate::message::{Change, Effect, Outcome};
use crate::model::{MOST_UNDONE, Model, Notice};
use aegis_api::{
    AllowRequest, DisallowRequest, ListSwitchRequest, ModuleRequest, RestoreAnswer, UnbanAnswer,
    UnbanRequest,
};

/// The daemon has made a change, or not.
pub fn changed(model: &mut Model, change: Change, result: Result<Outcome, String>) {
    model.changes += 1;
    if block::answered(model, &change, result.as_ref().err()) {
        return;
    }
    let notice = match result {
        Ok(outcome) => {
            let text = words(&change, &outcome);
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

fn words(change: &Change, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Banned(answer) => outcome::banned(answer),
        Outcome::Unbanned(answer) => unbanned(answer),
        Outcome::Allowlist(answer) => outcome::allowed(change, answer),
        Outcome::Killed(answer) => outcome::killed(answer),
        Outcome::Switched(answer) => format!("switched {}", answer.changed.join(", ")),
        Outcome::ListSwitched(list) => {
            let state = if list.enabled { "on" } else { "off" };
            format!("list {} is {state}: {}", list.name, list.action)
        }
        Outcome::Begun(answer) => format!("begun: {}", answer.begun.join(", ")),
        Outcome::Restored(answer) => restored(change, answer),
    }
}

fn unbanned(answer: &UnbanAnswer) -> String {
    let targets: Vec<&str> = answer.removed.iter().map(|ban| &*ban.target).collect();
    let mut text = match targets.as_slice() {
        [] => "it may begin connections again".to_owned(),
        targets => format!("unblocked {}", targets.join(", ")),
    };
    if let Some(wider) = &answer.still_covered_by {
        text.push_str(&format!(", which is still within {wider}"));
    }
    if answer.removed.iter().any(restore::is_of_others) {
        text.push_str("; what CrowdSec decided of it does not come back with undo");
    }
    text
}

/// A ban whose time had come meanwhile does not come back.
fn restored(change: &Change, answer: &RestoreAnswer) -> String {
    let words = match change {
        Change::Restore(restoration) => restoration.words.clone(),
        _ => "done".to_owned(),
    };
    match (answer.added + answer.renewed, answer.overruled) {
        (0, _) => "its time has come meanwhile: nothing was done".to_owned(),
        (_, 0) => words,
        _ => format!("{words}, which the allowlist overrules"),
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
            let action = request.action.as_deref().map(lists::other_action);
            Some(Change::SwitchList(ListSwitchRequest {
                enabled: request.enabled.map(|enabled| !enabled),
                action: action.map(str::to_owned),
                ..request.clone()
            }))
        }
        _ => None,
    }
}

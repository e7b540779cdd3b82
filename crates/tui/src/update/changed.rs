// SPDX-License-Identifier: MIT
//! What came of changes, and how they are taken back.

use super::request;
use crate::message::{Change, Effect, Outcome};
use crate::model::{MOST_UNDONE, Model, Notice};
use aegis_api::{
    AllowRequest, BanRequest, DisallowRequest, ListSwitchRequest, ModuleRequest, UnbanRequest,
};

/// The daemon has made a change, or not.
pub fn changed(model: &mut Model, change: Change, result: Result<Outcome, String>) {
    let notice = match result {
        Ok(outcome) => {
            let text = words(&outcome);
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

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Banned(answer) => format!("blocked {}", answer.ban.target),
        Outcome::Unbanned(answer) => {
            let targets: Vec<&str> = answer
                .removed
                .iter()
                .map(|ban| ban.target.as_str())
                .collect();
            format!("unblocked {}", targets.join(", "))
        }
        Outcome::Allowlist(answer) => format!("allowlist: {}", answer.entry.target),
        Outcome::Killed(answer) => format!("connections ended: {}", answer.killed),
        Outcome::Switched(answer) => format!("switched {}", answer.changed.join(", ")),
        Outcome::ListSwitched(list) => {
            let state = if list.enabled { "on" } else { "off" };
            format!("list {} is {state}", list.name)
        }
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
        (Change::Unban(_), Outcome::Unbanned(answer)) => {
            let ban = answer.removed.first()?;
            Some(Change::Ban(BanRequest {
                target: ban.target.clone(),
                port: ban.port,
                protocol: ban.protocol.clone(),
                for_seconds: ban.expires_in_seconds,
                reason: ban.reason.clone(),
                session_peer: model.about.peer,
                ..BanRequest::default()
            }))
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
            let enabled = Some(!request.enabled?);
            Some(Change::SwitchList(ListSwitchRequest {
                enabled,
                ..request.clone()
            }))
        }
        _ => None,
    }
}

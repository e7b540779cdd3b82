// SPDX-License-Identifier: MIT
//! What came of changes, and how they are taken back.

use super::act::nothing;
use super::{block, is_refused_here, lists, outcome, restore};
use crate::keys::{self, Action};
use crate::message::{Change, Effect, Outcome};
use crate::model::{Made, Model, Next, Notice, Way};
use aegis_api::{AllowRequest, DisallowRequest, ModuleRequest, UnbanRequest};

/// The daemon has made a change, or not.
pub fn changed(model: &mut Model, change: Change, result: Result<Outcome, String>) {
    model.changes += 1;
    let step = model.undo.answered(&change);
    if block::answered(model, &change, result.as_ref().err()) {
        return;
    }
    let notice = match result {
        Ok(outcome) => {
            let text = made(model, &change, step, &outcome);
            told(model, outcome);
            Notice::good(text, model.now)
        }
        Err(why) => Notice::bad(failed(model, step, why), model.now),
    };
    model.notice = Some(notice);
}

type Step = Option<(Way, Box<Made>)>;

/// It was made: what is said of it, and how it is taken back.
fn made(model: &mut Model, change: &Change, step: Step, outcome: &Outcome) -> String {
    let text = outcome::words(model, change, outcome);
    let hint = match (step, inverse(model, change, outcome)) {
        (Some(step), back) => {
            let way = step.0;
            model.undo.made(step, back);
            other(way)
        }
        (None, Some(back)) => {
            model.undo.done(change.clone(), back);
            other(Way::Again)
        }
        (None, None) => {
            if is_final(change, outcome) {
                model.undo.done_for_good(text.clone());
            }
            return text;
        }
    };
    format!("{text}; {hint}")
}

/// The key that leads the other way.
fn other(way: Way) -> String {
    match way {
        Way::Back => format!("{} makes it again", keys::label(Action::Again)),
        Way::Again => format!("{} takes it back", keys::label(Action::Undo)),
    }
}

/// What the daemon tells with its answer holds from now on, not only once it is asked again.
fn told(model: &mut Model, outcome: Outcome) {
    match outcome {
        Outcome::Switched(answer) => model.modules = answer.modules,
        Outcome::ListSwitched(list) => model.lists.changed(list),
        _ => {}
    }
}

/// Whether something was done that nothing takes back.
fn is_final(change: &Change, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Killed(answer) => answer.killed > 0,
        Outcome::Banned(_) => true,
        Outcome::Begun(_) => matches!(change, Change::ReleaseList(_)),
        _ => false,
    }
}

/// It was not made: what is said of it.
fn failed(model: &mut Model, step: Step, why: String) -> String {
    let Some(step) = step else { return why };
    let (what, key) = match step.0 {
        Way::Back => ("taken back", Action::Undo),
        Way::Again => ("made again", Action::Again),
    };
    let key = keys::label(key);
    match model.undo.failed(step) {
        true => format!("nothing was {what}: {why}; {key} tries once more"),
        false => format!("nothing was {what}: {why}; {key} goes on with what is next to it"),
    }
}

/// Takes back the last change that was made from here and has not been, or makes one again that was.
pub fn go(model: &mut Model, way: Way) -> Vec<Effect> {
    if is_refused_here(model) {
        return vec![];
    }
    match (model.undo.next(way), way) {
        (Next::Change(change), _) => vec![Effect::Change(change)],
        (Next::Busy, _) => nothing(
            model,
            "one after the other: the daemon has not answered yet",
        ),
        (Next::Final(what), _) => {
            let key = keys::label(Action::Undo);
            let text = format!("cannot be taken back: {what}; {key} takes back what was before it");
            nothing(model, &text)
        }
        (Next::Nothing, Way::Back) => nothing(model, "nothing more has been changed from here"),
        (Next::Nothing, Way::Again) => nothing(model, "nothing has been taken back since"),
    }
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
            // Those that were so before stay so.
            Some(Change::Switch(ModuleRequest {
                names: answer.changed.clone(),
                on: !request.on,
            }))
        }
        (Change::SwitchList(_), Outcome::ListSwitched(list)) => {
            let back = lists::back(model.lists.of(&list.name)?, list)?;
            Some(Change::SwitchList(back))
        }
        _ => None,
    }
}

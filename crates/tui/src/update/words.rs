// SPDX-License-Identifier: MIT
//! What the daemon has done, in one line.

use super::restore;
use crate::message::{Change, Outcome};
use aegis_api::{AllowAnswer, BanAnswer, RestoreAnswer, UnbanAnswer};

/// The line.
pub fn of(change: &Change, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Banned(answer) => kept(banned(answer), &answer.state_problem),
        Outcome::Unbanned(answer) => kept(unbanned(answer), &answer.state_problem),
        Outcome::Allowlist(answer) => kept(allowlist(change, answer), &answer.state_problem),
        Outcome::Restored(answer) => kept(restored(change, answer), &answer.state_problem),
        Outcome::Killed(answer) => format!("connections ended: {}", answer.killed),
        Outcome::Switched(answer) => format!("switched {}", answer.changed.join(", ")),
        Outcome::ListSwitched(list) => {
            let does = if list.enabled { &list.action } else { "off" };
            format!("list {}: {does}", list.name)
        }
        Outcome::Begun(answer) => format!("begun: {}", answer.begun.join(", ")),
    }
}

/// With why it would be lost with the daemon, where it would.
fn kept(text: String, problem: &Option<String>) -> String {
    match problem {
        None => text,
        Some(why) => format!("{text}; NOT SAVED: {why}"),
    }
}

fn banned(answer: &BanAnswer) -> String {
    let (target, part) = (&answer.ban.target, &answer.ban.part);
    let mut text = match answer.renewed {
        false => format!("blocked {target} ({part})"),
        true => format!("{target} ({part}) was blocked already, and is so by you too now"),
    };
    if let Some(entry) = &answer.overruled_by {
        text.push_str(&format!(
            ", which does nothing while {entry} is on the allowlist"
        ));
    }
    if answer.sockets.ended > 0 {
        text.push_str(&format!("; sockets ended: {}", answer.sockets.ended));
    }
    text
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

fn allowlist(change: &Change, answer: &AllowAnswer) -> String {
    let target = &answer.entry.target;
    let mut text = match (change, answer.changed) {
        (Change::Disallow(_), _) => format!("{target} is off the allowlist"),
        (_, true) => format!("{target} is on the allowlist"),
        (_, false) => format!("{target} was on the allowlist already"),
    };
    if let Some(why) = &answer.file_problem {
        text.push_str(&format!("; the configuration does not say so: {why}"));
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

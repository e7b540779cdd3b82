// SPDX-License-Identifier: MIT
//! What the daemon did, in a line.

use super::restore;
use crate::message::{Change, Outcome};
use crate::model::Model;
use crate::view::text::age;
use aegis_api::{
    AllowAnswer, Ban, BanAnswer, EndedSockets, KillAnswer, ListStatus, Module, ModuleAnswer,
    RestoreAnswer, UnbanAnswer,
};

/// The line.
pub fn words(model: &Model, change: &Change, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Banned(answer) => banned(answer),
        Outcome::Unbanned(answer) => unbanned(answer),
        Outcome::Allowlist(answer) => allowed(change, answer),
        Outcome::Restored(answer) => restored(change, answer),
        Outcome::Killed(answer) => killed(answer),
        Outcome::Switched(answer) => switched(answer),
        Outcome::ListSwitched(list) => list_switched(model, list),
        Outcome::Begun(answer) => format!("begun: {}", answer.begun.join(", ")),
    }
}

/// Modules are on now, or off.
fn switched(answer: &ModuleAnswer) -> String {
    let names = answer.changed.join(", ");
    let is_on = |module: &Module| answer.changed.contains(&module.name).then_some(module.on);
    match answer.modules.iter().find_map(is_on) {
        Some(true) => format!("{names}: on"),
        Some(false) => format!("{names}: off"),
        None => "they were so already".to_owned(),
    }
}

/// A list is on or off, or does something else; nothing, where lists are off altogether.
fn list_switched(model: &Model, list: &ListStatus) -> String {
    let name = &list.name;
    let does = match (list.enabled, list.action) {
        (true, action) => action.label(),
        (false, _) => "off",
    };
    let mut parts = vec![format!("list {name}: {does}")];
    let idle = model.lists.answer.idle.as_ref().filter(|_| list.enabled);
    parts.extend(idle.map(|why| format!("nothing comes of it: {why}")));
    parts.join("; ")
}

/// Somebody was blocked.
fn banned(answer: &BanAnswer) -> String {
    let ban = &answer.ban;
    let time = ban.expires_in_seconds;
    let time = time.map_or_else(
        || "for good".to_owned(),
        |left| format!("for {}", age(left)),
    );
    let mut parts = vec![format!("blocked {} {time}", ban.target)];
    let before = answer.before.as_deref().map(until_when);
    parts.extend(before.map(|before| format!("it was {before}")));
    parts.extend(sockets(&answer.sockets));
    let overruled = answer.overruled_by.as_ref();
    parts.extend(overruled.map(|entry| format!("{entry} on the allowlist still passes")));
    parts.extend(answer.state_problem.clone());
    parts.join("; ")
}

fn until_when(before: &Ban) -> String {
    match before.expires {
        Some(end) => format!("until {end:.0}"),
        None => "for good already".to_owned(),
    }
}

/// Somebody may come again, or may not yet.
fn unbanned(answer: &UnbanAnswer) -> String {
    let left = &answer.still_banned;
    let is_freed = |ban: &&Ban| {
        let mut left = left.iter();
        !left.any(|left| (&left.target, &left.part) == (&ban.target, &ban.part))
    };
    let freed = answer.removed.iter().filter(is_freed);
    let targets: Vec<&str> = freed.map(|ban| &*ban.target).collect();
    let what = match targets.as_slice() {
        [] if !left.is_empty() => "blocked as before, by others".to_owned(),
        [] => "it may begin connections again".to_owned(),
        targets => format!("unblocked {}", targets.join(", ")),
    };
    let mut parts = vec![what];
    let wider = answer.still_covered_by.as_ref();
    parts.extend(wider.map(|wider| format!("it is still within {wider}")));
    let is_of_others = answer.removed.iter().any(restore::is_of_others);
    let others = "what CrowdSec decided of it does not come back with undo";
    parts.extend(is_of_others.then(|| others.to_owned()));
    parts.extend(answer.state_problem.clone());
    parts.join("; ")
}

/// Bans stand as they did. One whose time had come meanwhile does not come back.
fn restored(change: &Change, answer: &RestoreAnswer) -> String {
    let words = match change {
        Change::Restore(restoration) => restoration.words.clone(),
        _ => "done".to_owned(),
    };
    if answer.added + answer.renewed == 0 {
        return "its time has come meanwhile: nothing was done".to_owned();
    }
    let mut parts = vec![words];
    let overruled = "it does nothing while an entry of the allowlist stands";
    parts.extend((answer.overruled > 0).then(|| overruled.to_owned()));
    parts.extend(answer.state_problem.clone());
    parts.join("; ")
}

/// Somebody was put on the allowlist, or taken off it.
fn allowed(change: &Change, answer: &AllowAnswer) -> String {
    let target = &answer.entry.target;
    let what = match (change, answer.changed) {
        (Change::Disallow(_), _) => format!("{target} is no longer on the allowlist"),
        (_, true) => format!("{target} is on the allowlist: nothing of it is dropped"),
        (_, false) => format!("{target} is on the allowlist already"),
    };
    let mut parts = vec![what];
    if !answer.overruled_bans.is_empty() {
        let bans = answer.overruled_bans.join(", ");
        parts.push(format!("bans that do nothing meanwhile: {bans}"));
    }
    parts.extend(answer.file_problem.clone());
    parts.extend(answer.state_problem.clone());
    parts.join("; ")
}

/// Connections were ended.
fn killed(answer: &KillAnswer) -> String {
    let what = match answer.killed {
        1 => "ended 1 connection".to_owned(),
        connections => format!("ended {connections} connections"),
    };
    let mut parts = vec![what];
    parts.extend(sockets(&answer.sockets));
    let spared = (answer.spared > 0).then_some(answer.spared);
    parts.extend(spared.map(|spared| format!("spared {spared} of your own session")));
    parts.join("; ")
}

fn sockets(sockets: &EndedSockets) -> Option<String> {
    match (&sockets.problem, sockets.ended) {
        (Some(problem), _) => Some(problem.clone()),
        (None, 0) => None,
        (None, 1) => Some("1 socket ended".to_owned()),
        (None, ended) => Some(format!("{ended} sockets ended")),
    }
}

// SPDX-License-Identifier: MIT
//! What the daemon did, in a line.

use crate::keys::{self, Action};
use crate::message::Change;
use crate::view::text::age;
use aegis_api::{AllowAnswer, BanAnswer, EndedSockets, KillAnswer};

/// Somebody was blocked.
pub fn banned(answer: &BanAnswer) -> String {
    let ban = &answer.ban;
    let time = ban.expires_in_seconds;
    let time = time.map_or_else(
        || "for good".to_owned(),
        |left| format!("for {}", age(left)),
    );
    let before = if answer.renewed { ", as before" } else { "" };
    let mut parts = vec![format!("blocked {} {time}{before}", ban.target)];
    parts.extend(sockets(&answer.sockets));
    let overruled = answer.overruled_by.as_ref();
    parts.extend(overruled.map(|entry| format!("{entry} on the allowlist still passes")));
    parts.extend(answer.state_problem.clone());
    parts.extend((!answer.renewed).then(undo));
    parts.join("; ")
}

/// Somebody was put on the allowlist, or taken off it.
pub fn allowed(change: &Change, answer: &AllowAnswer) -> String {
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
    parts.extend(answer.changed.then(undo));
    parts.join("; ")
}

/// Connections were ended.
pub fn killed(answer: &KillAnswer) -> String {
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

fn undo() -> String {
    format!("{} takes it back", keys::label(Action::Undo))
}

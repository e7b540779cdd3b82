// SPDX-License-Identifier: MIT
//! Bans put back as they were, or made to stand for longer: cause by cause, each with its origin, its
//! beginning, its end and its reason, in the lines that `restore` reads (`docs/state.md`).
//!
//! What does not come back: causes of CrowdSec, which are CrowdSec's to give; the cool-down of the source
//! and how often it was banned before, which unbanning forgets; the number of the rule, which is a new
//! one; and causes that ended meanwhile.

use crate::message::{Change, Restoration};
use aegis_api::{Ban, BanCause, RestoreRequest, UnbanRequest};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

/// The origin of what somebody asked for.
const OPERATOR: &str = "operator";
/// The origin of causes that nobody on this host gave.
const OTHERS: &str = "crowdsec";

/// Whether one of its causes is nobody's on this host.
pub fn is_of_others(ban: &Ban) -> bool {
    ban.causes.iter().any(|cause| cause.origin == OTHERS)
}

/// Bans that were lifted, as they were; `None` where nobody on this host wanted any of them.
pub fn again(request: &UnbanRequest, lifted: &[Ban], peer: Option<IpAddr>) -> Option<Change> {
    let lines: Vec<String> = lifted.iter().filter_map(line).collect();
    if lines.is_empty() {
        return None;
    }
    Some(Change::Restore(Restoration {
        request: RestoreRequest {
            name: "undo".to_owned(),
            text: lines.join("\n"),
            force: false,
            session_peer: peer,
        },
        words: format!("blocked {} again, as it was", request.target),
        inverse: Some(Box::new(Change::Unban(request.clone()))),
    }))
}

/// The ban, for so much longer: the cause that ends last is given another end.
///
/// # Errors
/// Why it cannot be.
pub fn longer(ban: &Ban, by: Duration, peer: Option<IpAddr>) -> Result<Change, String> {
    let own = ban.causes.iter().filter(|cause| cause.origin != OTHERS);
    let last = own.max_by_key(|cause| cause.expires.unwrap_or(Timestamp::MAX));
    let Some(last) = last else {
        return Err("CrowdSec decides for how long; block it yourself instead".to_owned());
    };
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    let end = ban.expires.and_then(|end| end.checked_add(by).ok());
    let Some(end) = end else {
        return Err(format!("{} is blocked for good already", ban.target));
    };
    let later = BanCause {
        expires: Some(end),
        ..last.clone()
    };
    let request = |cause: &BanCause, force| RestoreRequest {
        name: "extend".to_owned(),
        text: written(ban, [cause]),
        force,
        session_peer: peer,
    };
    let (target, part) = (&ban.target, &ban.part);
    let back = Restoration {
        // Only so may a ban that stands end sooner.
        request: request(last, true),
        words: format!("blocked {target} ({part}) until as before"),
        inverse: None,
    };
    Ok(Change::Restore(Restoration {
        request: request(&later, false),
        words: format!("blocked {target} ({part}) until {end:.0}"),
        inverse: Some(Box::new(Change::Restore(back))),
    }))
}

/// A ban as it was before an operator asked for it to stand longer, or for another reason. Of one that only
/// others wanted, what the operator wants is lifted.
pub fn as_before(before: &Ban, change: &Change, peer: Option<IpAddr>) -> Change {
    let (target, part) = (&before.target, &before.part);
    let mut own = before.causes.iter();
    match own.find(|cause| cause.origin == OPERATOR) {
        None => Change::Unban(UnbanRequest {
            target: target.clone(),
            part: Some(part.clone()),
            origin: Some(OPERATOR.to_owned()),
            ..UnbanRequest::default()
        }),
        Some(cause) => Change::Restore(Restoration {
            request: RestoreRequest {
                name: "undo".to_owned(),
                text: written(before, [cause]),
                // Only so may a ban that stands end sooner.
                force: true,
                session_peer: peer,
            },
            words: format!("blocked {target} ({part}) as before"),
            inverse: Some(Box::new(change.clone())),
        }),
    }
}

/// What takes back what was restored; that in turn is taken back by restoring it.
pub fn other_way(done: &Restoration) -> Option<Change> {
    let mut inverse = done.inverse.as_deref().cloned()?;
    if let Change::Restore(back) = &mut inverse
        && back.inverse.is_none()
    {
        let again = Restoration {
            inverse: None,
            ..done.clone()
        };
        back.inverse = Some(Box::new(Change::Restore(again)));
    }
    Some(inverse)
}

fn line(ban: &Ban) -> Option<String> {
    let mut own = ban
        .causes
        .iter()
        .filter(|cause| cause.origin != OTHERS)
        .peekable();
    own.peek()?;
    Some(written(ban, own))
}

fn written<'a>(ban: &Ban, causes: impl IntoIterator<Item = &'a BanCause>) -> String {
    let mut line = format!("ban {} {}", ban.target, ban.part);
    for cause in causes {
        // Writing to a text cannot fail.
        write!(line, " by {} since {}", cause.origin, cause.since).ok();
        if let Some(end) = cause.expires {
            write!(line, " until {end}").ok();
        }
        if let Some(reason) = &cause.reason {
            let escaped = reason.replace('\\', "\\\\").replace('"', "\\\"");
            write!(line, " reason \"{escaped}\"").ok();
        }
    }
    line
}

#[cfg(test)]
mod tests;

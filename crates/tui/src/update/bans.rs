// SPDX-License-Identifier: MIT
//! The tab of bans and of the allowlist.

use super::act::{ask, close, connections_of, nothing, open_pane};
use super::{is_refused_here, request};
use crate::keys::Action;
use crate::message::{Change, Effect};
use crate::model::{BanSort, Model, Purpose, Selectable, Side};
use aegis_api::{DisallowRequest, UnbanRequest};

/// What only makes sense there.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Open => return open_pane(model),
        Action::Close => drop(close(model)),
        Action::SortNext => model.bans.sort_by(1),
        Action::SortPrevious => model.bans.sort_by(BanSort::ALL.len() - 1),
        Action::SortReverse => model.bans.reverse(),
        Action::Turn => model.bans.turn(),
        Action::Others => model.bans.has_others = !model.bans.has_others,
        Action::New => return new(model),
        Action::Remove => return remove(model),
        Action::Extend => return extend(model),
        Action::Connections => return connections_of(model),
        _ => {}
    }
    vec![]
}

fn new(model: &mut Model) -> Vec<Effect> {
    if is_refused_here(model) {
        return vec![];
    }
    let purpose = match model.bans.side {
        Side::Banned => Purpose::Ban,
        Side::Allowed => Purpose::Allow,
    };
    ask(model, purpose, "")
}

/// Lifts the selected ban, which is on a part of its target perhaps, or takes the selected entry off
/// the allowlist.
pub fn remove(model: &mut Model) -> Vec<Effect> {
    if let Some(entry) = model.bans.selected_allow() {
        let target = entry.target.clone();
        return request(model, Change::Disallow(DisallowRequest { target }));
    }
    let Some(ban) = model.bans.selected() else {
        let text = match (model.bans.count(), model.bans.side) {
            (0, _) => "there is nothing to lift",
            (_, Side::Banned) => "select a ban first, to lift it",
            (_, Side::Allowed) => "select an entry first, to take it off",
        };
        return nothing(model, text);
    };
    let mut bans = model.bans.list.bans.iter();
    let has_others = bans.any(|other| other.target == ban.target && other.part != ban.part);
    let wanted = UnbanRequest {
        target: ban.target.clone(),
        // Who lets go all that is held against a target lets it begin connections at once, too.
        part: has_others.then(|| ban.part.clone()),
        ..UnbanRequest::default()
    };
    request(model, Change::Unban(wanted))
}

fn extend(model: &mut Model) -> Vec<Effect> {
    match model.bans.selected() {
        Some(ban) if ban.expires.is_none() => {
            let text = format!("{} is blocked for good already", ban.target);
            nothing(model, &text)
        }
        Some(ban) => {
            let purpose = Purpose::Extend(Box::new(ban.clone()));
            ask(model, purpose, "")
        }
        None => nothing(model, "select a ban, to have it stand for longer"),
    }
}

#[cfg(test)]
mod tests;

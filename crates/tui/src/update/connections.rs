// SPDX-License-Identifier: MIT
//! The tab of connections.

use super::act::{nothing, open_pane};
use super::{block, open, request};
use crate::keys::Action;
use crate::message::{Change, Effect};
use crate::model::{Confirm, Model, Overlay, Yes, further};
use crate::view::{GROUP_SORTS, SORTS, Spot};
use aegis_api::{AllowRequest, DisallowRequest, Flow, FlowFilter, FlowGroup, KillRequest};

/// What only makes sense there.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Open => enter(model),
        Action::Close => close(model),
        Action::SortNext => sort(model, |_| 1),
        Action::SortPrevious => sort(model, |all| all - 1),
        Action::SortReverse => {
            let tab = &mut model.connections;
            match tab.scope.by {
                None => tab.sort_by(tab.order, !tab.is_reversed),
                Some(_) => tab.is_reversed ^= true,
            }
            vec![]
        }
        Action::Group => {
            model.connections.group();
            vec![]
        }
        Action::Follow => follow(model),
        Action::BlockAs => block::ask(model),
        Action::ToggleAllow => allow(model),
        Action::Kill => kill(model),
        _ => vec![],
    }
}

/// Why connections of which something is not known cannot be told from others.
const UNKNOWN: &str = "of these no database knows it, and a filter finds only what is known; \
     group by prefix to see who they are";

/// Into a group; of a connection, everything about it.
fn enter(model: &mut Model) -> Vec<Effect> {
    if model.connections.scope.by.is_none() {
        return open_pane(model);
    }
    let Some(group) = model.connections.selected_group() else {
        return nothing(model, "select a group, to see its connections");
    };
    let is_unknown = group.key.is_empty();
    match (model.connections.enter(), is_unknown) {
        (true, _) => vec![],
        (false, true) => nothing(model, UNKNOWN),
        (false, false) => nothing(model, "no filter can tell which these are"),
    }
}

fn close(model: &mut Model) -> Vec<Effect> {
    if model.connections.pane.is_open {
        model.connections.pane.toggle();
    } else {
        model.connections.back();
    }
    vec![]
}

/// `places` says by which column, so many places further of so many.
fn sort(model: &mut Model, places: impl Fn(usize) -> usize) -> Vec<Effect> {
    let tab = &mut model.connections;
    match tab.scope.by {
        None => tab.sort_by(further(SORTS, tab.order, places(SORTS.len())), false),
        Some(_) => {
            let places = places(GROUP_SORTS.len());
            tab.group_sort = further(GROUP_SORTS, tab.group_sort, places);
            tab.is_reversed = false;
        }
    }
    vec![]
}

/// Selects the row that is clicked, or sorts by the column; the other way round, if it is sorted by it.
pub fn click(model: &mut Model, spot: Spot) {
    let tab = &mut model.connections;
    match spot {
        Spot::Tab(tab) => model.tab = tab,
        Spot::Row(row) => model.choose(row),
        Spot::Sort(order) => {
            let is_reversed = tab.order == order && !tab.is_reversed;
            tab.sort_by(order, is_reversed);
        }
        Spot::GroupSort(sort) => {
            tab.is_reversed = tab.group_sort == sort && !tab.is_reversed;
            tab.group_sort = sort;
        }
    }
}

fn follow(model: &mut Model) -> Vec<Effect> {
    let Some(target) = model.connections.target() else {
        return nothing(model, "select an address to follow");
    };
    if model.connections.followed().is_some() {
        return nothing(
            model,
            "only this address is shown; Esc shows the others again",
        );
    }
    model.connections.follow(&target);
    vec![]
}

/// Puts whom the row is about on the allowlist, or takes them off.
fn allow(model: &mut Model) -> Vec<Effect> {
    let Some(target) = model.connections.target() else {
        return nothing(model, "select an address to put on the allowlist");
    };
    let mut entries = model.bans.allowlist.allow.iter();
    if entries.any(|entry| entry.target == target) {
        return request(model, Change::Disallow(DisallowRequest { target }));
    }
    if let Some(wider) = model.bans.allowed_around(&target) {
        let text = format!(
            "{target} is on the allowlist by {wider}; `:allow remove {wider}` takes all of that off"
        );
        return nothing(model, &text);
    }
    let change = AllowRequest {
        target,
        ..AllowRequest::default()
    };
    request(model, Change::Allow(change))
}

/// Ends the connection; asks before it ends several, or what may be the session that asks.
fn kill(model: &mut Model) -> Vec<Effect> {
    if let Some(flow) = model.connections.selected() {
        return kill_one(model, &flow.clone());
    }
    match model.connections.selected_group() {
        Some(group) => kill_group(model, &group.clone()),
        None => nothing(model, "select a connection to end"),
    }
}

fn kill_one(model: &mut Model, flow: &Flow) -> Vec<Effect> {
    let change = Change::Kill(Box::new(KillRequest {
        id: Some(flow.id.clone()),
        session_peer: model.about.peer,
        ..KillRequest::default()
    }));
    if model
        .about
        .peer
        .is_some_and(|peer| peer.to_canonical() == flow.peer)
    {
        let peer = flow.peer;
        let question = format!("you are logged in from {peer}; end this connection with it?");
        return open(
            model,
            Overlay::Confirm(Confirm {
                question,
                yes: Yes::Change(change),
            }),
        );
    }
    request(model, change)
}

fn kill_group(model: &mut Model, group: &FlowGroup) -> Vec<Effect> {
    let Some(filter) = within(model, group) else {
        return nothing(model, UNKNOWN);
    };
    let question = format!("end {} connections: {filter}?", group.connections);
    let change = Change::Kill(Box::new(KillRequest {
        filter,
        session_peer: model.about.peer,
        ..KillRequest::default()
    }));
    match group.connections {
        1 => request(model, change),
        _ => open(
            model,
            Overlay::Confirm(Confirm {
                question,
                yes: Yes::Change(change),
            }),
        ),
    }
}

fn within(model: &Model, group: &FlowGroup) -> Option<FlowFilter> {
    let scope = &model.connections.scope;
    let filtering = scope.filtering.within(scope.by?, &group.key)?;
    Some(filtering.filter().clone())
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT
//! The tab of connections.

use super::act::nothing;
use super::request;
use crate::keys::Action;
use crate::message::{Change, Effect};
use crate::model::Model;
use aegis_api::{FlowSort, KillRequest};

/// What only makes sense there.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::SortNext => sort(model, 1),
        Action::SortPrevious => sort(model, FlowSort::ALL.len() - 1),
        Action::SortReverse => {
            model.connections.is_reversed ^= true;
            vec![]
        }
        Action::Kill => kill(model),
        _ => vec![],
    }
}

fn sort(model: &mut Model, steps: usize) -> Vec<Effect> {
    let connections = &mut model.connections;
    let all = FlowSort::ALL;
    let at = all.iter().position(|&sort| sort == connections.sort);
    connections.sort = all[(at.unwrap_or(0) + steps) % all.len()];
    vec![]
}

fn kill(model: &mut Model) -> Vec<Effect> {
    let Some(flow) = model.connections.selected() else {
        return nothing(model, "select a connection to end");
    };
    let change = Change::Kill(Box::new(KillRequest {
        id: Some(flow.id.clone()),
        session_peer: model.about.peer,
        ..KillRequest::default()
    }));
    request(model, change)
}

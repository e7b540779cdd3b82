// SPDX-License-Identifier: MIT
//! The tab of lists.

use super::act::nothing;
use super::request;
use crate::keys::Action;
use crate::message::{Change, Effect};
use crate::model::Model;
use aegis_api::ListSwitchRequest;

/// What only makes sense there.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Switch => switch(model),
        _ => vec![],
    }
}

fn switch(model: &mut Model) -> Vec<Effect> {
    let Some(list) = model.lists.selected() else {
        return nothing(model, "select a list to switch");
    };
    let wanted = ListSwitchRequest {
        name: list.name.clone(),
        enabled: Some(!list.enabled),
        action: None,
    };
    request(model, Change::SwitchList(wanted))
}

// SPDX-License-Identifier: MIT
//! The tab of lists.

use super::act::{close, nothing, open_pane};
use super::{open, request};
use crate::keys::Action;
use crate::message::{Change, Effect};
use crate::model::{Confirm, Model, Overlay, Selectable, Yes};
use aegis_api::{ListAction, ListReleaseRequest, ListStatus, ListSwitchRequest, ListUpdateRequest};

/// What only makes sense there.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Open => return open_pane(model),
        Action::Close => {
            close(model);
            return vec![];
        }
        _ => {}
    }
    let Some(list) = model.lists.selected() else {
        let text = match model.lists.count() {
            0 => "there is no list",
            _ => "select a list first",
        };
        return nothing(model, text);
    };
    match action {
        Action::Switch => {
            let wanted = switch(list);
            request(model, Change::SwitchList(wanted))
        }
        Action::Mode => {
            let wanted = mode(list);
            request(model, Change::SwitchList(wanted))
        }
        Action::Update => {
            let name = Some(list.name.clone());
            request(model, Change::UpdateList(ListUpdateRequest { name }))
        }
        Action::Release => release(model),
        _ => vec![],
    }
}

fn switch(list: &ListStatus) -> ListSwitchRequest {
    ListSwitchRequest {
        name: list.name.clone(),
        enabled: Some(!list.enabled),
        action: None,
    }
}

fn mode(list: &ListStatus) -> ListSwitchRequest {
    ListSwitchRequest {
        name: list.name.clone(),
        enabled: None,
        action: Some(other_action(list.action)),
    }
}

/// A list drops whom it names, or only tells of them.
const fn other_action(action: ListAction) -> ListAction {
    match action {
        ListAction::Block => ListAction::Alert,
        ListAction::Alert => ListAction::Block,
    }
}

/// What switches a list back to what it was; `None` where it is what it was.
pub fn back(before: &ListStatus, now: &ListStatus) -> Option<ListSwitchRequest> {
    let enabled = (before.enabled != now.enabled).then_some(before.enabled);
    let action = (before.action != now.action).then_some(before.action);
    (enabled.is_some() || action.is_some()).then(|| ListSwitchRequest {
        name: before.name.clone(),
        enabled,
        action,
    })
}

/// It cannot be taken back, and the copy was put aside for something.
fn release(model: &mut Model) -> Vec<Effect> {
    let selected = model.lists.selected();
    let aside = selected.and_then(|list| Some((list.name.clone(), list.quarantine.as_ref()?)));
    let Some((name, copy)) = aside else {
        return nothing(model, "no copy of that list was put aside");
    };
    let question = format!(
        "take the copy of {name} that was put aside ({} entries) for true, for good?",
        copy.entries
    );
    let change = Change::ReleaseList(ListReleaseRequest { name });
    open(
        model,
        Overlay::Confirm(Confirm {
            question,
            yes: Yes::Change(change),
        }),
    )
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT
//! The tab of rates.

use super::act::{connections_of, nothing};
use super::block;
use crate::keys::Action;
use crate::message::Effect;
use crate::model::{Model, StatsRow, Tab};
use crate::view;
use std::time::Duration;

/// What only makes sense there.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let stats = &mut model.stats;
    match action {
        Action::Earlier => stats.earlier(),
        Action::Later => stats.later(),
        Action::Now => stats.back = Duration::ZERO,
        Action::Zoom => stats.widen(),
        Action::Group => stats.regroup(),
        Action::Close => stats.selected = None,
        Action::Turn => return turn(model),
        Action::Open => return open(model),
        Action::BlockAs => return block::ask(model),
        _ => {}
    }
    vec![]
}

/// So many rows down, or up.
pub fn step(model: &mut Model, by: isize) {
    let rows = view::stats_rows(model);
    model.stats.step(&rows, by);
}

/// Charts of packets, or of bytes.
fn turn(model: &mut Model) -> Vec<Effect> {
    if view::shows_both_units(model.screen.0) {
        return nothing(model, "packets and bytes are both shown");
    }
    model.stats.unit = model.stats.unit.other();
    vec![]
}

/// To where more is known of the selected row.
fn open(model: &mut Model) -> Vec<Effect> {
    match model.stats.selected.clone() {
        Some(StatsRow::Reason(reason)) => {
            model.tab = Tab::Logs;
            model.search(&format!("reason:{reason}"));
            model.search_finished();
            vec![]
        }
        Some(StatsRow::List(name)) => {
            model.tab = Tab::Lists;
            model.search(&name);
            model.search_finished();
            vec![]
        }
        Some(StatsRow::Group(key)) => {
            if !model.connections.open(model.stats.by, &key) {
                return nothing(model, "no filter can tell which these are");
            }
            model.tab = Tab::Connections;
            vec![]
        }
        Some(StatsRow::Sender(_)) => connections_of(model),
        Some(StatsRow::NoReason | StatsRow::Fact(_)) => {
            nothing(model, "that is all there is to it")
        }
        None => nothing(model, "select a row first, to see more of it"),
    }
}

#[cfg(test)]
mod tests;

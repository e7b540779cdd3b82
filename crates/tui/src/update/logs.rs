// SPDX-License-Identifier: MIT
//! The tab of events.

use super::act::{close, connections_of, nothing, open_pane};
use super::open as open_overlay;
use crate::keys::Action;
use crate::message::Effect;
use crate::model::{Line, Model, Overlay, Purpose};

/// What only makes sense there.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Open => open(model),
        Action::Close => {
            if !close(model) {
                model.logs.release();
            }
            vec![]
        }
        Action::Pause => {
            model.logs.pause();
            vec![]
        }
        Action::Connections => connections_of(model),
        Action::Export => export(model),
        _ => vec![],
    }
}

/// The evidence of a row that stays the same while it is read.
fn open(model: &mut Model) -> Vec<Effect> {
    if !model.logs.is_held() {
        model.logs.step(1);
    }
    open_pane(model)
}

fn export(model: &mut Model) -> Vec<Effect> {
    if model.logs.book().shown() == 0 {
        return nothing(model, "there is nothing to write");
    }
    let time = model.now.strftime("%Y%m%dT%H%M%SZ");
    let extent = model.logs.extent();
    let path = format!("./aegis-events-{time}.jsonl");
    let mut line = Line::new(Purpose::Export, path);
    line.offers = vec![format!("{extent}, are kept here and written")];
    open_overlay(model, Overlay::Line(line))
}

#[cfg(test)]
mod tests;

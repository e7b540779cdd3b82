// SPDX-License-Identifier: MIT
//! The tab of rates.

use crate::keys::Action;
use crate::message::Effect;
use crate::model::Model;
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
        _ => {}
    }
    vec![]
}

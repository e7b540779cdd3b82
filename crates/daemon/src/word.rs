// SPDX-License-Identifier: MIT
//! Words of the configuration, as answers and requests have them.

use aegis_api as api;
use aegis_policy::config;

/// A direction, as it is told.
pub(crate) fn told(direction: config::Direction) -> api::Direction {
    match direction {
        config::Direction::Both => api::Direction::Both,
        config::Direction::In => api::Direction::In,
        config::Direction::Out => api::Direction::Out,
    }
}

/// A direction that is asked for.
pub(crate) fn asked(direction: api::Direction) -> config::Direction {
    match direction {
        api::Direction::Both => config::Direction::Both,
        api::Direction::In => config::Direction::In,
        api::Direction::Out => config::Direction::Out,
    }
}

/// What happens to whom a list names, as it is told.
pub(crate) fn told_action(action: config::ListAction) -> api::ListAction {
    match action {
        config::ListAction::Block => api::ListAction::Block,
        config::ListAction::Alert => api::ListAction::Alert,
    }
}

/// The same as it is asked for.
pub(crate) fn asked_action(action: api::ListAction) -> config::ListAction {
    match action {
        api::ListAction::Block => config::ListAction::Block,
        api::ListAction::Alert => config::ListAction::Alert,
    }
}

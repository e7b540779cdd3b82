// SPDX-License-Identifier: MIT
//! Which connection comes first.

use super::{Listed, Process};
use aegis_api::FlowSort;
use std::cmp::Ordering;
use std::collections::HashMap;

/// By what they are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowOrder {
    /// All of them, by the daemon.
    All(FlowSort),
    /// Those that are listed, here, by the program that has them: the daemon does not know it.
    Process,
}

impl FlowOrder {
    /// What the daemon is to sort by, which stays what it was where it cannot know.
    #[must_use]
    pub fn asked(self, before: FlowSort) -> FlowSort {
        match self {
            Self::All(sort) => sort,
            Self::Process => before,
        }
    }
}

/// By the name of the program, and by its number; those of which none is known come last in both ways.
pub fn by_process(
    programs: &HashMap<String, Process>,
    is_reversed: bool,
) -> impl Fn(&Listed, &Listed) -> Ordering + '_ {
    let key = |row: &Listed| {
        let program = programs.get(&row.flow.id);
        program.map(|program| (program.name.as_str(), program.pid))
    };
    move |one, other| {
        let (one, other) = (key(one), key(other));
        let known = other.is_some().cmp(&one.is_some());
        let order = one.cmp(&other);
        known.then(if is_reversed { order.reverse() } else { order })
    }
}

// SPDX-License-Identifier: MIT
//! Decisions, counted.

use crate::crowdsec::decision::{Decision, Unusable};
use std::collections::BTreeMap;

/// How many decisions there are, of what sort.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub decisions: usize,
    /// By scope, as a LAPI writes it.
    pub scopes: BTreeMap<&'static str, usize>,
    /// By who or what decided.
    pub origins: BTreeMap<String, usize>,
    /// Those that are not carried out, of which everything was told last; why.
    pub unusable: BTreeMap<Unusable, usize>,
}

impl Tally {
    pub(super) fn of<'a>(
        decisions: impl Iterator<Item = &'a Decision>,
        unusable: &BTreeMap<Unusable, usize>,
    ) -> Self {
        let mut tally = Self {
            unusable: unusable.clone(),
            ..Self::default()
        };
        for decision in decisions {
            tally.decisions += 1;
            *tally.scopes.entry(decision.subject.scope()).or_default() += 1;
            match tally.origins.get_mut(&*decision.origin) {
                Some(count) => *count += 1,
                None => drop(tally.origins.insert(decision.origin.to_string(), 1)),
            }
        }
        tally
    }
}

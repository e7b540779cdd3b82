// SPDX-License-Identifier: MIT
//! Sets in the kernel: what is to happen to whom they name, and what is known of them once swapped.

use super::Lists;
use super::book::{Actions, Book, Meaning};
use super::build::Built;
use super::hits::ClassCount;
use aegis_abi::SetAction;
use aegis_api::ListSets;
use aegis_lists::ClassId;
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Lists {
    /// What is to happen, by label.
    pub(super) fn actions(&self) -> Actions {
        self.actions_by(&self.book)
    }

    pub(super) fn actions_by(&self, book: &Book) -> Actions {
        let wants: BTreeMap<&str, SetAction> = self
            .lists
            .iter()
            .map(|list| (list.name(), list.wants()))
            .collect();
        let on = self.enabled && self.module;
        book.by_label(|Meaning { list, .. }| match on {
            true => wants.get(list.as_str()).copied().unwrap_or_default(),
            false => SetAction::NONE,
        })
    }

    /// Has sets that were built do what is wanted by now; whether that is what they were built for.
    pub fn act_by_now(&self, built: &mut Built) -> bool {
        let actions = self.actions_by(&built.book);
        let same = actions == built.actions;
        if !same {
            built.act(actions);
        }
        same
    }

    /// Whether sets are to be built anew once a list is switched: of some combinations only those lists
    /// are in the sets that decided before.
    pub fn hold_on_terms(&self) -> bool {
        self.coarse
            .as_ref()
            .is_some_and(|coarse| coarse.shortened > 0)
    }

    /// What is to happen to each class there is.
    pub fn class_actions(&self) -> Vec<(ClassId, SetAction)> {
        let (actions, classes) = (self.actions(), self.book.classes());
        let numbered = classes.iter().map(|(class, _)| class);
        numbered
            .map(|class| (class, actions.of(class, classes)))
            .collect()
    }

    /// Sets were swapped for these. `counts` are what the kernel has counted so far.
    pub fn swapped(&mut self, built: Built, counts: &[(u32, ClassCount)], now: Timestamp) {
        if built.renumbered {
            self.readings.begin_from(counts);
        }
        let bytes = |image: &Option<aegis_lists::Image>| image.as_ref().map_or(0, |i| i.bytes());
        self.sets = ListSets {
            ranges_v4: built.compiled.v4.len() as u64,
            ranges_v6: built.compiled.v6.len() as u64,
            classes: built.book.classes().len() as u64,
            kernel_bytes: bytes(&built.v4) + bytes(&built.v6),
            swapped: Some(now),
        };
        if self.coarse != built.coarse
            && let Some(coarse) = &built.coarse
        {
            tracing::warn!("{coarse}");
        }
        (self.book, self.compiled, self.coarse) = (built.book, built.compiled, built.coarse);
        for (name, share) in built.shares {
            if let Some(copy) = self.find_mut(&name).and_then(|list| list.copy.as_mut()) {
                copy.share = share;
            }
        }
    }
}

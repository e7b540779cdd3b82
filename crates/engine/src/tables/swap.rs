// SPDX-License-Identifier: MIT
//! Sets of both families, and the marks that lead to them, in the order that makes a swap one instant.

use super::Tables;
use super::sets::under;
use crate::EngineError;
use crate::sets::SetKind;
use aegis_abi::names::table;
use aegis_abi::{ClassActions, SetAction, SetSlot};
use aegis_lists::ClassId;
use aegis_lists::image::{Image, Touched};
use std::collections::HashMap;

impl Tables {
    /// First both the old and the new lists are looked up, then the new ones are there, then only
    /// they are looked up. Whoever found the marks of the old ones alone must not meet the new ones,
    /// hence the wait.
    pub(crate) fn set_lists(&mut self, images: [Option<&Image>; 2]) -> Result<(), EngineError> {
        let nowhere = Touched::default();
        let [v4, v6] = images.map(|image| image.map_or(&nowhere, |image| &image.touched));
        self.v4.touched.add_lists(v4)?;
        self.v6.touched.add_lists(v6)?;
        self.wait_for_programs(table::SETS)?;
        self.swap(SetKind::Lists, images)?;
        self.v4.touched.keep_lists(v4)?;
        self.v6.touched.keep_lists(v6)
    }

    /// Writes both sets, then puts them in force, that of IPv4 first. Where a set cannot be written,
    /// neither is in force; where that of IPv6 cannot take its place, that of IPv4 has by then.
    pub(crate) fn swap(
        &mut self,
        kind: SetKind,
        images: [Option<&Image>; 2],
    ) -> Result<(), EngineError> {
        let slots = kind.slots();
        let written = slots.iter().zip(images).map(|(&slot, image)| {
            let image = image.map(|image| self.sets.write(slot, image));
            image.transpose()
        });
        let written: Result<Vec<_>, EngineError> = written.collect();
        let written = written.inspect_err(|_| self.discard(slots))?;
        for (slot, next) in slots.into_iter().zip(written) {
            self.sets.switch(slot, next)?;
        }
        Ok(())
    }

    fn discard(&self, slots: [SetSlot; 2]) {
        for slot in slots {
            if let Err(error) = self.sets.discard(slot) {
                tracing::warn!(%error, "a set that is not used stays in memory");
            }
        }
    }

    pub(crate) fn set_class_actions(
        &mut self,
        kind: SetKind,
        actions: &[(ClassId, SetAction)],
    ) -> Result<(), EngineError> {
        self.change_actions(kind, actions, |_, action| ClassActions::always(action))
    }

    pub(crate) fn stage_place_actions(
        &mut self,
        actions: &[(ClassId, SetAction)],
    ) -> Result<(), EngineError> {
        let next = 1 - self.actions_in_force();
        self.staged.extend(actions.iter().map(|(class, _)| *class));
        let staged = self.change_actions(SetKind::Places, actions, |before, action| {
            under(before, next, action)
        });
        // Nor may a part of it wait for other settings.
        staged.inspect_err(|_| self.unstage())
    }

    /// Takes back what is staged, as the settings that it waits for are not to come.
    pub(crate) fn unstage(&mut self) {
        if let Err(error) = self.settle_staged() {
            tracing::warn!(%error, "what was refused of places comes with the next change of settings");
        }
    }

    /// Has the actions that are not in force say what the others say, so that whoever changes settings
    /// next changes nothing else.
    pub(crate) fn settle_staged(&mut self) -> Result<(), EngineError> {
        let staged = std::mem::take(&mut self.staged);
        let active = self.actions_in_force();
        let staged: Vec<_> = staged
            .into_iter()
            .map(|class| (class, SetAction::NONE))
            .collect();
        self.change_actions(SetKind::Places, &staged, |before, _| {
            ClassActions::always(before.under(active))
        })
    }

    fn change_actions(
        &self,
        kind: SetKind,
        actions: &[(ClassId, SetAction)],
        change: impl Fn(ClassActions, SetAction) -> ClassActions,
    ) -> Result<(), EngineError> {
        // Nor is there anything to change where an earlier daemon has loaded the sets.
        if actions.is_empty() {
            return Ok(());
        }
        let by_class: HashMap<u32, SetAction> = actions
            .iter()
            .map(|(class, action)| (class.0, *action))
            .collect();
        for slot in kind.slots() {
            let classes = by_class.keys().copied();
            self.sets.change_actions(slot, classes, |class, before| {
                change(before, by_class[&class])
            })?;
        }
        Ok(())
    }
}

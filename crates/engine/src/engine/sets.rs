// SPDX-License-Identifier: MIT
//! Lists and places: swapped whole, switched class by class, and what they came to.

use super::Engine;
use crate::EngineError;
use crate::sets::{Hits, SetKind, named};
use aegis_abi::{Count, SetAction};
use aegis_lists::ClassId;
use aegis_lists::image::Image;

impl Engine {
    /// Puts lists in the place of those that are there; `None` are lists without an entry. Each
    /// packet is judged by the old ones or the new ones: an address that is on both is dropped at
    /// every moment, one that is on neither never is. It takes a few grace periods, 10 to 30 ms each,
    /// and one more for each chunk (`SetChunk`) of the old ones, whose memory is freed one by one;
    /// packets are not held up meanwhile.
    ///
    /// # Errors
    /// [`EngineError::TableFull`]; then the old ones stay. [`EngineError::Table`], also where the new
    /// ones of IPv4 are in force by then: those of IPv6 are the old ones or the new ones.
    pub fn set_lists(&mut self, v4: Option<&Image>, v6: Option<&Image>) -> Result<(), EngineError> {
        self.tables.set_lists([v4, v6])
    }

    /// Puts places in the place of those that are there, likewise. They are asked for where
    /// `Flags::PLACES` is set.
    ///
    /// # Errors
    /// As [`Self::set_lists`].
    pub fn set_places(
        &mut self,
        v4: Option<&Image>,
        v6: Option<&Image>,
    ) -> Result<(), EngineError> {
        self.tables.swap(SetKind::Places, [v4, v6])
    }

    /// Changes what happens to packets of classes, now; no address is loaded again. Classes that the
    /// sets in force do not have are left out.
    ///
    /// # Errors
    /// [`EngineError::Table`], also for sets that an earlier daemon has loaded and this one has not.
    pub fn set_class_actions(
        &mut self,
        kind: SetKind,
        actions: &[(ClassId, SetAction)],
    ) -> Result<(), EngineError> {
        self.tables.set_class_actions(kind, actions)
    }

    /// Changes what happens to packets of places with the settings that are written next, in the
    /// same instant ([`Self::set_settings`]).
    ///
    /// # Errors
    /// As [`Self::set_class_actions`]; then nothing is staged.
    pub fn stage_place_actions(
        &mut self,
        actions: &[(ClassId, SetAction)],
    ) -> Result<(), EngineError> {
        self.tables.stage_place_actions(actions)
    }

    /// Takes back what [`Self::stage_place_actions`] has staged, where the settings that it waits for
    /// are not to come: the next ones change nothing but themselves.
    pub fn unstage_place_actions(&mut self) {
        self.tables.unstage();
    }

    /// Packets that lists dropped or watched, by class, CPUs summed.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn list_hits(&self) -> Result<Vec<(ClassId, Hits)>, EngineError> {
        Ok(named(self.tables.hits.lists()?))
    }

    /// Packets that were dropped for where their peer is, by class of places.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn place_hits(&self) -> Result<Vec<(ClassId, Count)>, EngineError> {
        Ok(named(self.tables.hits.places()?))
    }
}

// SPDX-License-Identifier: MIT
//! Lists and places, as an engine has them.

use super::{Rig, memory};
use crate::EngineError;
use crate::error::one_line;
use crate::sets::{Hits, SetKind, named};
use crate::tables::failed;
use aegis_abi::{Count, SetAction};
use aegis_lists::ClassId;
use aegis_lists::image::Image;
use aya::maps::Array;

impl Rig {
    /// As [`crate::Engine::set_lists`].
    ///
    /// # Errors
    /// [`EngineError::Table`] and [`EngineError::TableFull`].
    pub fn set_lists(&mut self, v4: Option<&Image>, v6: Option<&Image>) -> Result<(), EngineError> {
        self.tables.set_lists([v4, v6])
    }

    /// As [`crate::Engine::set_places`].
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

    /// As [`crate::Engine::set_class_actions`].
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn set_class_actions(
        &mut self,
        kind: SetKind,
        actions: &[(ClassId, SetAction)],
    ) -> Result<(), EngineError> {
        self.tables.set_class_actions(kind, actions)
    }

    /// As [`crate::Engine::stage_place_actions`].
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn stage_place_actions(
        &mut self,
        actions: &[(ClassId, SetAction)],
    ) -> Result<(), EngineError> {
        self.tables.stage_place_actions(actions)
    }

    /// As [`crate::Engine::list_hits`].
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn list_hits(&self) -> Result<Vec<(ClassId, Hits)>, EngineError> {
        Ok(named(self.tables.hits.lists()?))
    }

    /// As [`crate::Engine::place_hits`].
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn place_hits(&self) -> Result<Vec<(ClassId, Count)>, EngineError> {
        Ok(named(self.tables.hits.places()?))
    }

    /// Bytes that the kernel charges for the sets that are loaded.
    ///
    /// # Errors
    /// [`EngineError::Table`] where the kernel does not say.
    pub fn set_bytes(&self) -> Result<u64, EngineError> {
        let tables = self.tables.sets.loaded_tables();
        tables.map(memory::charged_for).sum()
    }

    /// The sources that [`super::Runnable::Pick`] takes in turn, 65,536 of them; IPv4 in the first
    /// four bytes.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn set_sources(&mut self, sources: &[[u8; 16]]) -> Result<(), EngineError> {
        const SOURCES: &str = "SOURCES";
        let told = |error: aya::maps::MapError| failed(SOURCES, one_line(&error));
        let table = self.bench.map_mut(SOURCES);
        let table = table.ok_or_else(|| failed(SOURCES, "it is not in the object".to_owned()))?;
        let mut table: Array<_, [u8; 16]> = Array::try_from(table).map_err(told)?;
        for (place, source) in (0..).zip(sources) {
            table.set(place, source, 0).map_err(told)?;
        }
        Ok(())
    }
}

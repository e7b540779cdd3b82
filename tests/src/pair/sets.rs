// SPDX-License-Identifier: MIT
//! Lists and places, put into both.

use super::Pair;
use crate::random::Random;
use crate::sets::Sets;
use aegis_abi::Count;
use aegis_core::tables::Hit;
use aegis_engine::SetKind;
use anyhow::{Result, ensure};
use std::collections::BTreeMap;

/// Of the hash in which lists are looked up.
const SEED: u32 = 0x11575;

impl Pair {
    /// Puts lists in the place of those that are there.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn set_lists(&mut self, lists: &Sets) -> Result<()> {
        let (pieces, actions) = lists.ranges();
        let tables = std::mem::take(&mut self.host.tables);
        self.host.tables = tables.with_lists(&pieces, actions);
        let [v4, v6] = lists.lists(SEED)?;
        Ok(self.kernel.set_lists(Some(&v4), Some(&v6))?)
    }

    /// Puts places in the place of those that are there.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn set_places(&mut self, places: &Sets) -> Result<()> {
        let (pieces, actions) = places.ranges();
        let tables = std::mem::take(&mut self.host.tables);
        self.host.tables = tables.with_places(&pieces, actions);
        let [v4, v6] = places.places()?;
        Ok(self.kernel.set_places(Some(&v4), Some(&v6))?)
    }

    /// Has other things happen to packets of the classes of lists.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn switch_lists(&mut self, lists: &mut Sets, random: &mut Random) -> Result<()> {
        let actions = lists.act_otherwise(random);
        self.kernel.set_class_actions(SetKind::Lists, &actions)?;
        let (pieces, actions) = lists.ranges();
        let tables = std::mem::take(&mut self.host.tables);
        self.host.tables = tables.with_lists(&pieces, actions);
        Ok(())
    }

    /// Compares what was counted for classes.
    pub(super) fn compare_hits(&self) -> Result<()> {
        let mut kernel: BTreeMap<(Hit, u32), Count> = BTreeMap::new();
        for (class, hits) in self.kernel.list_hits()? {
            kernel.insert((Hit::List, class.0), hits.dropped);
            kernel.insert((Hit::Watched, class.0), hits.watched);
        }
        for (class, count) in self.kernel.place_hits()? {
            kernel.insert((Hit::Place, class.0), count);
        }
        kernel.retain(|_, count| *count != Count::default());
        let host = self.host.tables.hits();
        ensure!(
            kernel == host,
            "hits of the kernel: {kernel:#?}\nof the host: {host:#?}"
        );
        Ok(())
    }
}

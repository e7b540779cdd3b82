// SPDX-License-Identifier: MIT
//! Sets: built elsewhere, and swapped here.

use super::super::Owner;
use super::{AGAIN, Done, Keeper};
use crate::lists::book::Written;
use crate::lists::build::{Built, build};
use crate::lists::kept::{CLASSES, Page};
use crate::lists::list::Work;
use aegis_abi::Flags;
use aegis_engine::{EngineError, SetKind};
use aegis_lists::ImageError;
use jiff::Timestamp;
use std::time::Instant;

impl Owner {
    /// Has sets built from what lists say now, if those in the kernel are of something else.
    pub(super) fn build_lists(&mut self) {
        let keeper = &mut self.keeper;
        let due = keeper.outdated.is_some_and(|due| due <= Instant::now());
        if !due || keeper.building || keeper.reading > 0 {
            return;
        }
        keeper.outdated = None;
        if keeper.is_empty() {
            return keeper.settle(Work::Here, Work::None);
        }
        keeper.building = true;
        keeper.lists.advance(Work::Here, Work::Built);
        // As unknown to whoever chooses addresses as the kernel's own.
        let materials = keeper.lists.materials(seed(), Timestamp::now());
        keeper.renewed = Instant::now();
        let folder = keeper.folder.clone();
        let building = tokio::task::spawn_blocking(move || {
            let built = build(materials).map(Box::new);
            // Before anything is counted by new numbers.
            let kept = built.as_ref().map_or(Ok(()), |built| {
                let written = Written::of(&built.book);
                Page::of(&folder, CLASSES, &written).write()
            });
            (built, kept)
        });
        let (host, tell) = (keeper.host.clone(), keeper.tell.clone());
        tokio::spawn(async move {
            if let Ok((built, kept)) = building.await {
                // Where the kernel does not tell, what was known before holds.
                drop(host.protected().await);
                drop(tell.send(Done::Built(built, kept)));
            }
        });
    }

    /// Puts sets in force that were built.
    pub(super) fn swap_lists(&mut self, built: Result<Box<Built>, ImageError>) {
        self.keeper.building = false;
        let swapped = match built {
            Ok(built) if self.keeper.lists.is_void(&built) => return self.keeper.build_anew(),
            Ok(built) => self.swap(*built).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        self.keeper.problem = None;
        if let Err(why) = swapped {
            tracing::error!(why, "lists are not enforced as they should be");
            self.keeper.problem = Some(why);
            let again = Instant::now() + AGAIN;
            self.keeper.outdated = Some(self.keeper.outdated.unwrap_or(again));
        }
        self.keeper.settle(Work::Built, Work::None);
    }

    fn swap(&mut self, mut built: Built) -> Result<(), EngineError> {
        // What was counted so far was counted by the numbers of now.
        self.count_lists();
        // Lists may have been switched meanwhile.
        let for_now = self.keeper.lists.act_by_now(&mut built);
        self.engine
            .set_lists(built.v4.as_ref(), built.v6.as_ref())?;
        let keeper = &mut self.keeper;
        keeper.loaded = true;
        let (v4, v6) = (built.compiled.v4.len(), built.compiled.v6.len());
        let classes = built.book.classes().len();
        tracing::info!(
            ranges_v4 = v4,
            ranges_v6 = v6,
            classes,
            "lists are in force"
        );
        let counts = self.list_counts();
        self.keeper.lists.swapped(built, &counts, Timestamp::now());
        if !for_now && self.keeper.lists.hold_on_terms() {
            self.keeper.outdated = Some(Instant::now());
        }
        self.canary.soon();
        Ok(())
    }

    /// Takes note of whether the module is on.
    pub(in crate::owner) fn follow_module(&mut self, modules: Flags) {
        if !self.keeper.lists.set_module(modules.has(Flags::THREATS)) {
            return;
        }
        if let Err(error) = self.act_on_lists() {
            tracing::error!(%error, "lists do what they did before the module was switched");
            self.keeper.problem = Some(error.to_string());
            self.keeper.outdated = Some(Instant::now());
        }
    }

    /// Has the kernel do what is wanted of each list now, without loading an address again.
    pub(super) fn act_on_lists(&mut self) -> Result<(), EngineError> {
        // Sets do what is wanted once they are swapped.
        if !self.keeper.loaded || self.keeper.would_cut_off() {
            self.keeper.outdated = Some(Instant::now());
            return Ok(());
        }
        if self.keeper.lists.hold_on_terms() {
            self.keeper.outdated = Some(Instant::now());
        }
        self.enforce_actions()
    }

    fn enforce_actions(&mut self) -> Result<(), EngineError> {
        let actions = self.keeper.lists.class_actions();
        self.engine.set_class_actions(SetKind::Lists, &actions)
    }
}

impl Keeper {
    /// What sets were built of holds no more: others are, once copies have been read again.
    fn build_anew(&mut self) {
        tracing::debug!("lists are to be held to other terms by now: their sets are built anew");
        self.outdated = Some(Instant::now());
        self.settle(Work::Built, Work::Here);
    }
}

fn seed() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    // Keyed anew in each process, and each time (SipHash).
    RandomState::new().hash_one(Timestamp::now().as_nanosecond()) as u32
}

// SPDX-License-Identifier: MIT
//! The settings: two slots, and one word that says which is in force.
//!
//! Updating an array entry by system call is a plain copy, of which a program that reads meanwhile
//! sees half. So the other slot is filled, and then the word stored. What a slot holds is never
//! changed while a program can be reading it, nor is anything that was judged by the former
//! settings still under way once [`SettingsTable::switch`] returns: see [`super::grace`].

use super::failed;
use super::grace::Grace;
use super::mapped::Mapped;
use crate::EngineError;
use aegis_abi::names::table;
use aegis_abi::{Clock, Settings, SettingsSlots};
use aya::maps::MapData;
use std::mem::offset_of;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Longer than any program runs: they end within microseconds, and are not preempted.
const LONGEST_RUN: Duration = Duration::from_millis(50);

/// The table of settings.
pub(super) struct SettingsTable {
    slots: Mapped,
    grace: Grace,
}

impl SettingsTable {
    pub(super) fn new(map: MapData) -> Result<Self, EngineError> {
        Ok(Self {
            slots: Mapped::new(table::SETTINGS, map, size_of::<SettingsSlots>())?,
            grace: Grace::new()?,
        })
    }

    /// Those in force; all zero before the first.
    pub(super) fn in_force(&self) -> Settings {
        let settings = self.slots.entry::<Settings>(self.active() as usize);
        let settings = settings.expect("the table has two slots");
        Settings {
            slot: 0,
            actions: 0,
            ..settings
        }
    }

    /// Which actions of classes are in force ([`Settings::actions`]).
    pub(super) fn actions(&self) -> u32 {
        let settings = self.slots.entry::<Settings>(self.active() as usize);
        settings.map_or(0, |settings| settings.actions & 1)
    }

    /// Puts others in force, in one instant, and with them these actions of classes. What was written to other tables before is seen by
    /// every packet that is judged by them, and when this returns, no packet is judged by the former
    /// ones any more.
    ///
    /// # Errors
    /// [`EngineError::Table`] where the kernel does not tell whether programs have ended; then
    /// nothing has changed.
    pub(super) fn switch(&self, next: &Settings, actions: u32) -> Result<(), EngineError> {
        let next = Settings { actions, ..*next };
        if self.in_force().abi_version == 0 {
            // Nothing is attached before the first are written.
            self.fill(self.active(), &next);
            return Ok(());
        }
        let ended = self.grace.wait();
        ended.map_err(|error| failed(table::SETTINGS, error.to_string()))?;
        let slot = 1 - self.active();
        self.fill(slot, &next);
        self.active_word().store(slot, Ordering::Release);
        if let Err(error) = self.grace.wait() {
            tracing::error!(%error, "programs are given time to end instead");
            std::thread::sleep(LONGEST_RUN);
        }
        Ok(())
    }

    fn fill(&self, slot: u32, settings: &Settings) {
        let settings = Settings { slot, ..*settings };
        self.slots.set_entry(slot as usize, &settings);
    }

    /// Changes how programs tell the time. What is attached meanwhile may see half of it.
    pub(super) fn set_clock(&self, clock: Clock) {
        const FIRST: usize = offset_of!(SettingsSlots, clock) / size_of::<u64>();
        let words = &self.slots.long_words()[FIRST..];
        words[0].store(clock.offset_ns, Ordering::Relaxed);
        words[1].store(clock.tick_ns, Ordering::Relaxed);
    }

    /// Returns when every program has ended that is running now.
    pub(super) fn wait(&self) -> std::io::Result<()> {
        self.grace.wait()
    }

    /// Which slot is in force.
    pub(super) fn active(&self) -> u32 {
        self.active_word().load(Ordering::Acquire) & 1
    }

    fn active_word(&self) -> &AtomicU32 {
        &self.slots.words()[offset_of!(SettingsSlots, active) / size_of::<u32>()]
    }
}

// SPDX-License-Identifier: MIT
//! What outlives the daemon: noted with every mutation, saved and restored.

use super::Owner;
use crate::ban::Moment;
use crate::command::Saved;
use crate::error::from_policy;
use aegis_api::{ApiError, RestoreAnswer};
use aegis_policy::config::AllowEdit;
use aegis_policy::saved::{Record, Subject};
use aegis_policy::{Force, ProtectedSet, Undo};

impl Owner {
    /// Restores what somebody saved.
    pub(super) fn restore(
        &mut self,
        saved: &Saved,
        host: Result<ProtectedSet, ApiError>,
    ) -> Result<RestoreAnswer, ApiError> {
        // As for a ban: without force, not to know is to refuse.
        if saved.manner.force == Force::No {
            self.policy.set_protected(host?);
        }
        let clocks = Moment::now().clocks();
        let applied = self.policy.restore(&saved.records, saved.manner, &clocks);
        let restored = self.apply(applied.map_err(|error| from_policy(&error))?)?;
        self.spare_allowed_on_lists();
        Ok(RestoreAnswer {
            added: restored.added,
            renewed: restored.renewed,
            over: restored.over,
            overruled: restored.overruled,
            allowed: restored.allowed,
            state_problem: self.store.unsaved(),
        })
    }

    /// Everything that stands, as somebody else restores it.
    pub(super) fn saved(&self) -> Vec<Record> {
        let mut records = self.policy.saved(&Moment::now().clocks());
        let words = self.places.words().iter();
        records.extend(words.map(|(region, word)| Record::Region(region, Some(word))));
        records
    }

    /// Notes what a mutation came to, for the next start. Every mutation that is written goes by here.
    pub(super) fn note(&mut self, mutation: &Undo) {
        let records = self.policy.saved_changes(mutation, &Moment::now().clocks());
        let records = self.with_configured(records);
        self.store.note(&records);
    }

    /// Notes an entry of the allowlist whose place in the configuration has changed.
    pub(super) fn note_allow(&mut self, edit: AllowEdit) {
        let (AllowEdit::Add(target) | AllowEdit::Remove(target)) = edit;
        let clocks = Moment::now().clocks();
        let record = self.policy.saved_as(Subject::Allow(target), &clocks);
        let records = self.with_configured(record.into_iter().collect());
        self.store.note(&records);
    }

    /// The configuration says which entries of the allowlist it lists.
    fn with_configured(&self, mut records: Vec<Record>) -> Vec<Record> {
        for record in &mut records {
            if let Record::Allow(allow) = record {
                allow.configured = self.running.allowlist.contains(&allow.target);
            }
        }
        records
    }

    /// Keeps the file that was read as the last one that was right.
    pub fn keep_configuration(&mut self) {
        if let Some(bytes) = self.configuration.right() {
            self.store.keep_configuration(bytes.to_vec());
        }
    }

    /// Has what was noted reach the disk, and the file stay short.
    pub(super) fn tend_store(&mut self) {
        self.store.tend();
        if self.store.wants_rewrite() {
            let records = self.with_configured(self.saved());
            self.store.rewrite(records);
        }
    }
}

// SPDX-License-Identifier: MIT
//! The configuration, read again: what differs is applied, and everything else goes on.

use super::Owner;
use crate::ban::Moment;
use crate::configuration::ConfigurationError;
use crate::error::{from_engine, from_policy};
use aegis_abi::Settings;
use aegis_api::{ApiError, ChangedKey, ErrorCode, ReloadAnswer};
use aegis_policy::config::{AllowEdit, Changed, Effect};
use aegis_policy::{Applied, Force, Remark, Target, Undo};
use std::collections::BTreeSet;

impl Owner {
    /// Reads the configuration again and applies what can be applied while packets are judged:
    /// settings in one write, under which every connection is judged anew. What is wrong, or cannot
    /// be applied, leaves everything as it is.
    pub(super) fn reload(&mut self) -> Result<ReloadAnswer, ApiError> {
        let next = self.configuration.load();
        let next = next.map_err(|error| from_configuration(&error))?;
        let settings = self.engine.settings().map_err(|e| from_engine(&e))?;
        // Modules may have been switched since.
        let running = self.running.clone().with_modules_of(settings.flags);
        let changes = running.difference(next.config());
        let reloaded = running.reloaded(next.config());
        let written = reloaded.settings(&settings);
        self.write(&settings, &written)?;
        if let Err(error) = self.replace_allowlist(&running.allowlist, &reloaded.allowlist) {
            self.write(&written, &running.settings(&written))?;
            return Err(error);
        }
        self.policy.set_auto_ban(reloaded.auto_ban);
        self.canary.set_every(reloaded.canary.every);
        self.running = reloaded;
        let file = self.configuration.file();
        Ok(told(file.map(|file| file.display().to_string()), &changes))
    }

    /// Has the file's allowlist say what holds, and remembers that it does.
    pub(super) fn keep(&mut self, edit: AllowEdit) -> (Option<String>, Option<String>) {
        match self.configuration.keep(edit) {
            Ok(None) => (None, None),
            Ok(Some(file)) => {
                let file = file.display().to_string();
                let allowlist = &mut self.running.allowlist;
                match edit {
                    AllowEdit::Add(target) if !allowlist.contains(&target) => {
                        allowlist.push(target);
                    }
                    AllowEdit::Add(_) => {}
                    AllowEdit::Remove(target) => allowlist.retain(|other| *other != target),
                }
                (Some(file), None)
            }
            Err(error) => {
                tracing::warn!(%error, "the file does not say what holds");
                (None, Some(error.to_string()))
            }
        }
    }

    fn write(&mut self, before: &Settings, after: &Settings) -> Result<(), ApiError> {
        if before == after {
            return Ok(());
        }
        let written = self.engine.set_settings(after);
        written.map_err(|error| from_engine(&error))
    }

    /// Takes those of the first list off the allowlist that are not on the second one, whose
    /// targets are on it then.
    fn replace_allowlist(&mut self, before: &[Target], after: &[Target]) -> Result<(), ApiError> {
        let (before, after) = (set(before), set(after));
        let mut step = Step::default();
        for target in before.difference(&after) {
            // Somebody may have been faster.
            if let Ok(applied) = self.policy.disallow(*target) {
                step.add(applied);
            }
        }
        let now = Moment::now().monotonic;
        for target in after.difference(&before) {
            match self
                .policy
                .allow(*target, Remark::default(), Force::No, now)
            {
                Ok(applied) => step.add(applied),
                Err(error) => {
                    self.take_back(step);
                    return Err(from_policy(&error));
                }
            }
        }
        let written = self.engine.apply(&step.changes);
        written.map_err(|error| {
            self.take_back(step);
            from_engine(&error)
        })
    }

    fn take_back(&mut self, step: Step) {
        for undo in step.undos.into_iter().rev() {
            self.policy.undo(undo);
        }
    }
}

/// Mutations that are made together.
#[derive(Default)]
struct Step {
    changes: Vec<aegis_policy::Change>,
    undos: Vec<Undo>,
}

impl Step {
    fn add<T>(&mut self, mut applied: Applied<T>) {
        self.changes.append(&mut applied.changes);
        self.undos.push(applied.undo);
    }
}

/// Tells the log what a reload came to.
pub fn log(answer: &ReloadAnswer) {
    let kinds = [
        ("changed", &answer.changed),
        ("waits for the next start", &answer.at_restart),
        ("has no effect in this version", &answer.without_effect),
    ];
    for (what, changes) in kinds {
        for ChangedKey { key, before, after } in changes {
            tracing::info!(key, before, after, "{what}");
        }
    }
}

fn set(targets: &[Target]) -> BTreeSet<Target> {
    targets.iter().copied().collect()
}

fn from_configuration(error: &ConfigurationError) -> ApiError {
    let message = format!("nothing was changed: {error}");
    let next = "correct it; `aegis-cli check` tells whether it is right";
    ApiError::new(ErrorCode::InvalidRequest, message).next(next)
}

fn told(file: Option<String>, changes: &[Changed]) -> ReloadAnswer {
    let of = |effect: Effect| {
        let these = changes
            .iter()
            .filter(|changed| changed.key.takes_effect() == effect);
        these.map(changed).collect()
    };
    ReloadAnswer {
        file,
        changed: of(Effect::AtOnce),
        at_restart: of(Effect::Restart),
        without_effect: of(Effect::NotYet),
    }
}

fn changed(changed: &Changed) -> ChangedKey {
    ChangedKey {
        key: changed.key.name().to_owned(),
        before: changed.before.to_string(),
        after: changed.after.to_string(),
    }
}

// SPDX-License-Identifier: MIT
//! The configuration, read again: what differs is applied, and everything else goes on.

use super::Owner;
use crate::audit;
use crate::ban::Moment;
use crate::configuration::ConfigurationError;
use crate::error::{from_engine, from_policy};
use crate::peer::Peer;
use aegis_abi::Settings;
use aegis_api::{ApiError, ChangedKey, ErrorCode, ReloadAnswer};
use aegis_policy::config::{AllowEdit, Changed, Effect, Source, Value};
use aegis_policy::{Staged, Target, Undo};

impl Owner {
    /// Reads the configuration again and applies what can be applied while packets are judged:
    /// settings and allowlist in one instant, from which on every connection is judged anew. What
    /// is wrong, or cannot be applied, leaves everything as it is.
    pub(super) fn reload(&mut self) -> Result<ReloadAnswer, ApiError> {
        let next = self.configuration.load();
        let next = next.map_err(|error| from_configuration(&error))?;
        let settings = self.engine.settings().map_err(|e| from_engine(&e))?;
        // Modules may have been switched since.
        let running = self.running.clone().with_modules_of(settings.flags);
        let changes = running.difference(next.config());
        let reloaded = running.reloaded(next.config());
        let lists = (&running.allowlist[..], &reloaded.allowlist[..]);
        let mut after = reloaded.settings(&settings);
        let (flags, places_wait) = self.stage_places(&reloaded.geo, after.flags)?;
        after.flags = flags;
        let mutation = self.switch_policy((&settings, &after), places_wait, lists);
        // Or else whoever writes settings next would switch to the places that were refused.
        let mutation = mutation.inspect_err(|_| self.engine.unstage_place_actions())?;
        self.policy.set_auto_ban(reloaded.auto_ban);
        self.canary.set_every(reloaded.canary.every);
        self.keeper.configure(&reloaded.feeds);
        self.running = reloaded;
        self.note(&mutation);
        let notes = self.follow_places(&next.config().geo);
        self.follow_module(self.running.modules);
        self.spare_allowed_on_lists();
        self.fallback = None;
        self.keep_configuration();
        let file = self.configuration.file();
        let answer = told(file.map(|file| file.display().to_string()), &changes);
        Ok(ReloadAnswer { notes, ..answer })
    }

    /// Reads the configuration again where its file has changed, if that is wanted.
    pub(super) fn follow_file(&mut self) {
        if !self.running.reload_on_change || !self.configuration.is_another() {
            return;
        }
        tracing::info!("the configuration file has changed, and is read again");
        self.tidy();
        let result = self.reload();
        result.iter().for_each(log);
        let file = self.configuration.path().display().to_string();
        match result {
            Ok(_) => audit::done("reload", &file, &Peer::own()),
            Err(error) => audit::refused("reload", &file, &Peer::own(), &error),
        }
    }

    /// Writes rows of the allowlist that wait for the next generation, as places may do already, then
    /// the settings that begin it, then what is left to tidy. The mutation is to be noted.
    fn switch_policy(
        &mut self,
        (before, after): (&Settings, &Settings),
        places_wait: bool,
        lists: (&[Target], &[Target]),
    ) -> Result<Undo, ApiError> {
        let generation = before.next_generation();
        let Staged { stage, tidy, undo } = self.stage(lists, generation)?;
        if stage.is_empty() && before == after && !places_wait {
            return Ok(undo);
        }
        let after = Settings {
            generation,
            ..*after
        };
        let written = self.engine.apply(&stage);
        if let Err(error) = written.and_then(|()| self.engine.set_settings(&after)) {
            self.take_back(undo);
            return Err(from_engine(&error));
        }
        self.untidy.extend(tidy);
        self.tidy();
        Ok(undo)
    }

    fn stage(
        &mut self,
        lists: (&[Target], &[Target]),
        generation: u32,
    ) -> Result<Staged, ApiError> {
        let now = Moment::now().monotonic;
        let staged = self.policy.stage_allowlist(lists, generation, now);
        staged.map_err(|error| from_policy(&error))
    }

    /// Has the tables hold the policy in force, after a switch that did not come to be.
    fn take_back(&mut self, undo: Undo) {
        let rows = self.policy.unstage(undo);
        self.untidy.extend(rows);
        self.tidy();
    }

    /// Writes rows that say more than what holds, as what holds. A row that the kernel does not take
    /// stays in force as it is, and is tried again before the next change.
    pub(super) fn tidy(&mut self) {
        let (engine, policy) = (&mut self.engine, &self.policy);
        self.untidy
            .retain(|row| match engine.apply(&[policy.row(row)]) {
                Ok(()) => false,
                Err(error) => {
                    tracing::warn!(%error, ?row, "a reload is in force, but not tidied yet");
                    true
                }
            });
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
                self.note_allow(edit);
                self.keep_configuration();
                (Some(file), None)
            }
            Err(error) => {
                tracing::warn!(%error, "the file does not say what holds");
                (None, Some(error.to_string()))
            }
        }
    }
}

/// Tells the log what a reload came to.
pub fn log(answer: &ReloadAnswer) {
    let kinds = [
        ("changed", &answer.changed),
        ("waits for the next start", &answer.at_restart),
    ];
    for (what, changes) in kinds {
        for ChangedKey { key, before, after } in changes {
            tracing::info!(key, before, after, "{what}");
        }
    }
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
        notes: Vec::new(),
    }
}

fn changed(changed: &Changed) -> ChangedKey {
    let (before, after) = match (&changed.before, &changed.after) {
        // Which lists differ: there may be a key in the address of any.
        (Value::Sources(before), Value::Sources(after)) => {
            (others(before, after), others(after, before))
        }
        (before, after) => (before.to_string(), after.to_string()),
    };
    ChangedKey {
        key: changed.key.name().to_owned(),
        before,
        after,
    }
}

/// Names of lists that are not the same among others.
fn others(these: &[Source], those: &[Source]) -> String {
    let others = these.iter().filter(|source| !those.contains(source));
    let names: Vec<&str> = others.map(|source| source.name.as_str()).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_lists_it_is_told_which_differ_and_no_key_of_theirs() {
        let source = |name: &str, url: &str| Source {
            url: url.to_owned(),
            ..Source::named(name)
        };
        let same = source("same", "https://example.org/same?key=1");
        let before = [same.clone(), source("moved", "https://example.org/?key=2")];
        let after = [
            same,
            source("moved", "https://example.org/?key=3"),
            source("new", ""),
        ];
        assert_eq!(others(&before, &after), "moved");
        assert_eq!(others(&after, &before), "moved, new");
        assert_eq!(others(&before, &before), "none");
    }
}

// SPDX-License-Identifier: MIT
//! What came of somebody who was sent for a list.

use super::super::Owner;
use super::Task;
use crate::lists::errand::Brought;
use crate::lists::list::{Copy, List, Work};
use crate::lists::sift::Sifted;
use aegis_api::{ListAttempt, ListQuarantine};
use aegis_lists::schedule::{Chance, Failure};
use aegis_policy::config::Source;
use jiff::Timestamp;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;

impl Owner {
    pub(super) fn brought(&mut self, source: &Source, task: Task, brought: Brought) {
        let name = source.name.as_str();
        let keeper = &mut self.keeper;
        keeper.reading -= usize::from(task == Task::Read);
        let enabled = keeper.lists.is_enabled();
        let chance = keeper.lists.chance(name);
        let Some(list) = keeper.lists.find_mut(name) else {
            // It is gone from the configuration.
            return;
        };
        if task == Task::Fetch && list.is_by_hand() {
            // Another one has its name since.
            return;
        }
        list.work = Work::None;
        let again = std::mem::take(&mut list.again);
        if task == Task::Fetch && list.source() != source {
            // It may be the text of another place: what the configuration says now is asked for.
            let on = enabled && list.is_on();
            let task = if on { task } else { Task::Read };
            return self.keeper.send(name, task);
        }
        let now = Timestamp::now();
        match brought {
            Brought::Copy(sifted) => {
                keeper.unkept = sifted.unkept.clone().or(keeper.unkept.take());
                take(list, *sifted, task, (now, chance));
                keeper.outdated = Some(Instant::now());
            }
            Brought::Same => {
                if let Some(copy) = &mut list.copy {
                    copy.checked = now;
                }
                // What was put aside is not published any more.
                list.record.quarantine = None;
                attempted(list, "unchanged", None, now);
                list.turn = list.schedule().succeeded(now, any());
            }
            Brought::Aside {
                why,
                entries,
                releasable,
            } => {
                let aside = ListQuarantine {
                    at: now,
                    why,
                    entries,
                    releasable,
                };
                put_aside(list, aside);
            }
            Brought::Unproven { why } => {
                disbelieve(list, why, now);
                keeper.outdated = Some(Instant::now());
            }
            Brought::Failed { why, .. } if task == Task::Read => {
                tracing::debug!(list = name, why, "there is no copy to begin with");
            }
            Brought::Failed { why, failure } => failed(list, task, why, failure, now),
        }
        if again {
            self.keeper.send(name, Task::Read);
        }
    }
}

fn take(list: &mut List, sifted: Sifted, task: Task, (now, own): (Timestamp, Chance)) {
    let Sifted {
        content,
        findings,
        checked,
        ..
    } = sifted;
    let (entries, refused) = (content.len(now), findings.summary.refused);
    tracing::info!(list = list.name(), entries, refused, ?task, "list taken");
    let share = list
        .copy
        .as_ref()
        .map(|copy| copy.share)
        .unwrap_or_default();
    let first = list.copy.is_none();
    list.copy = Some(Copy {
        checked,
        content: Arc::new(content),
        at: now,
        findings,
        share,
    });
    list.work = Work::Here;
    match task {
        Task::Read if first => list.turn = list.schedule().begin(now, Some(checked), own),
        Task::Read => {}
        Task::Fetch | Task::Release | Task::Load => {
            attempted(list, "updated", None, now);
            list.record.quarantine = None;
            list.turn = list.schedule().succeeded(now, any());
        }
    }
}

fn put_aside(list: &mut List, aside: ListQuarantine) {
    let (now, why) = (aside.at, aside.why.clone());
    let known = list.record.quarantine.as_ref();
    if known.is_none_or(|known| known.why != why) {
        tracing::warn!(
            list = list.name(),
            why,
            "a new copy was put aside, the last one stays"
        );
    }
    let since = known.map_or(now, |known| known.at);
    list.record.quarantine = Some(ListQuarantine { at: since, ..aside });
    attempted(list, "quarantined", Some(why), now);
    list.turn = list.schedule().succeeded(now, any());
}

/// The copy was believed on other terms than those of now: another one is asked for at once.
fn disbelieve(list: &mut List, why: String, now: Timestamp) {
    tracing::warn!(list = list.name(), why, "its copy is not believed any more");
    list.copy = None;
    list.turn.next = now;
    attempted(list, "failed", Some(why), now);
}

fn failed(list: &mut List, task: Task, why: String, failure: Failure, now: Timestamp) {
    if task == Task::Fetch {
        list.turn = list.schedule().failed(list.turn, failure, now, any());
    }
    match list.turn.is_early() {
        true => tracing::debug!(list = list.name(), why, "not fetched yet"),
        false => tracing::warn!(list = list.name(), why, next = %list.turn.next, "not fetched"),
    }
    attempted(list, "failed", Some(why), now);
}

fn attempted(list: &mut List, outcome: &str, why: Option<String>, now: Timestamp) {
    list.record.last = Some(ListAttempt {
        at: now,
        outcome: outcome.to_owned(),
        why,
    });
}

/// Not a host's own: no two attempts are alike.
fn any() -> Chance {
    Chance::of(RandomState::new().hash_one(Instant::now()) as u32)
}

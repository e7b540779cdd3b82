// SPDX-License-Identifier: MIT
//! What of a policy outlives the process, as records.

use super::{Edit, Policy, Undo};
use crate::saved::{Clocks, Record, SavedAllow, SavedBan, SavedCause, SavedStrikes, Subject};
use crate::{AllowEntry, BanEntry, Cause, Part, Target};
use std::collections::BTreeSet;

impl Policy {
    /// Everything that stands.
    #[must_use]
    pub fn saved(&self, clocks: &Clocks) -> Vec<Record> {
        let allow = self.allow.iter().map(|entry| allow_record(entry, clocks));
        let bans = self.bans.iter().filter_map(|ban| ban_record(ban, clocks));
        let strikes = self.offenders.iter().map(|offender| {
            let (source, strikes) = (offender.source, &offender.strikes);
            Record::Strikes(SavedStrikes::of(source, strikes, clocks))
        });
        let strikes = strikes.filter(Record::stands);
        allow.chain(bans).chain(strikes).collect()
    }

    /// What a mutation that was made has changed: what stands now, or no longer does.
    #[must_use]
    pub fn saved_changes(&self, mutation: &Undo, clocks: &Clocks) -> Vec<Record> {
        let subjects: BTreeSet<Subject> = mutation
            .0
            .iter()
            .flat_map(|edit| self.subjects(edit))
            .collect();
        let records = subjects
            .into_iter()
            .filter_map(|of| self.saved_as(of, clocks));
        records.collect()
    }

    /// What is to be said of it now; `None` of regions, of which a policy of addresses knows nothing.
    #[must_use]
    pub fn saved_as(&self, subject: Subject, clocks: &Clocks) -> Option<Record> {
        Some(match subject {
            Subject::Ban(target, part) => {
                let standing = self.bans.on(target, part);
                let record = standing.and_then(|ban| ban_record(ban, clocks));
                record.unwrap_or(Record::Unban(target, part))
            }
            Subject::Allow(target) => match self.allow.get(target) {
                Some(entry) => allow_record(entry, clocks),
                None => Record::Disallow(target),
            },
            Subject::Strikes(source) => {
                let strikes = self.strikes(source);
                Record::Strikes(SavedStrikes::of(source, &strikes, clocks))
            }
            Subject::Region(_) => return None,
        })
    }

    /// What an edit was about that differs from what it replaced.
    fn subjects(&self, edit: &Edit) -> Vec<Subject> {
        match edit {
            Edit::Ban(target, before) => {
                let now = self.bans.get(*target);
                let both = [before.as_ref(), now].into_iter().flatten();
                let parts: BTreeSet<Part> = both.flat_map(|entry| entry.parts()).collect();
                let on = |part| {
                    (
                        before.as_ref().and_then(|b| b.on(part)),
                        now.and_then(|n| n.on(part)),
                    )
                };
                let differs = parts.into_iter().filter(|part| {
                    let (before, now) = on(*part);
                    differ(before, now)
                });
                differs.map(|part| Subject::Ban(*target, part)).collect()
            }
            Edit::Allow(target, _) => vec![Subject::Allow(*target)],
            Edit::Strikes(source, _) => vec![Subject::Strikes(*source)],
        }
    }
}

/// Whether what is to be said of a ban is different.
fn differ(before: Option<&BanEntry>, now: Option<&BanEntry>) -> bool {
    let kept = |ban: Option<&BanEntry>| -> Vec<Cause> {
        let causes = ban.into_iter().flat_map(BanEntry::kept);
        causes.cloned().collect()
    };
    kept(before) != kept(now)
}

/// `None` where it is over, or nothing of it is this host's.
fn ban_record(ban: &BanEntry, clocks: &Clocks) -> Option<Record> {
    let live = ban.kept().filter(|cause| cause.is_live(clocks.monotonic));
    let causes: Vec<SavedCause> = live.map(|cause| saved_cause(cause, clocks)).collect();
    let (target, part): (Target, Part) = (ban.target, ban.part);
    (!causes.is_empty()).then_some(Record::Ban(SavedBan {
        target,
        part,
        causes,
    }))
}

fn saved_cause(cause: &Cause, clocks: &Clocks) -> SavedCause {
    SavedCause {
        origin: cause.origin,
        since: Some(clocks.wall_of(cause.created)),
        until: clocks.wall_of_end(cause.expires),
        remark: cause.remark.clone(),
    }
}

fn allow_record(entry: &AllowEntry, clocks: &Clocks) -> Record {
    Record::Allow(SavedAllow {
        target: entry.target,
        configured: false,
        since: Some(clocks.wall_of(entry.created)),
        remark: entry.remark.clone(),
    })
}

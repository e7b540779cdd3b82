// SPDX-License-Identifier: MIT
//! The owner's part: what is decided about whom, and what became of it.

use super::alerts::Alerts;
use super::contact::Contact;
use super::{Clock, Lifted, Told};
use crate::host::Host;
use aegis_core::Nanos;
use aegis_lists::crowdsec::{Alert, Change, Evidence, Saved, Sentence, Subject, Tally};
use aegis_policy::config::CrowdSec;
use aegis_policy::{Applied, BanEntry, Followed, Offence, Origin, Policy, Target, Verdict};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Targets that come to the policy at once: some milliseconds' work.
const CHUNK: usize = 256;
/// How often those without room are tried again: bans end, and make room.
const AGAIN: Duration = Duration::from_secs(60);

/// What is decided, and what became of it.
#[derive(Debug)]
pub(crate) struct Crowd {
    pub(super) url: String,
    remediation: bool,
    pub(super) clock: Clock,
    told: mpsc::Receiver<Told>,
    lifts: watch::Sender<Lifted>,
    pub(super) alerts: Option<Arc<Alerts>>,
    /// Every address and prefix that is decided about, as far as the owner has got.
    pub(super) wanted: BTreeMap<Subject, Sentence>,
    /// The same of countries and autonomous systems.
    pub(super) places: BTreeMap<Subject, Sentence>,
    pub(super) places_changed: bool,
    /// What differs from that, and is yet to be carried out.
    pub(super) pending: VecDeque<Change>,
    /// Whom an operator has let go, until all decisions on them have ended.
    pub(super) lifted: Lifted,
    /// Whom the host needs.
    pub(super) refused: BTreeMap<Target, String>,
    pub(super) no_room: BTreeSet<Target>,
    /// Whose bans the kernel did not end.
    unlifted: BTreeSet<Target>,
    again: Instant,
    latest: Vec<Target>,
    pub(super) contact: Contact,
    pub(super) tally: Tally,
    /// What is wrong with the file of the last daemon.
    pub(super) damage: Option<String>,
    /// Why the latest chunk did not reach the kernel.
    pub(super) problem: Option<String>,
}

/// What changes, on its way to the policy.
#[derive(Debug)]
pub(crate) struct Chunk(Vec<Target>);

impl Crowd {
    pub(super) fn new(
        config: &CrowdSec,
        (clock, damage): (Clock, Option<String>),
        saved: &Saved,
        (told, lifts, alerts): (
            mpsc::Receiver<Told>,
            watch::Sender<Lifted>,
            Option<Arc<Alerts>>,
        ),
    ) -> Self {
        if let Some(damage) = &damage {
            tracing::warn!("decisions of CrowdSec are not known until it tells them: {damage}");
        }
        let sentences = saved.decisions.sentences();
        Self {
            url: config.url.clone(),
            remediation: config.remediation,
            clock,
            told,
            lifts,
            alerts,
            wanted: BTreeMap::new(),
            places: BTreeMap::new(),
            places_changed: false,
            pending: sentences.map(change).collect(),
            lifted: saved.lifted.clone(),
            refused: BTreeMap::new(),
            no_room: BTreeSet::new(),
            unlifted: BTreeSet::new(),
            again: Instant::now() + AGAIN,
            latest: Vec::new(),
            contact: Contact::default(),
            tally: saved.decisions.tally(),
            damage,
            problem: None,
        }
    }

    /// Puts everything that stood when the last daemon ended into a policy that is not in the kernel
    /// yet, except what the host needs now: decisions that were refused are among it.
    pub(crate) async fn stand(&mut self, policy: &mut Policy, host: &Host, now: Nanos) {
        let found = self.pending.len();
        if found > 0 {
            match host.look().await {
                Ok(protected) => policy.set_protected(protected),
                Err(error) => tracing::warn!(
                    %error,
                    "CrowdSec's bans may be on what the host needs until that is known"
                ),
            }
        }
        while let Some((chunk, applied)) = self.next(policy, now) {
            // The rows of everything are written at the start, these among them.
            self.followed(chunk, applied.outcome);
        }
        if found > 0 {
            tracing::info!(
                decisions = found,
                "what CrowdSec decided before stands again"
            );
        }
    }

    /// What the poller tells, or that something is left to be carried out. Cancelling it loses nothing.
    pub(crate) async fn heard(&mut self) -> Option<Told> {
        if self.pending.is_empty() {
            return match self.told.recv().await {
                Some(told) => Some(told),
                None => std::future::pending().await,
            };
        }
        // Whoever else has something to say to the owner comes first.
        tokio::task::yield_now().await;
        None
    }

    /// Takes note of what the poller told.
    pub(crate) fn note(&mut self, told: Told) {
        self.contact = told.contact;
        self.tally = told.tally;
        self.pending.extend(told.changes);
        if self.again <= Instant::now() {
            self.again = Instant::now() + AGAIN;
            let waiting = std::mem::take(&mut self.no_room);
            self.reconsider(waiting);
            let unlifted = std::mem::take(&mut self.unlifted);
            self.lift_again(unlifted);
        }
    }

    /// What is to be done next, as the policy does it; `None` where nothing is.
    pub(crate) fn next(
        &mut self,
        policy: &mut Policy,
        now: Nanos,
    ) -> Option<(Chunk, Applied<Vec<Followed>>)> {
        if self.pending.is_empty() {
            return None;
        }
        let mut verdicts = Vec::with_capacity(CHUNK);
        while verdicts.len() < CHUNK {
            let Some(change) = self.pending.pop_front() else {
                break;
            };
            verdicts.extend(self.verdict(change));
        }
        let targets = verdicts.iter().map(|verdict| verdict.target).collect();
        let applied = policy.follow(Origin::CrowdSec, verdicts, now);
        Some((Chunk(targets), applied))
    }

    /// What became of it.
    pub(crate) fn followed(&mut self, chunk: Chunk, outcomes: Vec<Followed>) {
        self.problem = None;
        self.latest.clone_from(&chunk.0);
        for (target, outcome) in chunk.0.into_iter().zip(outcomes) {
            self.refused.remove(&target);
            self.no_room.remove(&target);
            self.unlifted.remove(&target);
            match outcome {
                Followed::Stands | Followed::Lifted => {}
                Followed::Refused(error) => drop(self.refused.insert(target, error.to_string())),
                Followed::NoRoom => drop(self.no_room.insert(target)),
            }
        }
    }

    /// The kernel did not take it: bans are tried again as if there were no room, and so are their
    /// ends.
    pub(crate) fn failed(&mut self, chunk: Chunk, problem: String) {
        tracing::warn!(problem, "decisions of CrowdSec are not carried out for now");
        for target in chunk.0 {
            let banned = self.wanted.contains_key(&Subject::Net(target.net()));
            let left = if banned {
                &mut self.no_room
            } else {
                &mut self.unlifted
            };
            left.insert(target);
        }
        self.problem = Some(problem);
    }

    /// A decision as the policy takes it. Places are not the policy's, and whom an operator has let go
    /// stays so.
    fn verdict(&mut self, Change { subject, after }: Change) -> Option<Verdict> {
        let Some(target) = target(subject) else {
            self.place(subject, after);
            return None;
        };
        let ban = after.as_ref().map(|sentence| {
            let expires = self.clock.0.end(Some(sentence.until));
            (expires, sentence.scenario.parse().unwrap_or_default())
        });
        match after {
            Some(sentence) => drop(self.wanted.insert(subject, sentence)),
            None => {
                self.wanted.remove(&subject);
                if self.lifted.remove(&subject) {
                    self.lifts.send_replace(self.lifted.clone());
                }
            }
        }
        let held = !self.lifted.contains(&subject);
        (held || ban.is_none()).then_some(Verdict { target, ban })
    }

    fn place(&mut self, subject: Subject, after: Option<Sentence>) {
        match after {
            Some(sentence) => drop(self.places.insert(subject, sentence)),
            None => drop(self.places.remove(&subject)),
        }
        self.places_changed = true;
    }

    /// An operator has let a target go.
    pub(crate) fn let_go(&mut self, target: Target) {
        let subject = Subject::Net(target.net());
        let comes = |change: &Change| change.subject == subject && change.after.is_some();
        if self.wanted.contains_key(&subject) || self.pending.iter().any(comes) {
            self.lifted.insert(subject);
            self.lifts.send_replace(self.lifted.clone());
        }
    }

    /// What the host needs has changed, and these bans were lifted for that.
    pub(crate) fn spared(&mut self, spared: &[BanEntry]) {
        let refused = std::mem::take(&mut self.refused);
        let spared = spared
            .iter()
            .filter(|ban| ban.by(Origin::CrowdSec).is_some());
        let targets = refused.into_keys().chain(spared.map(|ban| ban.target));
        self.reconsider(targets.collect());
    }

    /// Has these carried out again, or refused, before what is newer.
    fn reconsider(&mut self, targets: BTreeSet<Target>) {
        for target in targets {
            let subject = Subject::Net(target.net());
            if let Some(sentence) = self.wanted.get(&subject) {
                self.pending.push_front(change((subject, sentence.clone())));
            }
        }
    }

    /// The same of bans that should have ended, unless they are wanted anew.
    fn lift_again(&mut self, targets: BTreeSet<Target>) {
        for target in targets {
            let subject = Subject::Net(target.net());
            // Whom an operator has let go meanwhile is free, and stays so.
            if !self.wanted.contains_key(&subject) && !self.lifted.contains(&subject) {
                let after = None;
                self.pending.push_front(Change { subject, after });
            }
        }
    }

    /// Tells the LAPI of an offence, unless that is about whom it has banned itself.
    pub(crate) fn alert(&self, offence: &Offence) {
        let net = offence.source.net();
        let Some(alerts) = self.alerts.as_ref().filter(|_| !self.holds(net)) else {
            return;
        };
        let wall = |at: Nanos| self.clock.0.wall_of(at.into());
        let evidence = Evidence {
            kind: offence.kind.label(),
            source: Subject::Net(net),
            packets: offence.packets,
            figures: offence.figures(),
            first: wall(offence.first_seen),
            last: wall(offence.at),
        };
        alerts.push(Alert::of(&evidence, self.remediation));
    }

    /// Whether nothing is left to be carried out.
    pub(crate) fn is_done(&self) -> bool {
        self.pending.is_empty()
    }

    /// Targets of the latest chunk, once.
    pub(crate) fn latest(&mut self) -> impl Iterator<Item = Target> + use<> {
        std::mem::take(&mut self.latest).into_iter()
    }

    /// Whether something around this is decided about.
    fn holds(&self, net: IpNet) -> bool {
        self.around(net).next().is_some()
    }

    /// What is decided about a prefix and those around it, the widest first.
    pub(super) fn around(&self, net: IpNet) -> impl Iterator<Item = (Subject, &Sentence)> {
        let prefixes = (0..=net.prefix_len()).filter_map(move |length| {
            let wider = IpNet::new(net.addr(), length).ok()?;
            Some(Subject::Net(wider.trunc()))
        });
        prefixes.filter_map(|subject| Some((subject, self.wanted.get(&subject)?)))
    }
}

fn change((subject, sentence): (Subject, Sentence)) -> Change {
    Change {
        subject,
        after: Some(sentence),
    }
}

/// `None` for places.
fn target(subject: Subject) -> Option<Target> {
    match subject {
        Subject::Net(net) => Target::try_from(net).ok(),
        Subject::Country(_) | Subject::As(_) => None,
    }
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT
//! The task that asks the LAPI, again and again, and keeps what it decides.

use super::alerts::Alerts;
use super::contact::Contact;
use super::file::{Place, pause};
use super::lapi::Asker;
use super::{Clock, Lifted, Told, selection};
use aegis_lists::crowdsec::{
    Alert, Answer, Decisions, Failure, Question, Retry, Saved, Selection, StreamAnswer,
};
use aegis_lists::fetch::Secret;
use aegis_policy::config::CrowdSec;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// So often everything is asked for, beside after each failure: a LAPI notes when it was asked after it
/// has looked what is new, and never tells what came in between.
const EVERYTHING: Duration = Duration::from_secs(3_600);

/// Asks the LAPI.
#[derive(Debug)]
pub(crate) struct Poller {
    interval: Duration,
    selection: Selection,
    clock: Clock,
    asker: Asker,
    /// Shared with threads that go through all of them, which nobody interrupts.
    decisions: Arc<Mutex<Decisions>>,
    place: Place,
    told: mpsc::Sender<Told>,
    lifted: watch::Receiver<Lifted>,
    alerts: Option<Arc<Alerts>>,
    token: Option<Secret>,
    contact: Contact,
    retry: Retry,
    /// When everything was told last; `None`: what has changed since would not be enough.
    synced: Option<Instant>,
    /// When the file was written last.
    saved: Option<Instant>,
    /// Whether it says something else.
    dirty: bool,
}

/// The owner has gone.
struct Gone;

impl Poller {
    pub(super) fn new(
        config: &CrowdSec,
        clock: Clock,
        (saved, place): (Saved, Place),
        asker: Asker,
        (told, lifted, alerts): (
            mpsc::Sender<Told>,
            watch::Receiver<Lifted>,
            Option<Arc<Alerts>>,
        ),
    ) -> Self {
        Self {
            interval: config.interval,
            selection: selection(config),
            clock,
            asker,
            decisions: Arc::new(Mutex::new(saved.decisions)),
            place,
            told,
            lifted,
            alerts,
            token: None,
            contact: Contact::default(),
            retry: Retry::default(),
            synced: None,
            saved: None,
            dirty: false,
        }
    }

    /// Asks until the daemon stops, and writes down what stands then.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            Gone = self.work() => {}
        }
        if self.dirty || self.lifted.has_changed().unwrap_or(true) {
            self.save().await;
        }
    }

    async fn work(&mut self) -> Gone {
        let mut next = Instant::now();
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(next.into()) => {
                    if let Err(gone) = self.poll().await {
                        return gone;
                    }
                    self.send_alerts().await;
                    next = Instant::now() + self.retry.wait(self.interval, chance());
                }
                () = due(self.save_at()) => self.save().await,
                changed = self.lifted.changed() => match changed {
                    // What an operator has let go is nobody's to ban again, however this ends.
                    Ok(()) => self.save().await,
                    Err(_) => return Gone,
                },
            }
        }
    }

    /// Asks once, and tells the owner what came of it.
    async fn poll(&mut self) -> Result<(), Gone> {
        let everything = self
            .synced
            .is_none_or(|synced| synced.elapsed() >= EVERYTHING);
        let question = Question::Decisions {
            startup: everything,
            selection: self.selection.clone(),
        };
        let answer = self.asker.ask(question).await;
        let told = match answer {
            Ok(Answer::Decisions(answer)) => {
                self.succeeded(everything);
                self.take(Some((answer, everything))).await
            }
            Ok(_) => {
                self.failed(&unasked());
                self.take(None).await
            }
            Err(failure) => {
                self.failed(&failure);
                self.take(None).await
            }
        };
        self.dirty |= !told.changes.is_empty();
        self.told.send(told).await.map_err(|_| Gone)
    }

    fn succeeded(&mut self, everything: bool) {
        self.retry.succeeded();
        if everything {
            self.synced = Some(Instant::now());
        }
        if self.contact.answered(self.clock.now()) {
            tracing::info!("the CrowdSec LAPI answers");
        }
    }

    fn failed(&mut self, failure: &Failure) {
        self.retry.failed();
        // What it has told and did not arrive it does not tell again.
        self.synced = None;
        if self.contact.failed(failure.to_string(), self.clock.now()) {
            tracing::warn!(%failure, "the CrowdSec LAPI does not answer; what it decided holds until it ends");
        }
    }

    /// What an answer changes, or the time alone.
    async fn take(&self, answer: Option<(StreamAnswer, bool)>) -> Told {
        let (decisions, now) = (Arc::clone(&self.decisions), self.clock.now());
        let work = move || {
            let mut decisions = lock(&decisions);
            let changes = match answer {
                Some((answer, true)) => decisions.resync(&answer, now),
                Some((answer, false)) => decisions.apply(&answer, now),
                None => decisions.expire(now),
            };
            (changes, decisions.tally())
        };
        let taken = tokio::task::spawn_blocking(work).await;
        let (changes, tally) = taken.unwrap_or_else(|error| {
            tracing::error!(%error, "what CrowdSec has said is lost");
            Default::default()
        });
        Told {
            changes,
            contact: self.contact.clone(),
            tally,
        }
    }

    /// When the file has to be written, if it has to.
    fn save_at(&self) -> Option<Instant> {
        let pause = pause(lock(&self.decisions).len());
        let earliest = self.saved.map_or_else(Instant::now, |saved| saved + pause);
        self.dirty.then_some(earliest)
    }

    async fn save(&mut self) {
        let (decisions, place) = (Arc::clone(&self.decisions), self.place.clone());
        let lifted = self.lifted.borrow_and_update().clone();
        let work = move || place.save(&lock(&decisions), &lifted);
        let saved = tokio::task::spawn_blocking(work).await;
        let saved = saved.unwrap_or_else(|error| Err(io::Error::other(error)));
        if let Err(error) = saved {
            tracing::warn!(%error, "decisions of CrowdSec may not outlive the daemon");
        }
        self.saved = Some(Instant::now());
        self.dirty = false;
    }

    /// Sends what waits, as long as the LAPI takes it.
    async fn send_alerts(&mut self) {
        let Some(alerts) = self.alerts.clone().filter(|_| self.contact.is_good()) else {
            return;
        };
        loop {
            let some = alerts.take();
            if some.is_empty() {
                return;
            }
            match self.send(some.clone()).await {
                Ok(count) => alerts.sent(count),
                Err(failure) => {
                    self.token = None;
                    tracing::debug!(%failure, "alerts are not taken");
                    alerts.put_back(some, failure.to_string());
                    return;
                }
            }
        }
    }

    async fn send(&mut self, alerts: Vec<Alert>) -> Result<usize, Failure> {
        let known = self.token.is_some();
        let token = self.token().await?;
        match self
            .asker
            .ask(Question::Alerts(token, alerts.clone()))
            .await
        {
            Ok(_) => Ok(alerts.len()),
            // A token holds for an hour.
            Err(Failure::Token) if known => {
                self.token = None;
                let token = self.token().await?;
                let again = Question::Alerts(token, alerts.clone());
                self.asker.ask(again).await.map(|_| alerts.len())
            }
            Err(failure) => Err(failure),
        }
    }

    async fn token(&mut self) -> Result<Secret, Failure> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        let login = Question::Login(self.asker.machine()?);
        match self.asker.ask(login).await? {
            Answer::Login(token) => Ok(self.token.insert(token).clone()),
            _ => Err(unasked()),
        }
    }
}

fn unasked() -> Failure {
    Failure::Nonsense("an answer to another question".to_owned())
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

fn lock(decisions: &Mutex<Decisions>) -> MutexGuard<'_, Decisions> {
    decisions.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number that nobody foresees, or, without one, the middle.
fn chance() -> u8 {
    let mut byte = [128];
    let flags = rustix::rand::GetRandomFlags::empty();
    match rustix::rand::getrandom(&mut byte, flags) {
        Ok(_) => byte[0],
        Err(_) => 128,
    }
}

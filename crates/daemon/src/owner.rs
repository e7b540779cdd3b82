// SPDX-License-Identifier: MIT
//! The one task that owns the engine and the policy, and obeys commands.

use crate::ban;
use crate::ban::Moment;
use crate::command::{Command, Reply};
use crate::error::{from_engine, from_policy};
use crate::event::{Recent, Translator};
use crate::peer::Peer;
use crate::status::{Expected, Findings};
use crate::{Options, TcChoice, stats};
use aegis_abi::ABI_VERSION;
use aegis_abi::event::{DecodeError, EventCodes};
use aegis_api::{
    API_VERSION, AllowAnswer, AllowList, AllowRequest, ApiError, BanAnswer, BanList, BanRequest,
    DisallowRequest, EventList, SecurityEvent, Stats, Status, UnbanAnswer, UnbanRequest,
};
use aegis_engine::{Attachment, Engine, EngineError, EventStream};
use aegis_policy::{Applied, Novelty, Policy, ProtectedSet, Target};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, mpsc};
use tokio::time::{MissedTickBehavior, interval};

/// How often bans that have ended are removed from the tables. They stop biting by themselves.
const EXPIRY: Duration = Duration::from_secs(1);
/// How often the programs' clock is set; jiffies drift from the clock by microseconds a second.
const CLOCK: Duration = Duration::from_secs(10);
/// Events that a slow reader may be behind.
const FEED: usize = 1024;

/// Owner of everything that changes.
pub struct Owner {
    engine: Engine,
    policy: Policy,
    /// `None` once reading failed: then `status` says so.
    events: Option<EventStream>,
    recent: Recent,
    feed: broadcast::Sender<SecurityEvent>,
    translator: Translator,
    undecodable: u64,
    expected: Expected,
    instance: String,
    since: Instant,
}

impl Owner {
    /// Takes over a started engine, with what it has attached.
    pub fn new(mut engine: Engine, attachments: Vec<Attachment>, options: &Options) -> Self {
        let events = engine.take_events();
        let name = |a: Attachment| (a.index, a.interface);
        let expected = Expected {
            interfaces: options.interfaces.clone(),
            egress: options.tc != TcChoice::Off,
        };
        Self {
            engine,
            policy: Policy::new(),
            events,
            recent: Recent::default(),
            feed: broadcast::Sender::new(FEED),
            translator: Translator {
                interfaces: attachments.into_iter().map(name).collect(),
            },
            undecodable: 0,
            expected,
            instance: options.instance.name().to_owned(),
            since: Instant::now(),
        }
    }

    /// Obeys until nobody can send commands any more; gives the engine back.
    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>) -> Engine {
        let (mut expiry, mut clock) = (interval(EXPIRY), interval(CLOCK));
        expiry.set_missed_tick_behavior(MissedTickBehavior::Delay);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => return self.engine,
                },
                batch = next_events(&mut self.events) => self.take_events(batch),
                _ = expiry.tick() => self.expire(),
                _ = clock.tick() => self.synchronise(),
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        if command.is_abandoned() {
            tracing::warn!(?command, "not done: nobody waits for it any more");
            return;
        }
        match command {
            Command::Status(reply) => answer(reply, Ok(self.status().await)),
            Command::Stats(reply) => answer(reply, self.stats()),
            Command::Bans(reply) => answer(reply, Ok(self.bans())),
            Command::Ban(request, host, peer, reply) => {
                let result = self.ban(&request, host);
                log(("ban", &request.target, peer), &result);
                answer(reply, result);
            }
            Command::Unban(request, peer, reply) => {
                let result = self.unban(&request);
                log(("unban", &request.target, peer), &result);
                answer(reply, result);
            }
            Command::AllowList(reply) => answer(reply, Ok(self.allowlist())),
            Command::Allow(request, peer, reply) => {
                let result = self.allow(&request);
                log(("allow", &request.target, peer), &result);
                answer(reply, result);
            }
            Command::Disallow(request, peer, reply) => {
                let result = self.disallow(&request);
                log(("disallow", &request.target, peer), &result);
                answer(reply, result);
            }
            Command::Events(limit, reply) => {
                answer(
                    reply,
                    Ok(EventList {
                        events: self.recent.last(limit),
                    }),
                );
            }
            Command::Follow(reply) => answer(reply, Ok(self.feed.subscribe())),
        }
    }

    /// Writes to the kernel what policy decided; where the kernel refuses, policy forgets it.
    fn apply<T>(&mut self, applied: Applied<T>) -> Result<T, ApiError> {
        match self.engine.apply(&applied.changes) {
            Ok(()) => Ok(applied.outcome),
            Err(error) => {
                self.policy.undo(applied.undo);
                Err(from_engine(&error))
            }
        }
    }

    fn ban(
        &mut self,
        request: &BanRequest,
        host: Result<ProtectedSet, ApiError>,
    ) -> Result<BanAnswer, ApiError> {
        let now = Moment::now();
        let block = ban::block(request, now.monotonic)?;
        // Force asks for no protection; without it, not to know is to refuse.
        if !request.force {
            self.policy.set_protected(host?);
        }
        let applied = self
            .policy
            .block(block, now.monotonic)
            .map_err(|e| from_policy(&e))?;
        let blocked = self.apply(applied)?;
        Ok(BanAnswer {
            ban: ban::ban(&blocked.ban, &now),
            renewed: blocked.novelty == Novelty::Renewed,
            overruled_by: blocked.overridden_by.as_ref().map(Target::to_string),
        })
    }

    fn unban(&mut self, request: &UnbanRequest) -> Result<UnbanAnswer, ApiError> {
        let now = Moment::now();
        let (target, which) = ban::unblock(request)?;
        let applied = self.policy.unblock(target, which, now.monotonic);
        let unblocked = self.apply(applied.map_err(|error| from_policy(&error))?)?;
        Ok(UnbanAnswer {
            removed: unblocked
                .bans
                .iter()
                .map(|entry| ban::ban(entry, &now))
                .collect(),
            still_covered_by: unblocked.still_banned_by.as_ref().map(Target::to_string),
        })
    }

    fn allow(&mut self, request: &AllowRequest) -> Result<AllowAnswer, ApiError> {
        let target = ban::target(&request.target)?;
        let remark = ban::remark(request.reason.as_deref())?;
        let force = ban::force(request.force);
        let now = Moment::now().monotonic;
        let applied = self.policy.allow(target, remark, force, now);
        let allowed = self.apply(applied.map_err(|error| from_policy(&error))?)?;
        Ok(AllowAnswer {
            entry: ban::allow(&allowed.entry),
            changed: allowed.novelty != Novelty::Unchanged,
            overruled_bans: allowed
                .overrides
                .iter()
                .map(|ban| ban.target.to_string())
                .collect(),
            exempt_from: allowed.exempt_from.as_ref().map(Target::to_string),
        })
    }

    fn disallow(&mut self, request: &DisallowRequest) -> Result<AllowAnswer, ApiError> {
        let applied = self.policy.disallow(ban::target(&request.target)?);
        let entry = self.apply(applied.map_err(|error| from_policy(&error))?)?;
        let overruled_bans = Vec::new();
        Ok(AllowAnswer {
            entry: ban::allow(&entry),
            changed: true,
            overruled_bans,
            exempt_from: None,
        })
    }

    fn bans(&self) -> BanList {
        let now = Moment::now();
        let bans = self.policy.bans(now.monotonic);
        BanList {
            bans: bans.map(|entry| ban::ban(entry, &now)).collect(),
        }
    }

    fn allowlist(&self) -> AllowList {
        AllowList {
            allow: self.policy.allowlist().map(ban::allow).collect(),
        }
    }

    fn stats(&self) -> Result<Stats, ApiError> {
        let read = || {
            let (counters, events) = (self.engine.counters()?, self.engine.event_counters()?);
            Ok(stats::stats(&counters, &events, &self.engine.settings()?))
        };
        read().map_err(|error: EngineError| from_engine(&error))
    }

    async fn status(&self) -> Status {
        let mut findings = Findings::default();
        let attachments = findings.readable(self.engine.attachments().await);
        findings.attachments(&attachments, &self.expected);
        let tables = findings.readable(self.engine.tables());
        findings.tables(&tables);
        let events = findings.readable(self.engine.event_counters());
        if self.events.is_none() {
            findings
                .problems
                .push("events are not read any more; restart the daemon".to_owned());
        }
        Status {
            api_version: API_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            abi_version: ABI_VERSION,
            instance: self.instance.clone(),
            pid: std::process::id(),
            uptime_seconds: self.since.elapsed().as_secs(),
            healthy: findings.problems.is_empty(),
            problems: findings.problems,
            warnings: findings.warnings,
            egress: self.expected.egress,
            attachments: findings.attachments,
            tables: findings.tables,
            bans: self.policy.bans(Moment::now().monotonic).count(),
            allow: self.policy.allowlist().count(),
            events: stats::loss(&events, self.undecodable),
        }
    }

    fn take_events(&mut self, batch: Result<Batch, EngineError>) {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                tracing::error!(%error, "events are not read any more");
                self.events = None;
                return;
            }
        };
        let now = Moment::now();
        for record in batch {
            match record {
                Ok((event, codes)) => {
                    let event = self.translator.translate(&event, &codes, &now);
                    self.recent.push(event.clone());
                    // Nobody follows: that is no failure.
                    drop(self.feed.send(event));
                }
                Err(error) => {
                    self.undecodable += 1;
                    tracing::warn!(%error, total = self.undecodable, "an event cannot be read");
                }
            }
        }
    }

    fn expire(&mut self) {
        let applied = self.policy.expire(Moment::now().monotonic);
        if applied.outcome.is_empty() && applied.changes.is_empty() {
            return;
        }
        match self.apply(applied) {
            Ok(ended) => {
                for ban in ended {
                    tracing::info!(subject = %ban.target, part = %ban.part, "ban ended");
                }
            }
            Err(error) => tracing::warn!(%error, "ended bans stay in the tables for now"),
        }
    }

    fn synchronise(&mut self) {
        if let Err(error) = self.engine.synchronise_clock() {
            tracing::warn!(%error, "the clock of the programs could not be set");
        }
    }
}

type Batch = Vec<Result<(aegis_abi::Event, EventCodes), DecodeError>>;

/// Waits for ever where there is nothing to wait for.
async fn next_events(events: &mut Option<EventStream>) -> Result<Batch, EngineError> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

fn answer<T>(reply: Reply<T>, result: Result<T, ApiError>) {
    // Whoever asked may have gone.
    drop(reply.send(result));
}

fn log<T>((action, subject, peer): (&str, &str, Peer), result: &Result<T, ApiError>) {
    let (uid, gid, pid) = (peer.uid, peer.gid, peer.pid);
    match result {
        Ok(_) => tracing::info!(action, subject, uid, gid, pid, "done"),
        Err(error) => {
            let code = error.code.label();
            tracing::info!(action, subject, uid, gid, pid, code, %error, "refused");
        }
    }
}

// SPDX-License-Identifier: MIT
//! The one task that owns the engine and the policy, and obeys commands.

mod attack;
mod book;
mod canary;
mod crowd;
mod detect;
mod flows;
mod lists;
mod part;
mod places;
mod regions;
mod reload;
mod report;
mod saved;
mod stand;
mod switch;
mod why;

use self::canary::Canary;
pub(crate) use self::lists::Keeper;
pub(crate) use self::lists::change::by_hand;
use crate::attack::Attacks;
use crate::ban::Moment;
use crate::command::{Change, Command, Reply};
use crate::crowd::Crowd;
use crate::event::{Recent, Translator};
use crate::flow::Copies;
use crate::history::Past;
use crate::motion::Motion;
use crate::parting::Parting;
use crate::peer::Peer;
use crate::places::Places;
use crate::pulse::Pulse;
use crate::samples::Samples;
use crate::service::Watchdog;
use crate::status::Expected;
use crate::store::Store;
use crate::trend::Trend;
use crate::{Configuration, Fallback, Logs, Options, Successor, audit};
use aegis_abi::event::{DecodeError, EventCodes};
use aegis_abi::{Event, Offence, OffenceCodes};
use aegis_api::{ApiError, EventList, SecurityEvent};
use aegis_engine::{
    Attachment, Engine, EngineError, EventStream, LinkWatch, OffenceStream, TcChoice,
};
use aegis_policy::config::Config;
use aegis_policy::{Change as Row, Policy, ProtectedSet};
use jiff::Timestamp;
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often bans that have ended are removed from the tables. They stop biting by themselves.
const EXPIRY: Duration = Duration::from_secs(1);
/// How often the programs' clock is set; jiffies drift from the clock by microseconds a second.
/// As often, connections that are over leave the tables, and the host is asked whether it has SYN
/// cookies.
const UPKEEP: Duration = Duration::from_secs(10);
/// Events that a slow reader may be behind.
const FEED: usize = 1024;

/// Owner of everything that changes.
pub struct Owner {
    engine: Engine,
    policy: Policy,
    /// `None` once reading failed: then `status` says so.
    events: Option<EventStream>,
    /// Likewise.
    offences: Option<OffenceStream>,
    recent: Recent,
    samples: Samples,
    feed: broadcast::Sender<SecurityEvent>,
    translator: Translator,
    undecodable: u64,
    trend: Trend,
    pulse: Pulse,
    motion: Motion,
    past: Past,
    attacks: Attacks,
    copies: Copies,
    canary: Canary,
    expected: Expected,
    logs: Logs,
    configuration: Configuration,
    /// What holds because the configuration is wrong.
    fallback: Option<Fallback>,
    store: Store,
    keeper: Keeper,
    /// What CrowdSec decides, where that is wanted.
    crowd: Option<Crowd>,
    places: Places,
    /// What of it holds; of modules, what did before any was switched.
    running: Config,
    /// What is left of a reload.
    untidy: Vec<Row>,
    instance: String,
    started: Timestamp,
    since: Instant,
    links: Option<LinkWatch>,
    successor: Option<Successor>,
    /// How it goes, once somebody has said so.
    parting: Option<Parting>,
    stop: watch::Sender<bool>,
}

impl Owner {
    /// Takes over a started engine, with what it has attached and the policy it has in its tables,
    /// and what outlives them; `stop` is set true where somebody asks the daemon to go.
    pub fn new(
        mut engine: Engine,
        (policy, store): (Policy, Store),
        (keeper, crowd): (Keeper, Option<Crowd>),
        attachments: Vec<Attachment>,
        options: &Options,
        stop: watch::Sender<bool>,
    ) -> Self {
        let events = engine.take_events();
        let offences = engine.take_offences();
        let name = |a: Attachment| (a.index, a.interface);
        let expected = Expected {
            interfaces: options.config.interfaces.clone(),
            egress: options.tc() != TcChoice::Off,
        };
        let links = LinkWatch::new().inspect_err(|error| {
            tracing::warn!(%error, "interfaces that come back are noticed later");
        });
        Self {
            engine,
            policy,
            events,
            offences,
            recent: Recent::default(),
            samples: Samples::default(),
            feed: broadcast::Sender::new(FEED),
            translator: Translator {
                interfaces: attachments.into_iter().map(name).collect(),
            },
            undecodable: 0,
            trend: Trend::default(),
            pulse: Pulse::default(),
            motion: Motion::default(),
            past: Past::default(),
            attacks: Attacks::default(),
            copies: Copies::default(),
            canary: Canary::new(options.config.canary.every),
            expected,
            logs: options.logs.clone(),
            configuration: options.configuration.clone(),
            fallback: options.fallback.clone(),
            store,
            keeper,
            crowd,
            places: Places::new(&options.config.geo, &options.state, options.state()),
            running: options.config.clone(),
            untidy: Vec::new(),
            instance: options.instance.name().to_owned(),
            started: Timestamp::now(),
            since: Instant::now(),
            links: links.ok(),
            successor: options.successor.clone(),
            parting: None,
            stop,
        }
    }

    /// Obeys until nobody can send commands any more; gives the engine back, and says what is to
    /// become of it. `protected` tells what the host needs, whenever that changes.
    pub async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut protected: watch::Receiver<ProtectedSet>,
    ) -> (Engine, Parting) {
        let (mut expiry, mut upkeep) = (patient(EXPIRY), patient(UPKEEP));
        let mut watchdog = Watchdog::from_environment();
        let (_, news) = self.places.wanted();
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => {
                        self.leave_lists();
                        return self.part();
                    }
                },
                batch = next_offences(&mut self.offences) => self.take_offences(batch),
                batch = next_events(&mut self.events) => self.take_events(batch),
                done = self.keeper.done() => self.list_done(done),
                told = told(&mut protected) => {
                    self.protect(told);
                    self.tend_places();
                }
                told = crowd::heard(&mut self.crowd) => self.follow_crowd(told),
                done = self.places.surveyed() => self.chart(done),
                () = news.notified() => self.survey(),
                _ = expiry.tick() => {
                    self.look();
                    self.copies.forget(Moment::now().monotonic);
                    self.expire();
                    self.tend_store();
                    self.tend_lists();
                    self.follow_file();
                }
                changed = changed(&mut self.links) => self.interfaces_changed(changed).await,
                _ = upkeep.tick() => self.keep_up().await,
                () = self.canary.due() => self.rehearse(),
                () = watchdog.due() => watchdog.sign(),
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
            Command::History(since, step, reply) => answer(reply, Ok(self.past.told(since, step))),
            Command::Attacks(reply) => answer(reply, Ok(self.attack_list())),
            Command::Bans(which, reply) => answer(reply, Ok(self.bans(&which))),
            Command::AllowList(reply) => answer(reply, Ok(self.allowlist())),
            Command::Events(limit, reply) => {
                let events = self.recent.last(limit);
                answer(reply, Ok(EventList { events }));
            }
            Command::Follow(reply) => answer(reply, Ok(self.feed.subscribe())),
            Command::Flows(reply) => answer(reply, self.flows()),
            Command::Stands(flows, reply) => answer(reply, Ok(self.stands(&flows))),
            Command::Why(address, reply) => answer(reply, self.why(address)),
            Command::Save(reply) => answer(reply, Ok(self.saved())),
            Command::Lists(reply) => answer(reply, Ok(self.lists_now())),
            Command::List(name, reply) => answer(reply, self.list_now(&name)),
            Command::Modules(reply) => answer(reply, self.modules()),
            Command::Geo(reply) => answer(reply, self.geo_status()),
            Command::Change(change, peer) => self.change(change, peer),
        }
    }

    fn change(&mut self, change: Change, peer: Peer) {
        self.tidy();
        match change {
            Change::Ban(request, host, reply) => {
                let result = self.ban(&request, host);
                done(("ban", &request.target, peer), result, reply);
            }
            Change::Unban(request, reply) => {
                let result = self.unban(&request);
                done(("unban", &request.target, peer), result, reply);
            }
            Change::Allow(request, reply) => {
                let result = self.allow(&request);
                done(("allow", &request.target, peer), result, reply);
            }
            Change::Disallow(request, reply) => {
                let result = self.disallow(&request);
                done(("disallow", &request.target, peer), result, reply);
            }
            Change::List(change) => self.change_lists(change, peer),
            Change::Kill(flows, which, reply) => {
                let result = self.kill(&flows);
                done(("kill", &which, peer), result, reply);
            }
            Change::Restore(saved, host, reply) => {
                let result = self.restore(&saved, host);
                done(("restore", &saved.name, peer), result, reply);
            }
            Change::Region(change, reply) => {
                let (action, region) = (change.label(), change.region().to_owned());
                let result = self.change_region(change);
                done((action, &region, peer), result, reply);
            }
            Change::Switch(request, reply) => {
                self.protect_anew();
                let action = ["switch off", "switch on"][usize::from(request.on)];
                let result = self.switch(&request);
                done((action, &request.names.join(", "), peer), result, reply);
            }
            Change::Reload(host, reply) => {
                if let Some(host) = host {
                    self.protect(host);
                }
                // Also where the configuration is wrong: somebody may have moved the files.
                self.logs.reopen();
                let result = self.reload();
                result.iter().for_each(reload::log);
                let file = self.configuration.path().display().to_string();
                done(("reload", &file, peer), result, reply);
            }
            Change::Part(parting, reply) => {
                let result = self.say_farewell(parting);
                done(("part", parting.label(), peer), result, reply);
            }
        }
    }

    async fn keep_up(&mut self) {
        if let Err(error) = self.engine.synchronise_clock() {
            tracing::warn!(%error, "the clock of the programs could not be set");
        }
        if let Err(error) = self.engine.follow_syn_cookies() {
            tracing::warn!(%error, "whether SYNs get cookies stays as it was");
        }
        match self.engine.reclaim() {
            Ok(reclaimed) => self.past.note_flows(reclaimed.live),
            Err(error) => {
                tracing::warn!(%error, "connections that are over stay in the tables for now");
            }
        }
        self.tend_places();
        // What was missed of interfaces, and what somebody has detached.
        self.follow().await;
        self.engine.rest();
    }
}

/// Waits for ever where nobody watches; `false` where nobody will any more.
async fn changed(links: &mut Option<LinkWatch>) -> bool {
    match links {
        Some(links) => links.changed().await,
        None => std::future::pending().await,
    }
}

fn patient(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

type Batch<R> = Vec<Result<R, DecodeError>>;

/// Waits for ever where there is nothing to wait for.
async fn next_events(
    events: &mut Option<EventStream>,
) -> Result<Batch<(Event, EventCodes)>, EngineError> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

/// Likewise.
async fn next_offences(
    offences: &mut Option<OffenceStream>,
) -> Result<Batch<(Offence, OffenceCodes)>, EngineError> {
    match offences {
        Some(offences) => offences.next().await,
        None => std::future::pending().await,
    }
}

/// Likewise, once nobody tells any more.
async fn told(protected: &mut watch::Receiver<ProtectedSet>) -> ProtectedSet {
    match protected.changed().await {
        Ok(()) => protected.borrow_and_update().clone(),
        Err(_) => std::future::pending().await,
    }
}

fn answer<T>(reply: Reply<T>, result: Result<T, ApiError>) {
    // Whoever asked may have gone.
    drop(reply.send(result));
}

/// Logs a change, and answers.
fn done<T>(
    (action, subject, peer): (&str, &str, Peer),
    result: Result<T, ApiError>,
    reply: Reply<T>,
) {
    match &result {
        Ok(_) => audit::done(action, subject, &peer),
        Err(error) => audit::refused(action, subject, &peer, error),
    }
    answer(reply, result);
}

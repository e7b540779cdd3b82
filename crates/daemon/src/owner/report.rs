// SPDX-License-Identifier: MIT
//! What is enforced, what was counted, and what was reported.

use super::{Batch, Owner};
use crate::ban::Moment;
use crate::crowd::Crowd;
use crate::error::from_engine;
use crate::status::Findings;
use crate::{Fallback, modules, stats};
use aegis_abi::event::EventCodes;
use aegis_abi::{ABI_VERSION, Count, CounterSlot, Event, Flags, Reason, Settings, StateCounter};
use aegis_api::{
    API_VERSION, ApiError, AutoBanStatus, Confinement, CookieStatus, StateStatus, Stats, Status,
};
use aegis_engine::{Census, EngineError, SynCookies};
use aegis_policy::config::Choice;
use std::time::Instant;

impl Owner {
    pub(super) fn stats(&self) -> Result<Stats, ApiError> {
        let read = || {
            let (counters, events) = (self.engine.counters()?, self.engine.event_counters()?);
            let state = self.engine.state_counters()?;
            let settings = self.engine.settings()?;
            Ok(stats::stats(&counters, &events, (&state, &settings)))
        };
        read().map_err(|error: EngineError| from_engine(&error))
    }

    pub(super) async fn status(&self) -> Status {
        let mut findings = Findings::default();
        let attachments = findings.readable(self.engine.attachments().await);
        findings.attachments(&attachments, &self.expected);
        let census = findings.readable(self.census());
        let tables = findings.readable(self.engine.tables(&census.fill));
        findings.tables(&tables);
        let events = findings.readable(self.engine.event_counters());
        self.streams(&mut findings);
        findings.warnings.extend(self.store.problem());
        findings.warnings.extend_from_slice(self.store.damage());
        findings
            .problems
            .extend(self.fallback.as_ref().map(Fallback::problem));
        findings.problems.extend(self.canary.problems());
        findings.problems.extend(self.keeper.problem());
        findings.warnings.extend(self.keeper.warnings());
        findings
            .warnings
            .extend(self.crowd.iter().flat_map(Crowd::warnings));
        let settings = findings.readable(self.engine.settings());
        let state = self.state(&mut findings, &settings, &census);
        findings.problems.extend(self.places.problem());
        let now = jiff::Timestamp::now();
        findings.warnings.extend(self.places.atlas().warnings(now));
        findings.warnings.extend(self.idle_regions());
        let logging = self.logs.status(&mut findings.warnings);
        Status {
            api_version: API_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            abi_version: ABI_VERSION,
            instance: self.instance.clone(),
            pid: std::process::id(),
            started: self.started,
            uptime_seconds: self.since.elapsed().as_secs(),
            healthy: findings.problems.is_empty(),
            problems: findings.problems,
            warnings: findings.warnings,
            egress: self.expected.egress,
            attachments: findings.attachments,
            tables: findings.tables,
            bans: self.policy.bans(Moment::now().monotonic).count(),
            allow: self.policy.allowlist().count(),
            events: self
                .pulse
                .by_the_second(stats::loss(&events, self.undecodable)),
            generation: settings.generation,
            last_packet_seconds: self
                .pulse
                .last_packet(Instant::now())
                .map(|ago| ago.as_secs()),
            state,
            lists: self.keeper.told(),
            modules: modules::list(settings.flags),
            logging,
            canary: self.canary.status(),
            crowdsec: self
                .crowd
                .as_ref()
                .map(|crowd| crowd.status(&self.policy, self.places.problem())),
            // The rest is read back from the kernel by whoever asked.
            confinement: Confinement {
                mode: self.running.confine.label().to_owned(),
                ..Confinement::default()
            },
            attacks: self.attacks_now(),
        }
    }

    pub(super) fn take_events(&mut self, batch: Result<Batch<(Event, EventCodes)>, EngineError>) {
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
                    let mut event = self.translator.translate(&event, &codes, &now);
                    self.name_list(&mut event, codes.reason);
                    if codes.reason == Reason::Place {
                        let class = event.rule.unwrap_or_default();
                        event.geo_rule = self.geo_rule_of_class(class);
                    }
                    self.samples.note(&event);
                    self.note_attacker(&event, (codes.hook, codes.reason));
                    self.logs.note(&event);
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

    /// Looks at what moves.
    pub(super) fn look(&mut self) {
        let now = Instant::now();
        match self.engine.state_counters() {
            Ok(counters) => self.trend.note(&counters),
            Err(error) => tracing::debug!(%error, "state counters cannot be read"),
        }
        match self.engine.counters() {
            Ok(counters) => {
                self.pulse.note_packets(&counters, now);
                self.note_motion(&counters);
            }
            Err(error) => tracing::debug!(%error, "counters cannot be read"),
        }
        match self.engine.event_counters() {
            Ok(events) => self
                .pulse
                .note_events(stats::loss(&events, self.undecodable), now),
            Err(error) => tracing::debug!(%error, "event counters cannot be read"),
        }
    }

    fn note_motion(&mut self, counters: &[(CounterSlot, Count)]) {
        let now = Moment::now();
        let settings = self.engine.intended_settings();
        let Some(moved) = self.motion.look(counters, settings, now.monotonic) else {
            return;
        };
        let gauge = self.engine.half_open_gauge().unwrap_or_default();
        self.past.add(&moved, percent(gauge), &now);
        self.attacks.look(&moved, &now);
    }

    fn streams(&self, findings: &mut Findings) {
        let gone = |what: &str| format!("{what} are not read any more; restart the daemon");
        if self.events.is_none() {
            findings.problems.push(gone("events"));
        }
        if self.offences.is_none() {
            findings.problems.push(gone("offences"));
        }
    }

    fn state(&self, findings: &mut Findings, settings: &Settings, census: &Census) -> StateStatus {
        let counters = findings.readable(self.engine.state_counters());
        let gauge = findings.readable(self.engine.half_open_gauge());
        self.trend
            .warnings(&mut findings.warnings, findings.short_of_room);
        let now = Moment::now().monotonic.0;
        StateStatus {
            mode: mode(settings.flags).to_owned(),
            grace_seconds: settings
                .grace_until_ns
                .saturating_sub(now)
                .div_ceil(1_000_000_000),
            flows: census.proven,
            half_open: census.half_open,
            half_open_percent: percent(gauge),
            cooling: self.engine.cooling(),
            syn_cookies: self.cookies(settings.flags),
            auto_bans: AutoBanStatus {
                enabled: self.policy.auto_ban().enabled,
                banned: self.policy.auto_banned(),
                max: self.policy.auto_ban().max_entries,
            },
            counters: counters
                .into_iter()
                .map(|(counter, count)| (counter.label().to_owned(), count))
                .collect(),
        }
    }

    fn cookies(&self, flags: Flags) -> CookieStatus {
        let (mode, problem) = match self.engine.syn_cookies() {
            _ if !flags.has(Flags::RATE_LIMIT) => ("off", None),
            SynCookies::Off { reason } => ("impossible", Some(reason)),
            SynCookies::On if !flags.has(Flags::SYN_COOKIES) => {
                let problem = "the host has only just allowed them; look again in ten seconds";
                ("impossible", Some(problem.to_owned()))
            }
            SynCookies::On if self.trend.is_rising(StateCounter::GaugeExceeded) => ("active", None),
            SynCookies::On => ("ready", None),
        };
        CookieStatus {
            mode: mode.to_owned(),
            problem,
        }
    }
}

fn percent(part: f64) -> u32 {
    (part * 100.0).round() as u32
}

/// What becomes of packets outside known connections.
fn mode(flags: Flags) -> &'static str {
    if !flags.has(Flags::CONN_TRACK) {
        "off"
    } else if flags.has(Flags::LOOSE) {
        "loose"
    } else {
        "strict"
    }
}

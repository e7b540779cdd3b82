// SPDX-License-Identifier: MIT
//! CrowdSec: this host as a bouncer of a local API (LAPI), and as a machine that tells it of bans.
//!
//! A task beside the owner, the [`Poller`], asks the LAPI by way of the courier, keeps the decisions
//! that stand, and hands what changes to the owner, whose [`Crowd`] holds what became of each. Bans
//! come to the policy in chunks, so that a hundred thousand at once hold nobody up. `docs/crowdsec.md`
//! is for people.

mod alerts;
mod contact;
mod file;
mod follower;
mod lapi;
mod poller;
mod shown;

pub(crate) use follower::Crowd;
pub(crate) use poller::Poller;

use crate::Options;
use crate::ban::Moment;
use crate::courier::Courier;
use crate::logging;
use aegis_core::Nanos;
use aegis_lists::crowdsec::decision::Others;
use aegis_lists::crowdsec::{Change, Selection, Subject, Tally};
use aegis_policy::config::{CrowdSec, OtherDecisions};
use aegis_policy::saved::Clocks;
use alerts::Alerts;
use contact::Contact;
use file::Place;
use jiff::Timestamp;
use lapi::Asker;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// What the poller tells the owner.
#[derive(Debug)]
pub(crate) struct Told {
    changes: Vec<Change>,
    contact: Contact,
    tally: Tally,
}

/// A wall clock that nobody sets: that of the start, and what has passed since. Decisions end so long
/// after they were told, whatever becomes of the host's idea of the date.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Clocks);

impl Clock {
    fn begin() -> Self {
        Self(Moment::now().clocks())
    }

    fn now(&self) -> Timestamp {
        let monotonic = Nanos(aegis_engine::clock::monotonic_ns());
        self.0.wall_of(monotonic.into())
    }
}

/// Everything about CrowdSec as it is configured: the owner's part, with what stood when the last daemon
/// ended, and the task, which is begun once the daemon has started. `None` where it is switched off.
pub(crate) fn open(options: &Options, courier: &Courier) -> Option<(Crowd, Poller)> {
    let config = &options.config.crowdsec;
    if !config.enabled {
        return None;
    }
    let clock = Clock::begin();
    let place = Place::in_state(&options.state());
    let (saved, damage) = place.load(others(config), clock.now());
    let (told, heard) = mpsc::channel(1);
    let (lifted, lifts) = watch::channel(saved.lifted.clone());
    let alerts = config.alerts.then(Arc::<Alerts>::default);
    let crowd = Crowd::new(
        config,
        (clock, damage),
        &saved,
        (heard, lifted, alerts.clone()),
    );
    let asker = Asker::new(config.clone(), options.instance.name(), courier.clone());
    let poller = Poller::new(config, clock, (saved, place), asker, (told, lifts, alerts));
    Some((crowd, poller))
}

/// Files that are read while the daemon runs: a key may be given it later.
pub(crate) fn files(options: &Options) -> Vec<PathBuf> {
    let config = &options.config.crowdsec;
    let files = [
        &config.key_file,
        &config.password_file,
        &config.authorities_file,
    ];
    let files = files
        .into_iter()
        .filter(|file| config.enabled && !file.is_empty());
    files
        .map(|file| logging::path(file, options.instance.name()))
        .collect()
}

fn others(config: &CrowdSec) -> Others {
    match config.other_decisions {
        OtherDecisions::Ignore => Others::Ignore,
        OtherDecisions::Ban => Others::Ban,
    }
}

fn selection(config: &CrowdSec) -> Selection {
    Selection {
        origins: config.origins.clone(),
        scenarios: config.scenarios.clone(),
    }
}

/// Whom an operator has let go.
type Lifted = BTreeSet<Subject>;

// SPDX-License-Identifier: MIT
//! What the owner knows of places: the databases in use, the classes that the kernel knows them by,
//! and what is let through.

use crate::geo::chart::{Chart, ChartError, Extent, Ranges, Survey};
use crate::geo::{self, folders};
use aegis_abi::SetAction;
use aegis_lists::ClassId;
use aegis_lists::geo::{Atlas, Location, PlaceClasses, Seat};
use aegis_policy::config::{Direction, Geo};
use aegis_policy::saved::Record;
use aegis_policy::{GeoPolicy, GeoRule, ProtectedSet, Region, RegionWord, RegionWords};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// A decision about a region that others have made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// About whom: it is blocked.
    pub(crate) region: Region,
    /// Until when; `None`: until whoever made it says otherwise.
    pub(crate) until: Option<Timestamp>,
}

/// What the kernel was given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded {
    /// What it is of.
    pub(crate) extent: Extent,
    /// How long it took.
    pub(crate) took: Duration,
}

/// What was said of regions to an earlier daemon, as it was saved.
pub(crate) fn said(records: &[Record]) -> RegionWords {
    let mut words = RegionWords::default();
    for record in records {
        if let Record::Region(region, word) = record {
            words.say(*region, *word);
        }
    }
    words
}

/// Files, and when each was changed last.
type Stamps = BTreeMap<PathBuf, Option<SystemTime>>;

/// What the owner knows of places.
#[derive(Debug)]
pub(crate) struct Places {
    config: Geo,
    state: PathBuf,
    own: PathBuf,
    atlas: Arc<Atlas>,
    classes: PlaceClasses,
    /// Of others, by who made them.
    decisions: BTreeMap<String, Vec<Decision>>,
    /// What an operator says while the daemon runs.
    words: RegionWords,
    loaded: Option<Loaded>,
    job: Option<JoinHandle<Result<Chart, ChartError>>>,
    /// Something changed since the job began.
    again: bool,
    begun: bool,
    /// Whether it has been told whom the host needs.
    knows_needs: bool,
    stamps: Stamps,
    problem: Option<String>,
    /// Who fetches is told what is wanted, and tells what is new.
    wanted: watch::Sender<Geo>,
    news: Arc<Notify>,
}

impl Places {
    /// Those of a configuration, before anything is read. `state` is the folder of all daemons, `own`
    /// that of this one.
    pub(crate) fn new(config: &Geo, state: &Path, own: PathBuf) -> Self {
        Self {
            config: config.clone(),
            state: state.to_owned(),
            own,
            atlas: Arc::default(),
            classes: PlaceClasses::default(),
            decisions: BTreeMap::new(),
            words: RegionWords::default(),
            loaded: None,
            job: None,
            again: false,
            begun: false,
            knows_needs: false,
            stamps: Stamps::new(),
            problem: None,
            wanted: watch::Sender::new(config.clone()),
            news: Arc::default(),
        }
    }

    /// What is wanted of databases, and whom to tell of new ones.
    pub(crate) fn wanted(&self) -> (watch::Receiver<Geo>, Arc<Notify>) {
        (self.wanted.subscribe(), Arc::clone(&self.news))
    }

    /// What is let through by the configuration, by what others have decided, and by what an operator
    /// has said.
    pub(crate) fn policy(&self) -> GeoPolicy {
        self.policy_of(&self.config)
    }

    /// The same under another configuration.
    pub(crate) fn policy_of(&self, config: &Geo) -> GeoPolicy {
        self.policy_under(config, &self.words)
    }

    fn policy_under(&self, config: &Geo, words: &RegionWords) -> GeoPolicy {
        let mut policy = config.policy();
        for decision in self.decisions.values().flatten() {
            let of_region = policy.block.entry(decision.region);
            of_region.or_insert(config.direction);
        }
        words.apply(&mut policy, config);
        policy
    }

    /// The same as it would be with another word about a region.
    pub(crate) fn policy_saying(&self, region: Region, word: Option<RegionWord>) -> GeoPolicy {
        let mut words = self.words.clone();
        words.say(region, word);
        self.policy_under(&self.config, &words)
    }

    /// The word that has so much of a region blocked; `None`: none is needed for it.
    pub(crate) fn word_for(
        &self,
        region: Region,
        blocked: Option<Direction>,
    ) -> Option<RegionWord> {
        let configured = self.config.blocked(region);
        let needed = blocked != configured || self.decided(region).is_some();
        needed.then_some(RegionWord {
            blocked,
            configured,
        })
    }

    /// Who else has decided about a region, and what.
    pub(crate) fn decided(&self, region: Region) -> Option<(&str, &Decision)> {
        let mut all = self.decisions.iter().flat_map(|(origin, decisions)| {
            decisions
                .iter()
                .map(move |decision| (&origin[..], decision))
        });
        all.find(|(_, decision)| decision.region == region)
    }

    /// What an operator says.
    pub(crate) fn words(&self) -> &RegionWords {
        &self.words
    }

    /// Takes note of a word about a region, or that there is none any more.
    pub(crate) fn say(&mut self, region: Region, word: Option<RegionWord>) {
        self.words.say(region, word);
    }

    /// Takes over what was said to an earlier daemon; of which regions it does not hold any more.
    pub(crate) fn remember(&mut self, words: RegionWords) -> Vec<Region> {
        self.words = words;
        self.words.follow(&self.config)
    }

    /// The configuration in force.
    pub(crate) fn config(&self) -> &Geo {
        &self.config
    }

    /// Has another one be in force; of which regions what was said does not hold any more.
    pub(crate) fn set_config(&mut self, config: &Geo) -> Vec<Region> {
        self.config = config.clone();
        let over = self.words.follow(config);
        self.wanted.send_if_modified(|known| {
            let differs = known != config;
            known.clone_from(config);
            differs
        });
        over
    }

    /// Replaces the decisions of one origin; whether that makes a difference.
    pub(crate) fn decide(&mut self, origin: &str, decisions: Vec<Decision>) -> bool {
        let before = self.policy();
        match decisions.is_empty() {
            true => drop(self.decisions.remove(origin)),
            false => drop(self.decisions.insert(origin.to_owned(), decisions)),
        }
        self.policy() != before
    }

    /// Forgets decisions that are over; whether that makes a difference.
    pub(crate) fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.policy();
        for decisions in self.decisions.values_mut() {
            decisions.retain(|decision| decision.until.is_none_or(|until| until > now));
        }
        self.decisions.retain(|_, decisions| !decisions.is_empty());
        self.policy() != before
    }

    /// It has been told whom the host needs: sets can leave them out from now on.
    pub(crate) fn note_needs(&mut self) {
        self.knows_needs = true;
    }

    /// Begins to read databases, and to make sets of them where there is any use for sets. What is
    /// under way is finished first, and nothing begins before it is known whom to leave out.
    pub(crate) fn survey(&mut self, protected: &ProtectedSet) {
        if self.job.is_some() {
            self.again = true;
            return;
        }
        if !self.knows_needs {
            return;
        }
        (self.again, self.begun) = (false, true);
        self.stamps = self.stamps_now();
        let policy = self.policy();
        let wanted = !policy.is_empty() || self.config.preload;
        let survey = Survey {
            config: self.config.clone(),
            state: self.state.clone(),
            others: vec![self.own.clone()],
            policy: wanted.then_some(policy),
            exempt: protected.iter().map(|(_, address)| address).collect(),
            classes: self.classes.clone(),
        };
        self.job = Some(tokio::spawn(survey.made()));
    }

    /// Waits for what was begun; for ever where nothing was.
    pub(crate) async fn surveyed(&mut self) -> Result<Chart, ChartError> {
        match &mut self.job {
            None => std::future::pending().await,
            Some(job) => {
                let done = job.await;
                self.job = None;
                done.unwrap_or(Err(ChartError::Ended))
            }
        }
    }

    /// Whether something changed while databases were read.
    pub(crate) fn is_outdated(&self) -> bool {
        self.again
    }

    /// Whether a survey is under way.
    pub(crate) fn is_surveying(&self) -> bool {
        self.job.is_some()
    }

    /// Whether there ever was one.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether files have changed since they were read.
    pub(crate) fn has_moved(&self) -> bool {
        self.job.is_none() && self.stamps != self.stamps_now()
    }

    fn stamps_now(&self) -> Stamps {
        let files = self
            .atlas
            .found()
            .iter()
            .map(|found| found.database.path().to_owned());
        let folders = folders(&self.state).into_iter().chain([self.own.clone()]);
        let stamp = |path: PathBuf| {
            let changed = std::fs::metadata(&path).and_then(|about| about.modified());
            (path, changed.ok())
        };
        files.chain(folders).map(stamp).collect()
    }

    /// Takes over what was read; the sets are in the kernel by now, if there are any.
    pub(crate) fn adopt(&mut self, atlas: Arc<Atlas>, classes: PlaceClasses) {
        geo::adopt(Arc::clone(&atlas));
        (self.atlas, self.classes) = (atlas, classes);
        // Files that were found have stamps from now on.
        self.stamps = self.stamps_now();
        self.problem = None;
    }

    /// Notes what the kernel has been given.
    pub(crate) fn note_loaded(&mut self, extent: Extent, took: Duration) {
        self.loaded = Some(Loaded { extent, took });
    }

    /// What the kernel has been given.
    pub(crate) fn loaded(&self) -> Option<&Loaded> {
        self.loaded.as_ref()
    }

    /// Notes that databases could not be read, or not be loaded.
    pub(crate) fn note_problem(&mut self, problem: String) {
        self.problem = Some(problem);
    }

    /// What happens to each class under a policy.
    pub(crate) fn actions(&self, policy: &GeoPolicy) -> Vec<(ClassId, SetAction)> {
        let classes = self.classes.iter();
        classes
            .map(|(class, location)| (class, policy.action(location)))
            .collect()
    }

    /// Every class that the kernel knows: its number, what it stands for, and its ranges.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (Location, Ranges)> + '_ {
        let ranges = self.loaded.iter().flat_map(|loaded| &loaded.extent.ranges);
        let numbered = (0..).zip(ranges);
        numbered.filter_map(|(class, ranges)| Some((self.location(class)?, *ranges)))
    }

    /// Where packets of a class come from or go to.
    pub(crate) fn location(&self, class: u32) -> Option<Location> {
        self.classes.location(ClassId(class))
    }

    /// Where an address is, as far as policy is concerned; `None`: it is let through wherever it is.
    pub(crate) fn located(&self, address: IpAddr) -> Option<Location> {
        let place = self.atlas.place(address);
        let location = Location {
            country: place.country,
            asn: place.asn,
        };
        place.near.is_none().then_some(location)
    }

    /// Why an address is not let through, if it is not: what the kernel goes by, less the allowlist.
    pub(crate) fn rule(&self, address: IpAddr) -> Option<GeoRule> {
        let loaded = self.loaded.as_ref()?;
        let location = self.located(address)?;
        match loaded.extent.exempt.contains(&address) {
            true => None,
            false => self.policy().rule(location),
        }
    }

    /// Addresses that the host needs, and that are not let through for want of an exemption.
    pub(crate) fn cuts_off<'a>(
        &self,
        policy: &GeoPolicy,
        protected: &'a ProtectedSet,
    ) -> impl Iterator<Item = (aegis_policy::Role, IpAddr, GeoRule)> + use<'a> {
        let (atlas, policy) = (Arc::clone(&self.atlas), policy.clone());
        protected.iter().filter_map(move |(role, address)| {
            let place = atlas.place(address);
            let location = Location {
                country: place.country,
                asn: place.asn,
            };
            let rule = policy.rule(location).filter(|_| place.near.is_none())?;
            Some((role, address, rule))
        })
    }

    /// Whether what the kernel was given leaves all of these out whom a policy would cut off. Where it
    /// does not, sets have to be made anew before that policy may be in force.
    pub(crate) fn is_ready_for(&self, policy: &GeoPolicy, protected: &ProtectedSet) -> bool {
        let loaded = self.loaded.as_ref();
        loaded.is_some_and(|loaded| self.spares(&loaded.extent.exempt, policy, protected))
    }

    /// Whether sets that leave these addresses out spare everybody whom a policy would cut off.
    pub(crate) fn spares(
        &self,
        exempt: &BTreeSet<IpAddr>,
        policy: &GeoPolicy,
        protected: &ProtectedSet,
    ) -> bool {
        let mut cut = self.cuts_off(policy, protected);
        cut.all(|(_, address, _)| exempt.contains(&address))
    }

    /// Why a policy cannot be enforced with the databases that are there.
    pub(crate) fn lacks(&self, policy: &GeoPolicy) -> Option<String> {
        let none = |seat| self.atlas.answering(seat).is_none();
        let what = match () {
            () if policy.asks_for_countries() && none(Seat::Country) => "countries",
            () if policy.asks_for_systems() && none(Seat::Asn) => "autonomous systems",
            () => return None,
        };
        Some(format!(
            "no database tells {what}, which geo.block and geo.allow_only need"
        ))
    }

    /// The databases.
    pub(crate) fn atlas(&self) -> &Atlas {
        &self.atlas
    }

    /// What keeps the policy from being enforced.
    pub(crate) fn problem(&self) -> Option<String> {
        let policy = self.policy();
        let wanted = !policy.is_empty();
        let lacks = || {
            self.lacks(&policy)
                .map(|what| format!("{what}; aegis-cli geo update fetches some"))
        };
        let late = || "places are being loaded: what [geo] blocks still passes".to_owned();
        let problem = self.problem.clone().or_else(lacks);
        problem
            .or_else(|| self.loaded.is_none().then(late))
            .filter(|_| wanted)
    }
}

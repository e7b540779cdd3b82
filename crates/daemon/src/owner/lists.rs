// SPDX-License-Identifier: MIT
//! Lists of addresses: what is done about them, and when. Fetching, reading and building happen on
//! other threads (`crates/daemon/src/lists`); what is done here takes no longer than a swap.

mod brought;
pub(super) mod change;
mod count;
mod swap;
mod writer;

use super::Owner;
use crate::Options;
use crate::courier::Courier;
use crate::host::Host;
use crate::lists::Lists;
use crate::lists::build::Built;
use crate::lists::errand::{self, Brought, Errand, Means, Shelf};
use crate::lists::kept::{Kept, Page};
use crate::lists::list::{List, Work};
use crate::lists::sift::{Needed, Terms};
use aegis_abi::Flags;
use aegis_api::ListsAnswer;
use aegis_engine::TcChoice;
use aegis_lists::ImageError;
use aegis_policy::ProtectedSet;
use aegis_policy::config::{Feeds, Source};
use jiff::Timestamp;
use std::fs;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use writer::Writer;

/// Where a host has something that no other has (machine-id(5)).
const MACHINE: &str = "/etc/machine-id";
/// How long to wait to be told what the host needs, before lists are believed without.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long entries that are over may hold, so that sets are not built anew for each of them.
const LINGER: Duration = Duration::from_secs(10);
/// How long to wait before sets that the kernel has not taken are tried again.
const AGAIN: Duration = Duration::from_secs(60);

/// What somebody is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// The newest copy.
    Fetch,
    /// The copy that is here, once more.
    Read,
    /// The copy that was put aside.
    Release,
    /// A text.
    Load,
}

/// Something that went on elsewhere has come to an end.
#[derive(Debug)]
pub(super) enum Done {
    /// About a list, as the configuration had it when somebody was sent.
    Brought(Box<Source>, Task, Brought),
    /// Sets; and whether what their numbers mean is on the disk. What the host needs has been looked at
    /// since they were begun.
    Built(Result<Box<Built>, ImageError>, io::Result<()>),
    /// Files.
    Written(io::Result<()>),
}

/// Lists, and who works on them.
#[derive(Debug)]
pub struct Keeper {
    pub(super) lists: Lists,
    courier: Courier,
    host: Host,
    shelf: Shelf,
    writer: Writer,
    folder: PathBuf,
    means: Means,
    /// What must not be cut off, as it was when it was last heard of.
    needed: Needed,
    tell: mpsc::UnboundedSender<Done>,
    hear: mpsc::UnboundedReceiver<Done>,
    begun: Instant,
    /// What is needed is known, or waited for no longer.
    started: bool,
    /// Copies that are being read; sets wait for them.
    reading: usize,
    building: bool,
    /// When sets were begun last.
    renewed: Instant,
    /// Sets in the kernel are to be built again, not before this.
    outdated: Option<Instant>,
    /// Sets in the kernel are this daemon's.
    loaded: bool,
    /// Why those in the kernel are not the newest.
    problem: Option<String>,
    /// Why not everything would be known after the next start.
    unkept: Option<String>,
    looked: Instant,
}

impl Keeper {
    /// The lists of a daemon, none of which says anything yet.
    pub(crate) fn new(options: &Options, courier: Courier, host: Host) -> Self {
        let folder = options.state();
        let machine = fs::read_to_string(MACHINE).unwrap_or_default();
        let feeds = &options.config.feeds;
        let mut lists = Lists::new(feeds, Kept::read(&folder), machine, Timestamp::now());
        lists.set_module(options.config.modules.has(Flags::THREATS));
        lists.set_departing(options.tc() != TcChoice::Off);
        let (tell, hear) = mpsc::unbounded_channel();
        Self {
            lists,
            courier,
            host,
            shelf: Shelf::of(folder.join("lists")),
            writer: Writer::default(),
            folder,
            means: Means::of(options.instance.name(), feeds),
            needed: Needed::default(),
            tell,
            hear,
            begun: Instant::now(),
            started: false,
            reading: 0,
            building: false,
            renewed: Instant::now(),
            outdated: None,
            loaded: false,
            problem: None,
            unkept: None,
            looked: Instant::now(),
        }
    }

    /// What comes to an end next.
    pub(super) async fn done(&mut self) -> Done {
        match self.hear.recv().await {
            Some(done) => done,
            // It has a sender itself.
            None => std::future::pending().await,
        }
    }

    /// What is not as it should be.
    pub(super) fn problem(&self) -> Option<String> {
        let why = self.problem.as_ref()?;
        Some(format!("lists are not enforced as they should be: {why}"))
    }

    /// Every list, and whether all of that is in force.
    pub(super) fn told(&self) -> ListsAnswer {
        ListsAnswer {
            problem: self.problem.clone(),
            ..self.lists.told(Timestamp::now())
        }
    }

    /// What soon may not be.
    pub(super) fn warnings(&self) -> Vec<String> {
        let unkept = self.unkept.iter();
        let unkept = unkept.map(|why| format!("what is known of lists is not saved: {why}"));
        unkept
            .chain(self.lists.warnings(Timestamp::now()))
            .collect()
    }

    /// Reads every copy that is here. An earlier daemon's sets go where there is to be none.
    fn start(&mut self) {
        self.started = true;
        if !self.lists.is_enabled() {
            self.outdated = self.lists.were_there().then(Instant::now);
            return;
        }
        self.outdated = Some(Instant::now());
        let names = self.names(|_| true);
        names.iter().for_each(|name| self.send(name, Task::Read));
    }

    fn names(&self, such: impl Fn(&List) -> bool) -> Vec<String> {
        let such = self.lists.iter().filter(|list| such(list));
        such.map(|list| list.name().to_owned()).collect()
    }

    /// Takes another configuration.
    pub(super) fn configure(&mut self, feeds: &Feeds) {
        self.means = Means::of(&self.means.instance, feeds);
        let was_on = self.lists.is_enabled();
        let (again, build) = self.lists.configure(feeds, Timestamp::now());
        if !self.started {
            return;
        }
        if build {
            self.outdated = Some(Instant::now());
        }
        match (was_on, feeds.enabled) {
            (false, true) => self.start(),
            (true, true) => again.iter().for_each(|name| self.read_again(name)),
            _ => {}
        }
    }

    /// Whether a list that does something names somebody whom the host needs by now, until its copy has
    /// been read again.
    pub(super) fn would_cut_off(&self) -> bool {
        let again = |list: &List| list.is_on() && (list.again || list.work == Work::Reading);
        self.lists.iter().any(again)
    }

    /// Whether there is nothing to put into the kernel, nor has been.
    fn is_empty(&self) -> bool {
        let says = |list: &List| list.copy.is_some();
        let says = self.lists.is_enabled() && self.lists.iter().any(says);
        !says && !self.loaded && !self.lists.were_there()
    }

    /// Has something done about a list, elsewhere.
    fn send(&mut self, name: &str, task: Task) {
        let (courier, shelf) = (self.courier.clone(), self.shelf.clone());
        let work = match task {
            Task::Read => Work::Reading,
            Task::Fetch | Task::Release | Task::Load => Work::Away,
        };
        let Some(errand) = self.errand(name, work) else {
            return;
        };
        let source = errand.source.clone();
        match task {
            Task::Fetch => self.begin(source, task, errand::run(errand, courier, shelf)),
            Task::Release => self.begin(source, task, errand::release(errand, shelf)),
            Task::Read | Task::Load => {
                self.begin(source, Task::Read, errand::from_shelf(errand, shelf));
            }
        }
    }

    fn begin<F>(&mut self, source: Source, task: Task, work: F)
    where
        F: Future<Output = Brought> + Send + 'static,
    {
        self.reading += usize::from(task == Task::Read);
        let (tell, source) = (self.tell.clone(), Box::new(source));
        tokio::spawn(async move {
            let brought = work.await;
            // The daemon may be going.
            drop(tell.send(Done::Brought(source, task, brought)));
        });
    }

    fn errand(&mut self, name: &str, work: Work) -> Option<Errand> {
        let needed = self.needed.clone();
        let means = self.means.clone();
        let list = self.lists.find_mut(name)?;
        list.work = work;
        let source = list.source().clone();
        let before = list.copy.as_ref().map(|copy| copy.findings.summary);
        Some(Errand {
            terms: Terms::of(&source, means.most, &needed, before),
            in_force: list.copy.is_some(),
            source,
            means,
        })
    }

    /// What must not be cut off has changed: lists that name it are read again, and those that would;
    /// what is under way about others was begun with what was needed before.
    fn need(&mut self, needed: Needed) {
        let before = std::mem::replace(&mut self.needed, needed);
        if !self.started {
            return self.start();
        }
        let gone = !before.since(&self.needed).is_empty();
        let come = self.needed.since(&before);
        if self.lists.iter().any(|list| list.is_about(&come, false)) {
            self.lists.void();
        }
        let busy = |list: &List| matches!(list.work, Work::Reading | Work::Away);
        for name in self.names(|list| busy(list) || list.is_about(&come, gone)) {
            self.read_again(&name);
        }
    }

    /// Sends for what somebody has asked for, as far as nothing else goes on about it.
    fn fetch_wanted(&mut self) {
        for name in self.names(|list| list.wanted && list.work == Work::None) {
            if let Some(list) = self.lists.find_mut(&name) {
                list.wanted = false;
            }
            self.send(&name, Task::Fetch);
        }
    }

    /// Reads the copy once more; where something else goes on about it, once that has ended.
    fn read_again(&mut self, name: &str) {
        match self.lists.find_mut(name) {
            Some(list) if matches!(list.work, Work::None | Work::Here) => {
                self.send(name, Task::Read);
            }
            Some(list) => list.again = true,
            None => {}
        }
    }

    /// Work ends with sets; what is to be read once more is.
    fn settle(&mut self, from: Work, to: Work) {
        self.lists.advance(from, to);
        for name in self.lists.take_again() {
            self.send(&name, Task::Read);
        }
    }

    /// Has files written, elsewhere, after those before them.
    fn write(&self, pages: Vec<Page>) {
        let tell = self.tell.clone();
        self.writer.queue(move || {
            let written = pages.iter().try_for_each(Page::write);
            drop(tell.send(Done::Written(written)));
        });
    }
}

impl Owner {
    /// Does what is due; for once a second.
    pub(super) fn tend_lists(&mut self) {
        let keeper = &mut self.keeper;
        if !keeper.started {
            if keeper.begun.elapsed() > PATIENCE {
                keeper.start();
            }
            return;
        }
        if keeper.lists.is_enabled() {
            let now = Timestamp::now();
            let due = keeper.names(|list| list.is_due(now));
            due.iter().for_each(|name| keeper.send(name, Task::Fetch));
            if keeper.lists.have_expired(now) {
                keeper.outdated.get_or_insert(keeper.renewed + LINGER);
            }
        }
        self.build_lists();
        self.look_at_lists();
    }

    /// Takes note of what was seen last of what the host needs: somebody may have just logged in.
    pub(super) fn protect_anew(&mut self) {
        if let Some(needed) = self.keeper.host.remembered() {
            self.protect(needed);
        }
    }

    /// Takes note of what must not be cut off.
    pub(super) fn spare_on_lists(&mut self, protected: &ProtectedSet) {
        let allowed = self.policy.allowlist().map(|entry| entry.target.net());
        let needed = Needed::of(protected, allowed);
        if needed != self.keeper.needed || !self.keeper.started {
            self.keeper.need(needed);
        }
    }

    /// Takes note of an allowlist that is another one.
    pub(super) fn spare_allowed_on_lists(&mut self) {
        if self.keeper.started && self.keeper.lists.is_enabled() {
            let protected = self.policy.protected().clone();
            self.spare_on_lists(&protected);
        }
    }

    /// Takes note of how something ended.
    pub(super) fn list_done(&mut self, done: Done) {
        match done {
            Done::Brought(source, task, brought) => self.brought(&source, task, brought),
            Done::Built(built, kept) => {
                self.keeper.note_kept(kept);
                self.protect_anew();
                self.swap_lists(built);
            }
            Done::Written(kept) => self.keeper.note_kept(kept),
        }
        self.build_lists();
        self.keeper.fetch_wanted();
    }
}

impl Keeper {
    fn note_kept(&mut self, kept: io::Result<()>) {
        if let Err(error) = &kept
            && self.unkept.is_none()
        {
            tracing::error!(%error, "what is known of lists is not saved");
        }
        self.unkept = kept.err().map(|error| error.to_string());
    }
}

// SPDX-License-Identifier: MIT
//! Lists of addresses: which there are, what they say, and what was counted of them. Bookkeeping
//! only: time is an argument, and files, the courier and the kernel are the owner's.
//!
//! A list goes from `sift` (bytes to [`content`]) to [`build`](mod@build) (all of them to sets); the
//! [`book`] has the numbers under which the kernel counts.

mod acting;
pub mod book;
pub mod build;
pub mod coarse;
pub mod content;
mod counting;
pub mod errand;
pub mod hits;
pub mod kept;
pub mod list;
pub mod offline;
pub mod peers;
pub mod sift;
mod told;

use aegis_abi::{Hook, SetAction};
use aegis_api::{ApiError, ErrorCode, ListSets};
use aegis_lists::schedule::{Chance, Schedule};
use aegis_lists::set::Compiled;
use aegis_lists::{ClassId, shadow};
use aegis_policy::config::{Feeds, Source};
use book::Book;
use build::{Built, Materials, Part};
use coarse::Coarse;
use content::Content;
use hits::Readings;
use jiff::Timestamp;
use kept::{ByHand, Kept, Record, Switch};
use list::{List, Work};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// So many ranges are looked at for one that is dropped.
const LOOKED_AT: usize = 10_000;

/// Every list.
#[derive(Debug)]
pub struct Lists {
    /// As the configuration has it.
    enabled: bool,
    /// The module.
    module: bool,
    /// Whether what departs is judged at all.
    departing: bool,
    lists: Vec<List>,
    /// Of those in the kernel.
    book: Book,
    readings: Readings,
    /// Those in the kernel.
    compiled: Compiled,
    /// What is not told apart in them.
    coarse: Option<Coarse>,
    sets: ListSets,
    /// How often sets that were being built became void.
    terms: u64,
    /// What no two hosts have in common.
    host: String,
}

impl Lists {
    /// Those of a configuration, with what is known of them from before. `host` is something that no
    /// two hosts have in common, so that they do not all ask at once.
    pub fn new(feeds: &Feeds, kept: Kept, host: String, now: Timestamp) -> Self {
        let Kept {
            classes,
            counted,
            said,
        } = kept;
        let mut lists = Self {
            enabled: feeds.enabled,
            module: true,
            departing: true,
            lists: Vec::new(),
            book: Book::from(classes),
            readings: counted.readings,
            compiled: Compiled::default(),
            coarse: None,
            sets: ListSets::default(),
            terms: 0,
            host,
        };
        let mut records = counted.lists;
        for source in feeds.sources() {
            let switch = said.switches.get(&source.name).cloned();
            let record = records.remove(&source.name).unwrap_or_default();
            lists.add(source, switch, record, now);
        }
        for loaded in &said.loaded {
            if lists.find(&loaded.name).is_none() {
                let switch = said.switches.get(&loaded.name).cloned();
                let record = records.remove(&loaded.name).unwrap_or_default();
                lists.add_by_hand(loaded, switch, record, now);
            }
        }
        lists
    }

    fn add(&mut self, source: Source, switch: Option<Switch>, record: Record, now: Timestamp) {
        let schedule = Schedule {
            interval: source.interval,
        };
        let turn = schedule.begin(now, None, self.chance(&source.name));
        let list = List::of_source(source, switch, record, turn);
        self.push(list);
    }

    fn add_by_hand(
        &mut self,
        loaded: &ByHand,
        switch: Option<Switch>,
        record: Record,
        now: Timestamp,
    ) {
        let schedule = Schedule {
            interval: Source::default().interval,
        };
        let turn = schedule.begin(now, Some(now), self.chance(&loaded.name));
        let list = List::by_hand(loaded, switch, record, turn);
        self.push(list);
    }

    fn push(&mut self, mut list: List) {
        list.departing = self.departing;
        self.lists.push(list);
    }

    /// Takes note of whether what departs is judged at all.
    pub fn set_departing(&mut self, departing: bool) {
        self.departing = departing;
        let lists = self.lists.iter_mut();
        lists.for_each(|list| list.departing = departing);
    }

    /// A host's own for a list.
    pub fn chance(&self, name: &str) -> Chance {
        Chance::of_host(&self.host, name)
    }

    /// Whether the configuration has lists switched on.
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Takes note of whether the module is on; whether it was not so before.
    pub fn set_module(&mut self, on: bool) -> bool {
        std::mem::replace(&mut self.module, on) != on
    }

    /// Takes another configuration. Those of its lists whose copy is to be read again, and whether
    /// the sets are to be built again.
    pub fn configure(&mut self, feeds: &Feeds, now: Timestamp) -> (Vec<String>, bool) {
        let sources = feeds.sources();
        let names: BTreeSet<&str> = sources.iter().map(|source| source.name.as_str()).collect();
        let before = self.lists.len();
        // One by hand gives way to one of the configuration that has its name now.
        self.lists
            .retain(|list| list.is_by_hand() != names.contains(list.name()));
        let mut build = self.lists.len() != before || self.enabled != feeds.enabled;
        self.enabled = feeds.enabled;
        let mut again = Vec::new();
        for source in sources {
            let name = source.name.clone();
            match self.find_mut(&name) {
                Some(list) => {
                    let (origin, wants) = (list.source().origin().to_owned(), list.wants());
                    if list.configure(source) {
                        again.push(name.clone());
                    }
                    build |= list.wants() != wants;
                    if list.source().origin() != origin {
                        list.turn.next = now;
                        list.record.quarantine = None;
                    }
                }
                None => {
                    self.add(source, None, Record::default(), now);
                    again.push(name);
                    build = true;
                }
            }
        }
        if build || !again.is_empty() {
            self.void();
        }
        (again, build)
    }

    /// What lists say is to be held to other terms from now on: sets that are being built are of what
    /// holds no more, and must not be in force for a moment.
    pub fn void(&mut self) {
        self.terms += 1;
    }

    /// Whether sets were built of what holds no more.
    pub fn is_void(&self, built: &Built) -> bool {
        built.terms != self.terms
    }

    /// A list.
    pub fn find(&self, name: &str) -> Option<&List> {
        self.lists.iter().find(|list| list.name() == name)
    }

    /// The same, to be changed.
    pub fn find_mut(&mut self, name: &str) -> Option<&mut List> {
        self.lists.iter_mut().find(|list| list.name() == name)
    }

    /// The same, for somebody who asks.
    ///
    /// # Errors
    /// That there is none, with those that there are.
    pub fn named(&mut self, name: &str) -> Result<&mut List, ApiError> {
        let known: Vec<&str> = self.lists.iter().map(List::name).collect();
        let next = match known.is_empty() {
            true => "there is none yet: see [feeds] in the configuration".to_owned(),
            false => format!("choose one of {}", known.join(", ")),
        };
        let message = format!("there is no list {name:?}");
        let missing = || ApiError::new(ErrorCode::NotFound, message).next(next);
        self.find_mut(name).ok_or_else(missing)
    }

    /// Every one.
    pub fn iter(&self) -> impl Iterator<Item = &List> {
        self.lists.iter()
    }

    /// One that is loaded from a text, in the place of an earlier one of its name.
    pub fn load(&mut self, loaded: &ByHand, now: Timestamp) {
        self.void();
        let before = self
            .lists
            .iter()
            .position(|list| list.name() == loaded.name);
        let earlier = before.map(|at| self.lists.remove(at));
        let (switch, record, copy) = match earlier {
            Some(list) => (list.switch().cloned(), list.record, list.copy),
            None => (None, Record::default(), None),
        };
        self.add_by_hand(loaded, switch, record, now);
        if let Some(list) = self.find_mut(&loaded.name) {
            list.copy = copy;
        }
    }

    /// Forgets one.
    pub fn remove(&mut self, name: &str) {
        self.void();
        self.lists.retain(|list| list.name() != name);
    }

    /// Everything that sets are made of, at a moment. Numbers begin anew once most of them are of lists
    /// that are gone.
    pub fn materials(&mut self, seed: u32, now: Timestamp) -> Materials {
        let enabled = self.enabled;
        let lists = self.lists.iter_mut().filter(|_| enabled);
        let said = lists.filter_map(|list| Some((list.name().to_owned(), list.say(now)?)));
        let said: Vec<_> = said.collect();
        let used = said.iter().map(|(_, content)| content.categories().len());
        let renumbered = self.book.is_mostly_past(used.sum());
        let mut book = match renumbered {
            true => Book::default(),
            false => self.book.clone(),
        };
        let part = |(name, content): (String, Arc<Content>)| {
            let labels = content.categories().iter();
            let labels = labels.map(|category| book.label(&name, category)).collect();
            Part {
                name,
                content,
                labels,
            }
        };
        let parts = said.into_iter().map(part).collect();
        Materials {
            parts,
            actions: self.actions_by(&book),
            book,
            renumbered,
            now,
            terms: self.terms,
            seed,
        }
    }

    /// Whether entries are in force that are over.
    pub fn have_expired(&self, now: Timestamp) -> bool {
        self.lists.iter().any(|list| list.has_expired(now))
    }

    /// Whether any list names an address, whatever comes of it.
    pub fn names(&self, address: IpAddr) -> bool {
        self.class_of(address) != ClassId::default()
    }

    /// An address of each family of which nothing passes a hook, where there is one.
    pub fn samples(&self, hook: Hook) -> Vec<IpAddr> {
        let (actions, classes) = (self.actions(), self.book.classes());
        let drops = |class| actions.of(class, classes).any(SetAction::whole(hook));
        let v4 = self
            .compiled
            .v4
            .iter()
            .take(LOOKED_AT)
            .find(|piece| drops(piece.class));
        let v4 = v4.map(|piece| Ipv4Addr::from_bits(piece.span.first).into());
        let v6 = self
            .compiled
            .v6
            .iter()
            .take(LOOKED_AT)
            .find(|piece| drops(piece.class));
        let v6 = v6.map(|piece| Ipv6Addr::from_bits(piece.span.first).into());
        v4.into_iter().chain(v6).collect()
    }

    fn class_of(&self, address: IpAddr) -> ClassId {
        shadow::class_of(&self.compiled, address).unwrap_or_default()
    }

    /// Something about lists goes a step further.
    pub fn advance(&mut self, from: Work, to: Work) {
        let such = self.lists.iter_mut().filter(|list| list.work == from);
        such.for_each(|list| list.work = to);
    }

    /// Those about which nobody is at work and whose copy is to be read once more, each told once.
    pub fn take_again(&mut self) -> Vec<String> {
        let such = |list: &&mut List| matches!(list.work, Work::None | Work::Here);
        let idle = self.lists.iter_mut().filter(such);
        let again =
            idle.filter_map(|list| std::mem::take(&mut list.again).then(|| list.name().to_owned()));
        again.collect()
    }

    /// Whether there have ever been any in the kernel.
    pub fn were_there(&self) -> bool {
        !self.book.classes().is_empty()
    }
}

#[cfg(test)]
mod tests;

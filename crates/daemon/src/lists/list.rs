// SPDX-License-Identifier: MIT
//! One list, as the daemon knows it.

use super::build::Share;
use super::content::Content;
use super::errand::MOST_PAGES;
use super::kept::{ByHand, Record, Switch};
use super::sift::Findings;
use crate::word;
use aegis_abi::SetAction;
use aegis_api::{ListCopy, ListEffect, ListStatus};
use aegis_lists::schedule::{Schedule, Turn};
use aegis_policy::config::{Choice, Direction, ListAction, ListFormat, Source};
use ipnet::IpNet;
use jiff::Timestamp;
use std::sync::Arc;

/// Copies are told of once they are so many times as old as they are to become.
const STALE: i64 = 3;
/// Not before, seconds: a publisher's night off is no news.
const STALE_AT_LEAST: i64 = 6 * 3_600;

/// A copy that is in force.
#[derive(Clone, Debug)]
pub struct Copy {
    /// When it was last known to be the newest.
    pub checked: Timestamp,
    /// What it says.
    pub content: Arc<Content>,
    /// When sets were begun with it last: what was over by then is not in them.
    pub at: Timestamp,
    /// What was found about it.
    pub findings: Findings,
    /// What it covers.
    pub share: Share,
}

/// What goes on about a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    #[default]
    None,
    /// The copy that is here is being read.
    Reading,
    /// Somebody is away to get it.
    Away,
    /// It is here, and is not in force yet.
    Here,
    /// Sets are being built with it.
    Built,
}

/// One list.
#[derive(Clone, Debug)]
pub struct List {
    /// As the configuration has it, or whoever loaded it.
    source: Source,
    by_hand: bool,
    switch: Option<Switch>,
    /// What is in force.
    pub copy: Option<Copy>,
    /// What was counted, and what came of it last.
    pub record: Record,
    /// When it is asked for next.
    pub turn: Turn,
    /// What goes on about it.
    pub work: Work,
    /// Its copy is to be read once more, when that has ended.
    pub again: bool,
    /// Somebody is to be sent for it, when that has ended.
    pub wanted: bool,
    /// Whether what departs is judged at all.
    pub departing: bool,
}

impl List {
    /// One of the configuration, with what is known of it from before.
    pub fn of_source(source: Source, switch: Option<Switch>, record: Record, turn: Turn) -> Self {
        let configured = source.to_string();
        Self {
            // Said of another list: the configuration has had the last word.
            switch: switch.filter(|switch| switch.configured == configured),
            source,
            by_hand: false,
            copy: None,
            record,
            turn,
            work: Work::None,
            again: false,
            wanted: false,
            departing: true,
        }
    }

    /// One that was loaded from a text.
    pub fn by_hand(loaded: &ByHand, switch: Option<Switch>, record: Record, turn: Turn) -> Self {
        let mut source = Source {
            name: loaded.name.clone(),
            category: loaded.category.clone(),
            may_be_empty: true,
            ..Source::default()
        };
        // What is not known is the usual: an older daemon's file, or a newer one's.
        source.format.choose(&loaded.format);
        source.action.choose(&loaded.action);
        source.direction.choose(&loaded.direction);
        Self {
            by_hand: true,
            ..Self::of_source(source, switch, record, turn)
        }
    }

    /// Takes what the configuration says now; whether that makes a difference to what it says of whom.
    pub fn configure(&mut self, source: Source) -> bool {
        let before = self.source.clone();
        if before == source {
            return false;
        }
        self.switch = None;
        self.source = source;
        // What is not about how a copy is read and judged needs no other copy.
        let judged = |source: &Source| Source {
            enabled: true,
            interval: Source::default().interval,
            action: ListAction::Block,
            direction: Direction::Both,
            headers_file: String::new(),
            proxy: String::new(),
            ..source.clone()
        };
        judged(&before) != judged(&self.source)
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// As the configuration has it.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Whether it was loaded from a text.
    pub fn is_by_hand(&self) -> bool {
        self.by_hand
    }

    /// How somebody has switched it.
    pub fn switch(&self) -> Option<&Switch> {
        self.switch.as_ref()
    }

    /// As it is to be kept, where it was loaded from a text.
    pub fn loaded(&self) -> Option<ByHand> {
        self.by_hand.then(|| ByHand {
            name: self.source.name.clone(),
            format: self.source.format.label().to_owned(),
            category: self.source.category.clone(),
            action: self.source.action.label().to_owned(),
            direction: self.source.direction.label().to_owned(),
        })
    }

    /// Switches it; what is not said stays.
    pub fn set(&mut self, enabled: Option<bool>, action: Option<ListAction>) {
        let (on, does) = (
            enabled.unwrap_or(self.is_on()),
            action.unwrap_or(self.action()),
        );
        let as_configured = on == self.source.enabled && does == self.source.action;
        self.switch = (!as_configured).then(|| Switch {
            enabled: Some(on),
            action: Some(does.label().to_owned()),
            configured: self.source.to_string(),
        });
    }

    /// Whether it does anything.
    pub fn is_on(&self) -> bool {
        let said = self.switch.as_ref().and_then(|switch| switch.enabled);
        said.unwrap_or(self.source.enabled)
    }

    /// What happens to whom it names.
    pub fn action(&self) -> ListAction {
        let mut action = self.source.action;
        if let Some(said) = self
            .switch
            .as_ref()
            .and_then(|switch| switch.action.as_ref())
        {
            action.choose(said);
        }
        action
    }

    /// The same for the kernel.
    pub fn wants(&self) -> SetAction {
        if !self.is_on() {
            return SetAction::NONE;
        }
        match (self.action(), self.source.direction) {
            (ListAction::Block, Direction::Both) => SetAction::ARRIVING.with(SetAction::DEPARTING),
            (ListAction::Block, Direction::In) => SetAction::ARRIVING_NEW,
            (ListAction::Block, Direction::Out) => SetAction::DEPARTING_NEW,
            (ListAction::Alert, Direction::Both) => SetAction::WATCHED,
            (ListAction::Alert, Direction::In) => SetAction::WATCHED_ARRIVING,
            (ListAction::Alert, Direction::Out) => SetAction::WATCHED_DEPARTING,
        }
    }

    /// The same in a word, as `why` has it.
    pub fn effect(&self) -> ListEffect {
        match (self.is_on(), self.action(), self.source.direction) {
            (false, ..) => ListEffect::Nothing,
            (.., Direction::Out) if !self.departing => ListEffect::Nothing,
            (_, ListAction::Alert, _) => ListEffect::Counted,
            (_, ListAction::Block, Direction::Both) => ListEffect::Dropped,
            (_, ListAction::Block, Direction::In) => ListEffect::DroppedIn,
            (_, ListAction::Block, Direction::Out) => ListEffect::DroppedOut,
        }
    }

    /// How often it is asked for.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            interval: self.source.interval,
        }
    }

    /// Whether it is to be asked for now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let wanted = !self.by_hand && self.work == Work::None && self.is_on();
        wanted && self.schedule().is_due(&self.turn, now)
    }

    /// Whether its copy says less by now than it did when sets were begun with it.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        let copy = self.copy.as_ref();
        copy.is_some_and(|copy| copy.content.ends_between(copy.at, now))
    }

    /// What it says, for sets that are begun now.
    pub fn say(&mut self, now: Timestamp) -> Option<Arc<Content>> {
        let copy = self.copy.as_mut()?;
        copy.at = now;
        Some(Arc::clone(&copy.content))
    }

    /// Whether it names any of these, or left something out because of what the host needed, where
    /// some of that is not needed any more.
    pub fn is_about(&self, needed: &[IpNet], less: bool) -> bool {
        let Some(copy) = &self.copy else {
            return false;
        };
        (less && copy.findings.needed > 0) || needed.iter().any(|net| copy.content.meets(*net))
    }

    /// What of it is worth a warning.
    pub fn warning(&self, now: Timestamp) -> Option<String> {
        let name = self.name();
        if let Some(aside) = &self.record.quarantine {
            let why = &aside.why;
            let next = match aside.releasable {
                true => format!(
                    "see `aegis-cli feeds show {name}`, and `feeds release {name}` to take it nevertheless"
                ),
                false => format!(
                    "there is nothing in it to take: once that is mended, `aegis-cli feeds update {name}`"
                ),
            };
            return Some(format!(
                "list {name}: a new copy was put aside: {why}; {next}"
            ));
        }
        if self.is_on() && self.effect() == ListEffect::Nothing {
            return Some(format!(
                "list {name} does nothing: it is about what departs, which is not judged (--no-tc)"
            ));
        }
        if self.by_hand || !self.is_on() {
            return None;
        }
        let last = self.record.last.as_ref();
        let why = last.and_then(|last| last.why.as_deref());
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        match &self.copy {
            None if self.turn.failures > 0 && !self.turn.is_early() => {
                Some(format!("list {name} was never loaded{why}"))
            }
            Some(copy) if self.is_stale(copy, now) => {
                let hours = now.duration_since(copy.checked).as_hours();
                Some(format!("list {name} is {hours} hours old{why}"))
            }
            Some(copy) if copy.findings.partial => Some(format!("list {name} {}", self.partial())),
            _ => None,
        }
    }

    /// Of a copy whose publisher has more of it.
    fn partial(&self) -> String {
        match self.source.format {
            ListFormat::Stix if self.source.minisign.is_empty() && self.source.sha256.is_empty() => {
                format!(
                    "is a part of a longer one: its server has more than {MOST_PAGES} pages, or does not \
                     say how to ask for the next; ask for larger ones, or for less, with ?limit= or \
                     ?added_after= in its url"
                )
            }
            ListFormat::Stix => "is the first page of a longer one: what has a signature or a hash is \
                                 asked for once; ask for all of it at once, with ?limit= in its url"
                .to_owned(),
            _ => "is the first page of a longer one: say format = \"stix\", and all of them are asked for"
                .to_owned(),
        }
    }

    fn is_stale(&self, copy: &Copy, now: Timestamp) -> bool {
        let usual = i64::try_from(self.source.interval.as_secs()).unwrap_or(i64::MAX);
        let age = now.duration_since(copy.checked).as_secs();
        age > usual.saturating_mul(STALE).max(STALE_AT_LEAST)
    }

    /// Everything that the table of lists shows.
    pub fn told(&self, now: Timestamp) -> ListStatus {
        let source = &self.source;
        let fetched = !self.by_hand;
        ListStatus {
            name: source.name.clone(),
            origin: fetched.then(|| shown(source.origin())),
            format: self.format().to_owned(),
            category: source.usual_category().to_owned(),
            action: word::told_action(self.action()),
            direction: word::told(source.direction),
            enabled: self.is_on(),
            switched: self.switch.is_some(),
            busy: self.work != Work::None || self.wanted,
            interval_seconds: fetched.then_some(source.interval.as_secs()),
            next: (fetched && self.is_on()).then_some(self.turn.next),
            failures: self.turn.failures,
            last: self.record.last.clone(),
            copy: self.copy.as_ref().map(|copy| told(copy, now)),
            quarantine: self.record.quarantine.clone(),
            warning: self.warning(now),
            hits: self.record.hits.told(now),
            would_hit: self.record.would_hit.told(now),
        }
    }

    /// What was found, else what is set.
    fn format(&self) -> &str {
        match (&self.copy, self.source.format) {
            (Some(copy), ListFormat::Auto) => &copy.findings.format,
            (_, format) => format.label(),
        }
    }
}

fn told(copy: &Copy, now: Timestamp) -> ListCopy {
    let age = now.duration_since(copy.checked).as_secs();
    let networks = |addresses: u128| u64::try_from(addresses.div_ceil(1 << 64)).unwrap_or(u64::MAX);
    let Share { all, unique } = copy.share;
    ListCopy {
        fetched: copy.checked,
        age_seconds: u64::try_from(age).unwrap_or(0),
        entries: copy.content.len(now) as u64,
        refused: copy.findings.summary.refused,
        addresses_v4: all.v4,
        unique_v4: unique.v4,
        networks_v6: networks(all.v6),
        unique_v6: networks(unique.v6),
    }
}

/// Without the query, which is where some publishers have a key, and without a password.
fn shown(origin: &str) -> String {
    let (place, query) = origin.split_at(origin.find('?').unwrap_or(origin.len()));
    let begins = place.find("://").map_or(0, |at| at + 3);
    let host = &place[begins..];
    let authority = &host[..host.find('/').unwrap_or(host.len())];
    let place = match authority.rfind('@') {
        Some(at) => format!("{}…{}", &place[..begins], &host[at..]),
        None => place.to_owned(),
    };
    match query.is_empty() {
        true => place,
        false => format!("{place}?…"),
    }
}

#[cfg(test)]
mod tests;

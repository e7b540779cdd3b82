// SPDX-License-Identifier: MIT
//! What there is to say of lists.

use super::Lists;
use super::book::Meaning;
use super::coarse::Coarse;
use super::list::List;
use aegis_api::{ApiError, ListDetail, ListEffect, Listed, ListsAnswer};
use aegis_lists::ClassId;
use jiff::Timestamp;
use std::net::IpAddr;

impl Lists {
    /// Lists that name an address, those of which something comes first.
    pub fn naming(&self, address: IpAddr) -> Vec<Listed> {
        let class = self.class_of(address);
        if self.coarse.is_some() && class != ClassId::default() {
            return self.saying(address);
        }
        let behind = self.behind(class).into_iter();
        behind
            .map(|(meaning, list)| self.listed(list, &meaning.category))
            .collect()
    }

    /// The same by what the lists themselves say, where sets do not tell all of them.
    fn saying(&self, address: IpAddr) -> Vec<Listed> {
        let mut saying = Vec::new();
        for list in &self.lists {
            let copy = list.copy.iter();
            let categories = copy.flat_map(|copy| copy.content.categories_of(address, copy.at));
            saying.extend(categories.map(|category| self.listed(list, category)));
        }
        saying.sort_by_key(|listed| !listed.effect.drops());
        saying
    }

    fn listed(&self, list: &List, category: &str) -> Listed {
        let on = self.enabled && self.module;
        Listed {
            list: list.name().to_owned(),
            category: category.to_owned(),
            fetched: list.copy.as_ref().map(|copy| copy.checked),
            effect: match on {
                true => list.effect(),
                false => ListEffect::Nothing,
            },
        }
    }

    /// What the number of a class means: the first list that drops, else the first.
    pub fn meaning(&self, class: u32) -> Option<&Meaning> {
        let first = self.behind(ClassId(class)).into_iter().next();
        first.map(|(meaning, _)| meaning)
    }

    /// Lists that name the addresses of a class: those that drop, then others, each in the order of
    /// the configuration.
    fn behind(&self, class: ClassId) -> Vec<(&Meaning, &List)> {
        let meanings: Vec<&Meaning> = self.book.meanings(class).collect();
        let mut behind: Vec<(&Meaning, &List)> = Vec::with_capacity(meanings.len());
        for list in &self.lists {
            let such = meanings
                .iter()
                .filter(|meaning| meaning.list == list.name());
            behind.extend(such.map(|meaning| (*meaning, list)));
        }
        behind.sort_by_key(|(_, list)| !list.effect().drops());
        behind
    }

    /// Everything, for whoever asks.
    pub fn told(&self, now: Timestamp) -> ListsAnswer {
        let idle = match (self.enabled, self.module, self.lists.is_empty()) {
            (false, ..) => Some("lists are off: set feeds.enabled, or start with --load-feeds"),
            (_, false, _) => Some("the module threat_feeds is off"),
            (.., true) => Some("there is none"),
            _ => None,
        };
        ListsAnswer {
            enabled: self.enabled,
            idle: idle.map(str::to_owned),
            lists: self.lists.iter().map(|list| list.told(now)).collect(),
            sets: self.sets,
            coarse: self.coarse.as_ref().map(Coarse::to_string),
            problem: None,
        }
    }

    /// Everything about one.
    ///
    /// # Errors
    /// As [`Lists::named`].
    pub fn detail(&mut self, name: &str, now: Timestamp) -> Result<ListDetail, ApiError> {
        let list = self.named(name)?;
        let (peers, more_peers) = list.record.peers.told();
        let copy = list.copy.as_ref();
        let findings = copy.map(|copy| copy.findings.clone()).unwrap_or_default();
        let categories = copy
            .map_or(&[][..], |copy| copy.content.categories())
            .iter();
        Ok(ListDetail {
            status: list.told(now),
            categories: categories.map(|category| category.to_string()).collect(),
            refusals: findings.reasons,
            refused: findings.lines,
            peers,
            more_peers,
        })
    }

    /// What is worth a warning.
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        if !self.enabled {
            return Vec::new();
        }
        let warnings = self.lists.iter().filter_map(|list| list.warning(now));
        let coarse = self.coarse.as_ref().map(Coarse::to_string);
        warnings.chain(coarse).collect()
    }
}

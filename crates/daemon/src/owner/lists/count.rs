// SPDX-License-Identifier: MIT
//! What lists came to: packets, and peers of this host.

use super::super::Owner;
use crate::flow::ends;
use crate::lists::book::Meaning;
use crate::lists::hits::ClassCount;
use crate::lists::kept::{COUNTED, Page, SAID};
use aegis_abi::Reason;
use aegis_api::{ApiError, ListDetail, ListsAnswer, SecurityEvent};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How often counters and peers are looked at, and what was counted is written down.
const LOOK: Duration = Duration::from_secs(60);

impl Owner {
    /// Looks, if it is time.
    pub(super) fn look_at_lists(&mut self) {
        if self.keeper.looked.elapsed() < LOOK || !self.keeper.loaded {
            return;
        }
        self.keeper.looked = Instant::now();
        self.count_lists();
        self.see_peers();
        self.keeper.write(vec![self.counted_page()]);
    }

    /// Every list, with what was counted until now.
    pub(in crate::owner) fn lists_now(&mut self) -> ListsAnswer {
        if self.keeper.loaded {
            self.count_lists();
        }
        self.keeper.told()
    }

    /// Everything about one, likewise.
    pub(in crate::owner) fn list_now(&mut self, name: &str) -> Result<ListDetail, ApiError> {
        if self.keeper.loaded {
            self.count_lists();
            self.see_peers();
        }
        self.keeper.lists.detail(name, Timestamp::now())
    }

    /// Takes note of what the kernel has counted by now.
    pub(super) fn count_lists(&mut self) {
        let counts = self.list_counts();
        self.keeper.lists.count(&counts, Timestamp::now());
    }

    pub(super) fn list_counts(&self) -> Vec<(u32, ClassCount)> {
        let hits = self.engine.list_hits().unwrap_or_else(|error| {
            tracing::warn!(%error, "what lists dropped is not known for now");
            Vec::new()
        });
        let counted = hits.into_iter().map(|(class, hits)| {
            let count = ClassCount {
                dropped: hits.dropped.into(),
                watched: hits.watched.into(),
            };
            (class.0, count)
        });
        counted.collect()
    }

    /// Takes note of peers that are on a list which only tells.
    pub(super) fn see_peers(&mut self) {
        let watches =
            |list: &crate::lists::list::List| list.effect() == aegis_api::ListEffect::Counted;
        if !self.keeper.lists.iter().any(watches) {
            return;
        }
        let mut peers: BTreeMap<IpAddr, (u64, u64)> = BTreeMap::new();
        let looked = self.engine.each_flow(|flow| {
            if let Some((peer, _)) = ends(&flow.tuple) {
                let (connections, bytes) = peers.entry(peer.ip().to_canonical()).or_default();
                *connections += 1;
                *bytes += flow.ingress.bytes + flow.egress.bytes;
            }
        });
        if let Err(error) = looked {
            tracing::warn!(%error, "peers that lists name are not known for now");
            return;
        }
        self.keeper.lists.see(&peers, Timestamp::now());
    }

    pub(super) fn counted_page(&self) -> Page {
        Page::of(&self.keeper.folder, COUNTED, &self.keeper.lists.counted())
    }

    pub(super) fn said_page(&self) -> Page {
        Page::of(&self.keeper.folder, SAID, &self.keeper.lists.said())
    }

    /// Writes down what was counted, for the next daemon; at the end.
    pub(in crate::owner) fn leave_lists(&mut self) {
        if !self.keeper.loaded {
            return;
        }
        self.count_lists();
        let page = self.counted_page();
        if let Some(Err(error)) = self.keeper.writer.wait(move || page.write()) {
            tracing::warn!(%error, "what lists dropped is not saved");
        }
    }

    /// Says which list it is that decided, and what it is about.
    pub(in crate::owner) fn name_list(&self, event: &mut SecurityEvent, reason: Reason) {
        if !matches!(reason, Reason::List | Reason::ListUnsolicited) {
            return;
        }
        let meaning = event
            .rule
            .and_then(|class| self.keeper.lists.meaning(class));
        if let Some(Meaning { list, category }) = meaning {
            event.threat_type.clone_from(category);
            event.list = Some(list.clone());
            event.category = Some(category.clone());
        }
    }
}

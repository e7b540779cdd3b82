// SPDX-License-Identifier: MIT
//! Newest copies without a daemon, for its next start: for a timer of the service manager.

use super::errand::{self, Brought, Errand, Means, Shelf};
use super::sift::{Needed, Terms};
use crate::courier::Courier;
use aegis_policy::config::Source;
use serde::Serialize;
use std::path::PathBuf;

/// Where copies are kept, and how they are to be had.
#[derive(Clone, Debug)]
pub struct ListErrands {
    /// The instance's folder of what outlives it.
    pub folder: PathBuf,
    /// How they are to be had.
    pub means: Means,
}

/// What came of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptList {
    /// Which.
    pub name: String,
    /// `updated`, `unchanged`, `quarantined` or `failed`.
    pub outcome: &'static str,
    /// Why, where it was put aside or failed.
    pub why: Option<String>,
    /// Entries of the newest copy.
    pub entries: Option<u64>,
}

impl KeptList {
    /// Whether the newest copy is here.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        matches!(self.outcome, "updated" | "unchanged")
    }
}

impl ListErrands {
    /// Fetches lists one after the other, by this process.
    pub async fn run(&self, sources: Vec<Source>) -> Vec<KeptList> {
        let shelf = Shelf::of(self.folder.join("lists"));
        let mut kept = Vec::with_capacity(sources.len());
        for source in sources {
            kept.push(self.one(source, &shelf).await);
        }
        kept
    }

    async fn one(&self, source: Source, shelf: &Shelf) -> KeptList {
        let errand = |before| Errand {
            terms: Terms::of(&source, self.means.most, &Needed::default(), before),
            source: source.clone(),
            means: self.means.clone(),
            in_force: true,
        };
        let before = match errand::from_shelf(errand(None), shelf.clone()).await {
            Brought::Copy(sifted) => Some(sifted.findings.summary),
            _ => None,
        };
        let brought = errand::run(errand(before), Courier::here(), shelf.clone()).await;
        told(source.name, brought)
    }
}

fn told(name: String, brought: Brought) -> KeptList {
    let (outcome, why, entries) = match brought {
        Brought::Copy(sifted) => match sifted.unkept {
            None => (
                "updated",
                None,
                Some(sifted.content.len(sifted.checked) as u64),
            ),
            why => ("failed", why, None),
        },
        Brought::Same => ("unchanged", None, None),
        Brought::Aside { why, entries, .. } => ("quarantined", Some(why), Some(entries)),
        Brought::Unproven { why } | Brought::Failed { why, .. } => ("failed", Some(why), None),
    };
    KeptList {
        name,
        outcome,
        why,
        entries,
    }
}

// SPDX-License-Identifier: MIT
//! Getting the newest copy of a list: asked for, held against what is known, and kept. It takes its
//! time, and knows nothing of the owner.

mod asking;

pub use asking::MOST_PAGES;

use super::sift::{Sifted, Terms, sift};
use crate::courier::{Courier, CourierError, Delivery, Job};
use aegis_lists::fetch::{Condition, FetchError, Fetched, Outcome, Request};
use aegis_lists::schedule::Failure;
use aegis_lists::store::{Copies, Kept, Name};
use aegis_policy::config::{Feeds, Source};
use jiff::Timestamp;
use std::path::PathBuf;

/// Where copies are.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// The last good ones.
    pub good: Copies,
    /// Those that were put aside.
    pub aside: Copies,
}

impl Shelf {
    /// In the folder of an instance.
    pub fn of(folder: PathBuf) -> Self {
        Self {
            aside: Copies::of(folder.join("aside")),
            good: Copies::of(folder),
        }
    }
}

/// What all errands of a daemon have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Means {
    /// What this daemon is called.
    pub instance: String,
    /// Bytes that a list may have.
    pub most: u64,
    /// Who is between (`feeds.proxy`).
    pub proxy: String,
}

impl Means {
    /// Those of a configuration.
    pub fn of(instance: &str, feeds: &Feeds) -> Self {
        Self {
            instance: instance.to_owned(),
            most: feeds.max_download_bytes,
            proxy: feeds.proxy.clone(),
        }
    }
}

/// A list that somebody is sent for.
#[derive(Clone, Debug)]
pub struct Errand {
    /// Which, and where it is.
    pub source: Source,
    /// How it is to be had.
    pub means: Means,
    /// What it is held to.
    pub terms: Terms,
    /// Whether the copy that is here is in force.
    pub in_force: bool,
}

/// What came of it.
#[derive(Debug)]
pub enum Brought {
    /// A copy that is to be in force.
    Copy(Box<Sifted>),
    /// What is in force is the newest.
    Same,
    /// A copy that was put aside.
    Aside {
        /// Why.
        why: String,
        /// Entries that it would have had.
        entries: u64,
        /// Whether somebody may take it nevertheless: there is something to take.
        releasable: bool,
    },
    /// The copy that is here is from another place, not signed as is asked for now, or has another hash.
    Unproven {
        /// What is wrong with it.
        why: String,
    },
    /// Nothing.
    Failed {
        /// Why.
        why: String,
        /// For the schedule.
        failure: Failure,
    },
}

impl Brought {
    fn failed(why: impl ToString) -> Self {
        Self::Failed {
            why: why.to_string(),
            failure: Failure::default(),
        }
    }
}

/// Sends the courier, and looks at what it brings.
pub async fn run(errand: Errand, courier: Courier, shelf: Shelf) -> Brought {
    let begun = blocking({
        let (errand, shelf) = (errand.clone(), shelf.clone());
        move || errand.request(&shelf)
    });
    let request = match begun.await {
        Ok(Ok(request)) => request,
        Ok(Err(why)) | Err(why) => return Brought::failed(why),
    };
    let delivered = courier.ask(Job::Fetch(Box::new(request.clone()))).await;
    let looked = blocking(move || match delivered {
        Ok(delivery) => errand.look(&request, delivery, &shelf),
        Err(error) => refused(&error),
    });
    looked.await.unwrap_or_else(Brought::failed)
}

/// Reads the copy that is here.
pub async fn from_shelf(errand: Errand, shelf: Shelf) -> Brought {
    let read = blocking(move || errand.again(&shelf));
    read.await.unwrap_or_else(Brought::failed)
}

/// Takes the copy that was put aside for true.
pub async fn release(errand: Errand, shelf: Shelf) -> Brought {
    let read = blocking(move || errand.release(&shelf));
    read.await.unwrap_or_else(Brought::failed)
}

/// Keeps a text that somebody has loaded.
pub async fn load(errand: Errand, text: Vec<u8>, shelf: Shelf) -> Brought {
    // Whoever types it has seen it.
    let errand = errand.trusting();
    let kept = blocking(
        move || match errand.take(Whence::Hand(None), text, &shelf) {
            Brought::Aside { why, .. } => {
                errand.forget_aside(&shelf);
                Brought::failed(why)
            }
            brought => brought,
        },
    );
    kept.await.unwrap_or_else(Brought::failed)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|_| "the thread that read it has ended".to_owned())
}

fn refused(error: &CourierError) -> Brought {
    let failure = match error {
        CourierError::Failed(error) => of_fetch(error),
        CourierError::Gone(_) => Failure::default(),
    };
    Brought::Failed {
        why: error.to_string(),
        failure,
    }
}

fn of_fetch(error: &FetchError) -> Failure {
    Failure {
        unreachable: matches!(error, FetchError::Unreachable { .. }),
        retry_after: match error {
            FetchError::Status { retry_after, .. } => *retry_after,
            _ => None,
        },
    }
}

impl Errand {
    fn name(&self) -> Result<Name, String> {
        self.source.name.parse().map_err(|error| format!("{error}"))
    }

    /// Looks at what was brought. Whoever brought it may have been taken over by whom it talked to, so
    /// that what it is to be held against is held against it here.
    fn look(&self, request: &Request, delivery: Delivery, shelf: &Shelf) -> Brought {
        let place = request.source.to_string();
        match delivery.outcome {
            // What is here is of other terms, or nothing is here.
            Outcome::NotModified if request.condition == Condition::default() => {
                Brought::failed(FetchError::Status {
                    url: place,
                    status: 304,
                    retry_after: None,
                })
            }
            Outcome::NotModified => {
                let confirmed = self.name().map(|name| {
                    let confirmed = shelf.good.confirm(&name, Timestamp::now());
                    confirmed.map_err(|error| error.to_string())
                });
                if let Err(error) | Ok(Err(error)) = confirmed {
                    tracing::warn!(error, list = self.source.name, "not noted");
                }
                match self.in_force {
                    true => Brought::Same,
                    false => self.again(shelf),
                }
            }
            Outcome::Fetched(fetched) => {
                let signature = fetched.signature.as_deref();
                match request.proof.hold(&place, signature, &delivery.body) {
                    Ok(()) => self.take(Whence::Publisher(request, &fetched), delivery.body, shelf),
                    Err(error) => Brought::failed(error),
                }
            }
        }
    }

    /// Takes a copy, or puts it aside; and keeps it.
    fn take(&self, from: Whence<'_>, bytes: Vec<u8>, shelf: &Shelf) -> Brought {
        let now = Timestamp::now();
        let name = match self.name() {
            Ok(name) => name,
            Err(why) => return Brought::failed(why),
        };
        let place = match self.place() {
            Ok(place) => place,
            Err(why) => return Brought::failed(why),
        };
        let keep = |copies: &Copies| match from {
            Whence::Publisher(request, fetched) => copies
                .keep(&name, (request, fetched), &bytes, now)
                .map(drop),
            Whence::Hand(signature) => {
                let signed = (&bytes[..], signature);
                let place = place.clone();
                copies.keep_by_hand(&name, place, signed, now).map(drop)
            }
        };
        match sift(&bytes, &self.terms, now) {
            Ok(mut sifted) => {
                sifted.checked = now;
                sifted.unkept = keep(&shelf.good).err().map(|error| error.to_string());
                forget(&shelf.aside, &name);
                Brought::Copy(Box::new(sifted))
            }
            Err(suspicious) => {
                // What is no list is not kept, and what was put aside before it is not published any more.
                if !suspicious.releasable {
                    forget(&shelf.aside, &name);
                } else if let Err(error) = keep(&shelf.aside) {
                    tracing::warn!(%error, list = self.source.name, "it cannot be released later");
                }
                Brought::Aside {
                    why: suspicious.why,
                    entries: suspicious.entries,
                    releasable: suspicious.releasable,
                }
            }
        }
    }

    /// Reads the good copy once more, which is as good as it was.
    fn again(&self, shelf: &Shelf) -> Brought {
        let name = match self.name() {
            Ok(name) => name,
            Err(why) => return Brought::failed(why),
        };
        let kept = match shelf.good.read(&name, self.means.most) {
            Ok(Some(kept)) => kept,
            Ok(None) => return Brought::failed("there is no copy of it"),
            Err(error) => return Brought::failed(error),
        };
        if let Err(why) = self.hold(&kept) {
            return Brought::Unproven { why };
        }
        match sift(&kept.bytes, &self.terms.trusting(), Timestamp::now()) {
            Ok(mut sifted) => {
                let known = kept.meta.map(|meta| meta.checked);
                sifted.checked = known.unwrap_or(Timestamp::UNIX_EPOCH);
                Brought::Copy(Box::new(sifted))
            }
            Err(suspicious) => Brought::failed(suspicious.why),
        }
    }

    fn release(&self, shelf: &Shelf) -> Brought {
        let name = match self.name() {
            Ok(name) => name,
            Err(why) => return Brought::failed(why),
        };
        let kept = match shelf.aside.read(&name, self.means.most) {
            Ok(Some(kept)) => kept,
            Ok(None) => return Brought::failed("there is no copy of it that was put aside"),
            Err(error) => return Brought::failed(error),
        };
        if let Err(why) = self.hold(&kept) {
            return Brought::failed(why);
        }
        let signature = kept.meta.and_then(|meta| meta.signature);
        let from = Whence::Hand(signature.as_deref());
        match self.trusting().take(from, kept.bytes, shelf) {
            Brought::Aside { why, .. } => Brought::failed(why),
            brought => brought,
        }
    }

    /// Holds a copy of an earlier time against what is asked for now.
    fn hold(&self, kept: &Kept) -> Result<(), String> {
        let place = self.place()?;
        if let Some(meta) = &kept.meta
            && !meta.is_from(&place)
        {
            return Err(format!(
                "the copy is from {}, and not from there",
                meta.source
            ));
        }
        let signature = kept
            .meta
            .as_ref()
            .and_then(|meta| meta.signature.as_deref());
        let held = self.proof().hold("the copy", signature, &kept.bytes);
        held.map_err(|error| error.to_string())
    }

    /// The same, about what somebody has seen.
    fn trusting(&self) -> Self {
        Self {
            terms: self.terms.trusting(),
            ..self.clone()
        }
    }

    fn forget_aside(&self, shelf: &Shelf) {
        if let Ok(name) = self.name() {
            forget(&shelf.aside, &name);
        }
    }
}

/// Whom a list is from.
#[derive(Clone, Copy)]
enum Whence<'a> {
    /// Its publisher, as it was asked.
    Publisher(&'a Request, &'a Fetched),
    /// Somebody who has seen it; and its signature, where it has one.
    Hand(Option<&'a str>),
}

fn forget(copies: &Copies, name: &Name) {
    if let Err(error) = copies.forget(name) {
        tracing::warn!(%error, "a copy stays that nobody needs");
    }
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT
//! Has databases fetched every month, where that is wanted.
//!
//! Whether there is a new month's is asked once a day, at a time of this host's own, so that their
//! publisher is not asked by all hosts at once on the first of the month.

use super::update::{self, Updated};
use crate::courier::Courier;
use aegis_lists::geo::Edition;
use aegis_policy::config::Geo;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// The first time, where a database is missing: somebody waits for it.
const MISSING: Duration = Duration::from_secs(3);
/// The first time otherwise comes within so long.
const AT_FIRST: Duration = Duration::from_secs(600);
const DAY: Duration = Duration::from_secs(86_400);
/// After a failure, at most twice as long.
const AGAIN: Duration = Duration::from_secs(3_600);

/// Fetches into a folder what a configuration wants, until nobody tells what that is any more;
/// `news` is told of each database that is new.
pub(crate) async fn keep_current(
    mut wanted: watch::Receiver<Geo>,
    courier: Courier,
    folder: PathBuf,
    news: Arc<Notify>,
) {
    let mut pause = first_pause(&wanted.borrow().clone(), &folder);
    loop {
        let config = wanted.borrow_and_update().clone();
        let changed = match config.update {
            true => tokio::time::timeout(pause, wanted.changed()).await.ok(),
            false => Some(wanted.changed().await),
        };
        match changed {
            Some(Err(_)) => return,
            Some(Ok(())) => pause = first_pause(&wanted.borrow().clone(), &folder),
            None => pause = fetched(&config, &courier, &folder, &news).await,
        }
    }
}

fn first_pause(config: &Geo, folder: &Path) -> Duration {
    let there = |edition: &Edition| folder.join(edition.file_name()).exists();
    match update::editions(config).iter().all(there) {
        true => AT_FIRST.mul_f64(chance()),
        false => MISSING,
    }
}

/// How long to wait for the next time.
async fn fetched(config: &Geo, courier: &Courier, folder: &Path, news: &Notify) -> Duration {
    let mut pause = DAY.mul_f64(0.9 + 0.2 * chance());
    for edition in update::editions(config) {
        match update::update((edition, false), config, folder, courier).await {
            Ok(Updated::Current(_)) => {}
            Ok(Updated::Placed { path, built, .. }) => {
                tracing::info!(file = %path.display(), %built, "a new database of places");
                news.notify_one();
            }
            Err(error) => {
                let database = edition.label();
                tracing::warn!(%error, database, "no new database of places");
                pause = AGAIN.mul_f64(1.0 + chance());
            }
        }
    }
    pause
}

/// At least 0 and less than 1.
fn chance() -> f64 {
    let mut bytes = [0; 4];
    let flags = rustix::rand::GetRandomFlags::empty();
    // Without it every host asks at the same time, a nuisance to a publisher and to nobody else.
    rustix::rand::getrandom(&mut bytes, flags).unwrap_or_default();
    f64::from(u32::from_ne_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

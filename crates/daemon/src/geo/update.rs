// SPDX-License-Identifier: MIT
//! New databases: fetched, verified, and put in the place of the old ones.

use crate::courier::{Courier, CourierError, Job};
use aegis_lists::fetch::{FetchError, Limits, Request, Source};
use aegis_lists::geo::{Database, Edition, GeoError, Month};
use aegis_lists::whole::Beside;
use aegis_policy::config::Geo;
use jiff::Timestamp;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// HTTP's word for what is not there.
const NOT_FOUND: u16 = 404;
/// For all of a database of cities, over a slow line.
const LONGEST: Duration = Duration::from_secs(1_800);

/// What came of one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Updated {
    /// The one that is there is of this month.
    Current(PathBuf),
    /// A new one took its place.
    Placed {
        /// The file.
        path: PathBuf,
        /// When it was made.
        built: Timestamp,
        /// What is to be said wherever it is used.
        attribution: Option<&'static str>,
    },
}

/// Why a database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// It did not arrive.
    #[error("{0}")]
    Fetch(#[from] FetchError),
    /// Nobody fetches.
    #[error("{0}")]
    Nobody(String),
    /// What arrived is none.
    #[error("what arrived was not taken: {0}")]
    Broken(#[from] GeoError),
    /// It cannot be kept.
    #[error("cannot write {}: {source}", path.display())]
    Kept {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Which databases a configuration wants.
#[must_use]
pub fn editions(config: &Geo) -> Vec<Edition> {
    let city = config.update_city.then_some(Edition::City);
    [Edition::Country, Edition::Asn]
        .into_iter()
        .chain(city)
        .collect()
}

/// Has a database of this month in a folder, or one of the month before where there is no newer one
/// yet.
///
/// # Errors
/// [`UpdateError`]; then the file that was there is as it was.
pub async fn update(
    (edition, force): (Edition, bool),
    config: &Geo,
    folder: &Path,
    courier: &Courier,
) -> Result<Updated, UpdateError> {
    let path = folder.join(edition.file_name());
    let now = Timestamp::now();
    let month = Month::of(now);
    if !force && is_of(&path, month).await? {
        return Ok(Updated::Current(path));
    }
    let body = match fetched(courier, request(edition, config, month)?).await {
        Err(UpdateError::Fetch(FetchError::Status {
            status: NOT_FOUND, ..
        })) => fetched(courier, request(edition, config, month.before())?).await?,
        other => other?,
    };
    let work = move || put(edition, path, body, now);
    aside(work).await?
}

/// Does what takes a while on a thread that may take its time.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, UpdateError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| UpdateError::Nobody("the thread that verified it has ended".to_owned()))
}

async fn fetched(courier: &Courier, request: Request) -> Result<Vec<u8>, UpdateError> {
    match courier.ask(Job::Fetch(Box::new(request))).await {
        Ok(delivery) => Ok(delivery.body),
        Err(CourierError::Failed(error)) => Err(error.into()),
        Err(error) => Err(UpdateError::Nobody(error.to_string())),
    }
}

fn request(edition: Edition, config: &Geo, month: Month) -> Result<Request, FetchError> {
    let source: Source = edition.address(&config.url, month).parse()?;
    let limits = Limits {
        bytes: edition.most_bytes(),
        total: LONGEST,
        ..Limits::default()
    };
    Ok(Request {
        limits,
        ..Request::of(source)
    })
}

/// Whether there is one of this month. All of it is read and verified.
async fn is_of(path: &Path, month: Month) -> Result<bool, UpdateError> {
    let path = path.to_owned();
    let known = aside(move || Database::open(&path).ok()).await?;
    Ok(known.is_some_and(|database| Month::of(database.built()) >= month))
}

/// Verifies what arrived, and puts it in its place whole.
fn put(
    edition: Edition,
    path: PathBuf,
    body: Vec<u8>,
    now: Timestamp,
) -> Result<Updated, UpdateError> {
    let bytes = edition.taken(&path, body, now)?;
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder)?;
        let mut beside = Beside::create(&path)?;
        beside.append(&bytes)?;
        // No secret: whoever may look into the folder may ask where an address is.
        beside
            .file()
            .set_permissions(fs::Permissions::from_mode(0o644))?;
        beside.sync()?;
        beside.put()?;
        fs::File::open(folder)?.sync_all()
    };
    write().map_err(|source| UpdateError::Kept {
        path: path.clone(),
        source,
    })?;
    let database = Database::of_bytes(&path, bytes, now)?;
    Ok(Updated::Placed {
        built: database.built(),
        attribution: database.attribution(),
        path,
    })
}

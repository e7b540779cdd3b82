// SPDX-License-Identifier: MIT
//! `geo`: where addresses are, and which places are let through.

use crate::arguments::{GeoVerb, GlobalOptions};
use crate::configuration;
use crate::failure::{Failure, exit};
use crate::output::{self, geo, regions};
use crate::{session, target};
use aegis_api::{ClientError, GeoAnswer, GeoBlockRequest, GeoStatus, GeoUnblockRequest};
use aegis_daemon::geo as places;
use aegis_daemon::geo::update;
use aegis_daemon::{ConfigurationError, Courier, state_folder_from_environment};
use aegis_lists::geo::Atlas;
use aegis_policy::config::Geo;
use jiff::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};

/// `lookup` and `update` ask no daemon; `status` does without where there is none.
pub async fn run(options: &GlobalOptions, action: &GeoVerb) -> Result<u8, Failure> {
    match action {
        GeoVerb::Lookup { addresses } => lookup(options, addresses).await,
        GeoVerb::Update { city, force } => update(options, *city, *force).await,
        GeoVerb::Status => status(options).await,
        GeoVerb::Policy => {
            let policy = options.client()?.geo().await?.policy.unwrap_or_default();
            output::answer(options.json, &policy, || regions::policy(&policy))?;
            Ok(exit::DONE)
        }
        GeoVerb::Block { region, way, force } => {
            let request = GeoBlockRequest {
                region: target::region(region)?,
                direction: way.direction(),
                force: *force,
                session_peer: session::peer(),
            };
            changed(options, options.client()?.block_region(&request).await?)
        }
        GeoVerb::Unblock { region, way } => {
            let request = GeoUnblockRequest {
                region: target::region(region)?,
                direction: way.direction(),
            };
            changed(options, options.client()?.unblock_region(&request).await?)
        }
    }
}

fn changed(options: &GlobalOptions, answer: GeoAnswer) -> Result<u8, Failure> {
    output::answer(options.json, &answer, || regions::changed(&answer))?;
    Ok(exit::DONE)
}

async fn lookup(options: &GlobalOptions, addresses: &[String]) -> Result<u8, Failure> {
    let addresses = addresses.iter().map(|text| target::address(text));
    let addresses = addresses.collect::<Result<Vec<_>, _>>()?;
    let atlas = atlas(options).await?;
    let answer = geo::Lookup::new(&atlas, &addresses, Timestamp::now());
    output::answer(options.json, &answer, || geo::lookup(&answer))?;
    Ok(exit::DONE)
}

async fn status(options: &GlobalOptions) -> Result<u8, Failure> {
    let asked = match options.client() {
        Ok(client) => client.geo().await.map(Some).or_else(|error| match error {
            ClientError::NoDaemon { .. } | ClientError::NotPermitted { .. } => Ok(None),
            error => Err(error),
        })?,
        Err(_) => None,
    };
    let answer = match asked {
        Some(answer) => answer,
        None => {
            let atlas = databases(options)?;
            GeoStatus {
                databases: places::databases(&atlas),
                policy: None,
                warnings: atlas.warnings(Timestamp::now()),
            }
        }
    };
    output::answer(options.json, &answer, || geo::status(&answer))?;
    Ok(exit::DONE)
}

async fn update(options: &GlobalOptions, city: bool, force: bool) -> Result<u8, Failure> {
    let mut config = config(options)?;
    config.update_city |= city;
    let folder = state_folder_from_environment();
    let mut answer = geo::Update::default();
    for edition in update::editions(&config) {
        let done = update::update((edition, force), &config, &folder, &Courier::here()).await;
        answer.note(edition, done);
    }
    output::answer(options.json, &answer, || geo::updated(&answer))?;
    Ok(match answer.failed() {
        true => exit::FAILED,
        false => exit::DONE,
    })
}

/// What `[geo]` says; a file that this user may not read says nothing.
fn config(options: &GlobalOptions) -> Result<Geo, Failure> {
    let mut configuration = configuration::configuration(options, None)?;
    match configuration.load() {
        Ok(effective) => Ok(effective.config().geo.clone()),
        Err(ConfigurationError::Unreadable { .. }) if options.config.is_none() => {
            Ok(Geo::default())
        }
        Err(error) => Err(error.into()),
    }
}

/// What is known here of where addresses are.
pub(super) async fn atlas(options: &GlobalOptions) -> Result<Atlas, Failure> {
    let surroundings = places::surroundings().await;
    Ok(databases(options)?.in_surroundings(surroundings))
}

/// The databases of this host: those that daemons have fetched, and those of the working folder, too.
fn databases(options: &GlobalOptions) -> Result<Atlas, Failure> {
    let config = config(options)?;
    let state = state_folder_from_environment();
    let here = std::env::current_dir().ok();
    let others: Vec<PathBuf> = folders_in(&state).into_iter().chain(here).collect();
    places::open(&config, &state, &others).map_err(Failure::failed)
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.is_dir()).collect()
}

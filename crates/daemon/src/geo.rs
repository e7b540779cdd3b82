// SPDX-License-Identifier: MIT
//! Where addresses are, for everything that is told of them.
//!
//! The process has one atlas. Whatever makes an answer of an address asks `place` here, and nobody
//! else knows how: bans, entries of the allowlist, connections and events are each made in one place.

pub(crate) mod chart;
pub(crate) mod timer;
pub mod update;

use aegis_api::{GeoDatabase, Place};
use aegis_lists::geo::{Atlas, Choice, FOLDERS, Found, GeoError, Seat, Surroundings};
use aegis_policy::Target;
use aegis_policy::config::Geo;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

static ATLAS: RwLock<Option<Arc<Atlas>>> = RwLock::new(None);

/// The atlas of this process, as it was last read.
pub(crate) fn atlas() -> Option<Arc<Atlas>> {
    ATLAS.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Has everything that is told from now on go by this atlas.
pub(crate) fn adopt(atlas: Arc<Atlas>) {
    *ATLAS.write().unwrap_or_else(PoisonError::into_inner) = Some(atlas);
}

/// Where an address is; `None` where there is no database.
pub(crate) fn place(address: IpAddr) -> Option<Place> {
    let atlas = atlas().filter(|atlas| !atlas.is_empty())?;
    Some(told(&atlas.place(address)))
}

/// Where a target is, if all of it is in one place as far as its ends tell.
pub(crate) fn place_of(target: Target) -> Option<Place> {
    within(target, place)
}

/// A target and, in brackets, where it is.
pub(crate) fn beside(target: Target) -> String {
    match place_of(target) {
        Some(place) => format!("{target} ({place})"),
        None => target.to_string(),
    }
}

fn within(target: Target, place: impl Fn(IpAddr) -> Option<Place>) -> Option<Place> {
    let net = target.net();
    let first = place(net.network())?;
    (target.is_address() || place(net.broadcast())? == first).then_some(first)
}

/// Where the address or the prefix is that a line of a list begins with.
pub(crate) fn place_in(line: &str) -> Option<Place> {
    place_of(target_of(line)?)
}

/// The same, as an atlas has it.
#[must_use]
pub fn place_in_line(atlas: &Atlas, line: &str) -> Option<Place> {
    within(target_of(line)?, |address| {
        (!atlas.is_empty()).then(|| told(&atlas.place(address)))
    })
}

fn target_of(line: &str) -> Option<Target> {
    line.split_whitespace().next()?.parse().ok()
}

/// A place in answers.
#[must_use]
pub fn told(place: &aegis_lists::geo::Place) -> Place {
    Place {
        near: place.near.as_ref().map(ToString::to_string),
        country: place.country.map(|country| country.to_string()),
        country_name: place.country_name.clone(),
        city: place.city.clone(),
        asn: place.asn.map(|asn| asn.0),
        organisation: place.organisation.clone(),
        anonymity: place
            .anonymity
            .iter()
            .map(|&what| what.to_owned())
            .collect(),
    }
}

/// The databases of an atlas in answers.
#[must_use]
pub fn databases(atlas: &Atlas) -> Vec<GeoDatabase> {
    let found = atlas.found().iter();
    found
        .map(|Found { database, seats }| GeoDatabase {
            path: database.path().display().to_string(),
            kind: database.kind().to_owned(),
            built: database.built(),
            answers: seats
                .iter()
                .map(|seat: &Seat| seat.label().to_owned())
                .collect(),
            attribution: database.attribution().map(str::to_owned),
        })
        .collect()
}

/// The databases that a configuration names, and what is found in folders for those that it does not.
/// `state` takes the place of /var/lib/aegis.
///
/// # Errors
/// What is wrong with a file that is named.
pub fn open(config: &Geo, state: &Path, others: &[PathBuf]) -> Result<Atlas, GeoError> {
    let folders = folders(state).into_iter().chain(others.iter().cloned());
    let folders: Vec<PathBuf> = folders.collect();
    Atlas::open(&choice(config), &folders)
}

/// What is near this host. That it cannot be told is no reason to tell nothing.
pub async fn surroundings() -> Surroundings {
    let tunnels = aegis_engine::host::tunnels().await;
    Surroundings::new(tunnels.unwrap_or_else(|error| {
        tracing::debug!(%error, "tunnels of this host are not known");
        Vec::new()
    }))
}

fn choice(config: &Geo) -> Choice {
    let path = |text: &String| (!text.is_empty()).then(|| PathBuf::from(text));
    Choice {
        country: path(&config.country),
        city: path(&config.city),
        asn: path(&config.asn),
    }
}

/// Where databases are looked for.
pub(crate) fn folders(state: &Path) -> Vec<PathBuf> {
    let usual = FOLDERS[1..].iter().map(PathBuf::from);
    std::iter::once(state.to_owned()).chain(usual).collect()
}

/// Folders that a daemon has to be able to read for it, once it is confined.
pub(crate) fn read_folders(config: &Geo, state: &Path) -> Vec<PathBuf> {
    let Choice { country, city, asn } = choice(config);
    let chosen = [country, city, asn].into_iter().flatten();
    let chosen = chosen.filter_map(|path| Some(path.parent()?.to_owned()));
    folders(state).into_iter().chain(chosen).collect()
}

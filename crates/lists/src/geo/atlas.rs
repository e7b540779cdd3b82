// SPDX-License-Identifier: MIT
//! The databases that are there, and which of them answers what.

use super::database::TOR;
use super::{Contents, Database, GeoError, Place, Surroundings};
use jiff::{SignedDuration, Timestamp};
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where databases are looked for; at a terminal, in the working folder, too.
pub const FOLDERS: [&str; 2] = ["/var/lib/aegis", "/usr/share/GeoIP"];
/// A database that is older is worth a warning: networks move.
pub const STALE: SignedDuration = SignedDuration::from_hours(60 * 24);
/// Files of a folder that are looked at.
const MOST_FILES: usize = 32;

/// Files that somebody chose, each for one question. Where none is chosen, one is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// For countries.
    pub country: Option<PathBuf>,
    /// For cities.
    pub city: Option<PathBuf>,
    /// For autonomous systems.
    pub asn: Option<PathBuf>,
}

/// A question that a database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seat {
    /// In which country?
    Country,
    /// In which city?
    City,
    /// In which autonomous system?
    Asn,
    /// Of which provider?
    Provider,
    /// What does it hide behind?
    Anonymity,
}

impl Seat {
    const ALL: [Self; 5] = [
        Self::Country,
        Self::City,
        Self::Asn,
        Self::Provider,
        Self::Anonymity,
    ];

    /// The same in a word.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::City => "city",
            Self::Asn => "asn",
            Self::Provider => "provider",
            Self::Anonymity => "anonymity",
        }
    }

    fn is_answered_by(self, contents: Contents) -> bool {
        match self {
            Self::Country => contents.country,
            Self::City => contents.city,
            Self::Asn => contents.asn,
            Self::Provider => contents.organisation,
            Self::Anonymity => contents.anonymity,
        }
    }
}

/// A database that is in use.
#[derive(Clone, Debug)]
pub struct Found {
    /// It.
    pub database: Arc<Database>,
    /// What it is asked for.
    pub seats: Vec<Seat>,
}

/// Which record of each database tells of an address. Only good for the atlas that it is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Records([Option<usize>; Seat::ALL.len()]);

/// What is known of where addresses are.
#[derive(Clone, Debug, Default)]
pub struct Atlas {
    found: Vec<Found>,
    surroundings: Surroundings,
    passed_over: Vec<String>,
}

impl Atlas {
    /// The chosen files, and the best of what is in the folders for what none was chosen for: of
    /// several that answer the same, the one that was made last.
    ///
    /// # Errors
    /// What is wrong with a chosen file. What is wrong with one that only was there is told by
    /// [`Atlas::warnings`].
    pub fn open(choice: &Choice, folders: &[PathBuf]) -> Result<Self, GeoError> {
        let mut atlas = Self::default();
        let chosen = [
            (Seat::Country, &choice.country),
            (Seat::City, &choice.city),
            (Seat::Asn, &choice.asn),
        ];
        for (seat, path) in chosen {
            if let Some(path) = path {
                atlas.choose(seat, path)?;
            }
        }
        let mut there = Vec::new();
        for path in folders.iter().flat_map(|folder| candidates(folder)) {
            match Database::open(&path) {
                Ok(database) => there.push(Arc::new(database)),
                Err(error) => atlas.passed_over.push(error.to_string()),
            }
        }
        // Stable: of the same age, the one of the first folder.
        there.sort_by_key(|database| std::cmp::Reverse(database.built()));
        // What somebody chose for one question answers others, too, before what only was there.
        let chosen = atlas.found.iter().map(|found| Arc::clone(&found.database));
        let best: Vec<Arc<Database>> = chosen.chain(there).collect();
        atlas.fill(&best);
        Ok(atlas)
    }

    /// One that consists of these databases, each of which answers whatever it can and those before it
    /// cannot.
    #[must_use]
    pub fn of(databases: Vec<Database>) -> Self {
        let mut atlas = Self::default();
        let databases: Vec<Arc<Database>> = databases.into_iter().map(Arc::new).collect();
        atlas.fill(&databases);
        atlas
    }

    /// Has the first that can answer what nobody answers yet.
    fn fill(&mut self, databases: &[Arc<Database>]) {
        for seat in Seat::ALL {
            let fits = |database: &&Arc<Database>| seat.is_answered_by(database.contents());
            if !self.has(seat)
                && let Some(best) = databases.iter().find(fits)
            {
                self.seat(seat, best);
            }
        }
    }

    /// The same, with what is near this host.
    #[must_use]
    pub fn in_surroundings(self, surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            ..self
        }
    }

    fn choose(&mut self, seat: Seat, path: &Path) -> Result<(), GeoError> {
        let known = self
            .found
            .iter()
            .find(|found| found.database.path() == path);
        let database = match known {
            Some(found) => Arc::clone(&found.database),
            None => Arc::new(Database::open(path)?),
        };
        if !seat.is_answered_by(database.contents()) {
            let fault = format!(
                "it is a {:?}, which tells no {}",
                database.kind(),
                seat.label()
            );
            let path = path.to_owned();
            return Err(GeoError::Broken { path, fault });
        }
        self.seat(seat, &database);
        Ok(())
    }

    fn seat(&mut self, seat: Seat, database: &Arc<Database>) {
        let same = |found: &&mut Found| Arc::ptr_eq(&found.database, database);
        match self.found.iter_mut().find(same) {
            Some(found) => found.seats.push(seat),
            None => self.found.push(Found {
                database: Arc::clone(database),
                seats: vec![seat],
            }),
        }
    }

    fn has(&self, seat: Seat) -> bool {
        self.answering(seat).is_some()
    }

    /// The database that answers a question.
    #[must_use]
    pub fn answering(&self, seat: Seat) -> Option<&Database> {
        let found = self.found.iter().find(|found| found.seats.contains(&seat));
        found.map(|found| &*found.database)
    }

    /// Whether there is no database at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// What is in use.
    #[must_use]
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// Where an address is. IPv6 that embeds IPv4 is what it embeds.
    #[must_use]
    pub fn place(&self, address: IpAddr) -> Place {
        let address = address.to_canonical();
        if let Some(near) = self.surroundings.of(address) {
            return Place {
                near: Some(near),
                ..Place::default()
            };
        }
        let mut place = Place::default();
        for found in &self.found {
            let told = found.database.place(address);
            place.complete_with(only(told, &found.seats));
        }
        if place.country_name.is_none() {
            let name = place.country.and_then(|country| country.name());
            place.country_name = name.map(str::to_owned);
        }
        place
    }

    /// Which records tell of an address: addresses with the same ones are in the same place, so that it
    /// need be read only once. `None` of what is near this host, as it has none.
    #[must_use]
    pub fn records(&self, address: IpAddr) -> Option<Records> {
        let address = address.to_canonical();
        if self.surroundings.of(address).is_some() {
            return None;
        }
        let mut records = Records::default();
        for (record, found) in records.0.iter_mut().zip(&self.found) {
            *record = found.database.record(address);
        }
        Some(records)
    }

    /// What is amiss: databases that are too old, and files that were passed over.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        let old = self.found.iter().filter_map(|found| {
            let database = &found.database;
            let age = now.duration_since(database.built());
            let days = age.as_hours() / 24;
            let file = database.path().display();
            (age > STALE).then(|| {
                format!(
                    "{file} is {days} days old, and networks have moved since: aegis-cli geo update"
                )
            })
        });
        old.chain(self.passed_over.iter().cloned()).collect()
    }
}

/// What a database says as far as it is asked.
fn only(told: Place, seats: &[Seat]) -> Place {
    let asked = |seat| seats.contains(&seat);
    let country = asked(Seat::Country);
    Place {
        near: None,
        country: told.country.filter(|_| country),
        country_name: told.country_name.filter(|_| country),
        city: told.city.filter(|_| asked(Seat::City)),
        asn: told.asn.filter(|_| asked(Seat::Asn)),
        organisation: told.organisation.filter(|_| asked(Seat::Provider)),
        anonymity: match asked(Seat::Anonymity) {
            true => told.anonymity,
            false => Vec::new(),
        },
    }
}

/// The files of a folder that may be databases, by name.
fn candidates(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let files = entries.flatten().map(|entry| entry.path());
    let is_one = |path: &PathBuf| {
        let mmdb = path
            .extension()
            .is_some_and(|extension| extension == "mmdb");
        mmdb || path.file_name().is_some_and(|name| name == TOR[0])
    };
    let mut files: Vec<PathBuf> = files.filter(is_one).filter(|path| path.is_file()).collect();
    files.sort();
    files.truncate(MOST_FILES);
    files
}

#[cfg(test)]
mod tests;

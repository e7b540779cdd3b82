// SPDX-License-Identifier: MIT
//! Where addresses are, and what is known of it.

use super::regions;
use super::table::{Align, Table};
use aegis_api::{GeoDatabase, GeoStatus, Place};
use aegis_daemon::geo::update::{UpdateError, Updated};
use aegis_daemon::geo::{databases, told};
use aegis_lists::geo::{Atlas, Edition};
use jiff::Timestamp;
use serde::Serialize;
use std::net::IpAddr;

/// What `geo lookup` found.
#[derive(Debug, Serialize)]
pub struct Lookup {
    places: Vec<Found>,
    databases: Vec<GeoDatabase>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Found {
    address: IpAddr,
    #[serde(flatten)]
    place: Place,
}

impl Lookup {
    /// Looks addresses up.
    pub fn new(atlas: &Atlas, addresses: &[IpAddr], now: Timestamp) -> Self {
        let found = |&address: &IpAddr| Found {
            address,
            place: told(&atlas.place(address)),
        };
        Self {
            places: addresses.iter().map(found).collect(),
            databases: databases(atlas),
            warnings: atlas.warnings(now),
        }
    }
}

/// A line an address.
pub fn lookup(answer: &Lookup) -> String {
    let mut table = Table::new(["ADDRESS", "PLACE"], [Align::Left; 2]);
    for Found { address, place } in &answer.places {
        table.row([address.to_string(), place.at_length()]);
    }
    let mut lines = vec![table.render()];
    lines.extend(footer(&answer.databases, &answer.warnings));
    lines.join("\n")
}

/// `geo status`.
pub fn status(answer: &GeoStatus) -> String {
    let mut lines = Vec::new();
    if !answer.databases.is_empty() {
        let mut table = Table::new(["FILE", "DATABASE", "MADE", "ANSWERS"], [Align::Left; 4]);
        for database in &answer.databases {
            table.row([
                database.path.clone(),
                database.kind.clone(),
                database.built.strftime("%Y-%m-%d").to_string(),
                database.answers.join(", "),
            ]);
        }
        lines.push(table.render());
    }
    lines.extend(answer.policy.iter().flat_map(regions::summary));
    lines.extend(footer(&answer.databases, &answer.warnings));
    lines.join("\n")
}

/// What has to be said, and what is amiss.
fn footer(databases: &[GeoDatabase], warnings: &[String]) -> Vec<String> {
    let mut makers: Vec<String> = databases
        .iter()
        .filter_map(|d| d.attribution.clone())
        .collect();
    makers.sort();
    makers.dedup();
    let none = databases.is_empty().then(|| {
        "no database of places is there; sudo aegis-cli geo update fetches some".to_owned()
    });
    let warnings = warnings.iter().map(|warning| format!("warning: {warning}"));
    none.into_iter().chain(warnings).chain(makers).collect()
}

/// What `geo update` did.
#[derive(Debug, Default, Serialize)]
pub struct Update {
    databases: Vec<Fetched>,
}

#[derive(Debug, Serialize)]
struct Fetched {
    database: &'static str,
    path: Option<String>,
    /// Whether it is another one than before.
    new: bool,
    built: Option<Timestamp>,
    attribution: Option<&'static str>,
    error: Option<String>,
}

impl Update {
    /// Takes note of one.
    pub fn note(&mut self, edition: Edition, done: Result<Updated, UpdateError>) {
        let mut fetched = Fetched {
            database: edition.label(),
            path: None,
            new: false,
            built: None,
            attribution: None,
            error: None,
        };
        match done {
            Ok(Updated::Current(path)) => fetched.path = Some(path.display().to_string()),
            Ok(Updated::Placed {
                path,
                built,
                attribution,
            }) => {
                fetched.path = Some(path.display().to_string());
                (fetched.new, fetched.built) = (true, Some(built));
                fetched.attribution = attribution;
            }
            Err(error) => fetched.error = Some(error.to_string()),
        }
        self.databases.push(fetched);
    }

    /// Whether any is as it was although it should not be.
    pub fn failed(&self) -> bool {
        self.databases.iter().any(|fetched| fetched.error.is_some())
    }
}

/// A line a database.
pub fn updated(answer: &Update) -> String {
    let line = |fetched: &Fetched| match (&fetched.error, &fetched.path, fetched.built) {
        (Some(error), ..) => format!("{}: {error}", fetched.database),
        (None, Some(path), Some(built)) => {
            let made = built.strftime("%Y-%m-%d");
            format!("{}: {path}, made {made}", fetched.database)
        }
        (None, path, _) => {
            let path = path.as_deref().unwrap_or_default();
            format!("{}: {path} is of this month", fetched.database)
        }
    };
    let mut lines: Vec<String> = answer.databases.iter().map(line).collect();
    let maker = answer
        .databases
        .iter()
        .find_map(|fetched| fetched.attribution);
    lines.extend(maker.map(str::to_owned));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_and_what_is_enforced_is_told() {
        let answer = GeoStatus {
            databases: vec![GeoDatabase {
                path: "/var/lib/aegis/dbip-country-lite.mmdb".to_owned(),
                kind: "DBIP-Country-Lite".to_owned(),
                built: "2026-11-01T02:00:00Z".parse().expect("RFC 3339"),
                answers: vec!["country".to_owned()],
                attribution: Some("IP Geolocation by DB-IP (https://db-ip.com)".to_owned()),
            }],
            policy: Some(regions::tests::blocking()),
            warnings: Vec::new(),
        };
        let expected = "\
FILE                                   DATABASE           MADE        ANSWERS
/var/lib/aegis/dbip-country-lite.mmdb  DBIP-Country-Lite  2026-11-01  country
blocked: CN (in), AS4134 (out)
in the kernel: 389,980 ranges of IPv4, 1 range of IPv6, loaded in 812 ms
dropped: CN: 1,200 packets, 70.3 KiB
IP Geolocation by DB-IP (https://db-ip.com)";
        assert_eq!(status(&answer), expected);
        let nothing = status(&GeoStatus::default());
        assert!(nothing.contains("geo update"), "{nothing}");
    }
}

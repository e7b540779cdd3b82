// SPDX-License-Identifier: MIT
//! The free databases of DB-IP: what they are called, and whether what arrived is one.
//!
//! They are made anew on the first of each month, compressed with gzip, under a name that says which
//! month. Their licence (CC BY 4.0) wants their maker named: [`Database::attribution`].

use super::{Database, GeoError};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::io::Read;
use std::path::Path;

/// The first bytes of what gzip has compressed (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edition {
    /// Countries.
    Country,
    /// Autonomous systems.
    Asn,
    /// Countries and cities.
    City,
}

impl Edition {
    /// The word in addresses and names of files.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Asn => "asn",
            Self::City => "city",
        }
    }

    /// The name of the file that it is kept in.
    #[must_use]
    pub fn file_name(self) -> String {
        format!("dbip-{}-lite.mmdb", self.label())
    }

    /// Bytes that it may have as it arrives; several times as many as it has.
    #[must_use]
    pub const fn most_bytes(self) -> u64 {
        match self {
            Self::Country | Self::Asn => 64 << 20,
            Self::City => 512 << 20,
        }
    }

    /// Where it is: `{what}`, `{year}` and `{month}` of a template put in.
    #[must_use]
    pub fn address(self, template: &str, month: Month) -> String {
        let Month(first) = month;
        template
            .replace("{what}", self.label())
            .replace("{year}", &format!("{:04}", first.year()))
            .replace("{month}", &format!("{:02}", first.month()))
    }

    /// Verifies what arrived, and gives it as it is to be kept. `path` is where that will be.
    ///
    /// # Errors
    /// [`GeoError::Broken`]: it is too long, no database, or another one than was asked for.
    pub fn taken(self, path: &Path, body: Vec<u8>, now: Timestamp) -> Result<Vec<u8>, GeoError> {
        let broken = |fault: String| GeoError::Broken {
            path: path.to_owned(),
            fault,
        };
        let bytes = match body.starts_with(&GZIP) {
            true => inflated(&body, 4 * self.most_bytes()).map_err(broken)?,
            false => body,
        };
        let database = Database::of_bytes(path, bytes.clone(), now)?;
        let contents = database.contents();
        let fits = match self {
            Self::Country => contents.country,
            Self::Asn => contents.asn,
            Self::City => contents.city,
        };
        if !fits {
            let kind = database.kind();
            return Err(broken(format!(
                "it is a {kind:?}, which tells no {}",
                self.label()
            )));
        }
        Ok(bytes)
    }
}

/// A month, as its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// That of a moment, at Greenwich.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        Self(TimeZone::UTC.to_datetime(moment).date().first_of_month())
    }

    /// The one before.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.yesterday().unwrap_or(self.0).first_of_month())
    }
}

fn inflated(bytes: &[u8], most: u64) -> Result<Vec<u8>, String> {
    let mut inflated = Vec::new();
    let read = GzDecoder::new(bytes)
        .take(most + 1)
        .read_to_end(&mut inflated);
    read.map_err(|error| format!("it cannot be inflated: {error}"))?;
    match inflated.len() as u64 > most {
        true => Err(format!("it inflates to more than {most} bytes")),
        false => Ok(inflated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::writer::{Value, Writer};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn moment(text: &str) -> Timestamp {
        text.parse().expect("RFC 3339")
    }

    #[test]
    fn an_address_has_the_month_of_greenwich_and_the_one_before() {
        let template = "https://example.org/dbip-{what}-lite-{year}-{month}.mmdb.gz";
        let month = Month::of(moment("2026-01-01T00:30:00Z"));
        let address = |month| Edition::Asn.address(template, month);
        assert_eq!(
            address(month),
            "https://example.org/dbip-asn-lite-2026-01.mmdb.gz"
        );
        assert_eq!(
            address(month.before()),
            "https://example.org/dbip-asn-lite-2025-12.mmdb.gz"
        );
    }

    #[test]
    fn what_arrived_is_inflated_verified_and_of_the_kind_that_was_asked_for() {
        let networks = vec![(
            "81.2.69.0/24".parse().expect("a network"),
            Value::country("GB"),
        )];
        let plain = Writer::new("DBIP-Country-Lite", 1_780_000_000, networks).write();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&plain).expect("there is room");
        let packed = encoder.finish().expect("there is room");
        let now = moment("2026-07-01T00:00:00Z");
        let taken = |edition: Edition, body: &[u8]| {
            edition
                .taken(Path::new("x.mmdb"), body.to_vec(), now)
                .map_err(|error| error.to_string())
        };
        assert_eq!(taken(Edition::Country, &packed), Ok(plain.clone()));
        assert_eq!(taken(Edition::Country, &plain), Ok(plain.clone()));
        let other = taken(Edition::Asn, &packed).expect_err("it has no systems");
        assert!(other.contains("which tells no asn"), "{other}");
        let cut = taken(Edition::Country, &packed[..packed.len() / 2]).expect_err("it is cut");
        assert!(cut.contains("cannot be inflated"), "{cut}");
        let page = taken(Edition::Country, b"<html>not found</html>").expect_err("a page");
        assert!(page.contains("x.mmdb is no sound database"), "{page}");
    }
}

// SPDX-License-Identifier: MIT
//! One file: a MaxMind database, or the ranges that tor comes with.

use super::ranges::Ranges;
use super::{Place, schema, tree};
use crate::refusals::{shown, visible};
use jiff::Timestamp;
use maxminddb::{LookupResult, MaxMindDbError, Reader};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// A longer file is refused: the largest of those that are given away have 150 MB.
pub const MOST_BYTES: u64 = 1 << 30;
/// The files of tor: of IPv4, and of IPv6.
pub(super) const TOR: [&str; 2] = ["geoip", "geoip6"];
/// Lines of comments that are looked at.
const COMMENTS: usize = 64;
/// Different records that are looked at to learn what a database has.
const SAMPLE: usize = 4_096;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is not what it should be.
    #[error("{} is no sound database: {fault}; get it again, as with `aegis-cli geo update`", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
}

/// What a database tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Countries.
    pub country: bool,
    /// Cities.
    pub city: bool,
    /// Autonomous systems.
    pub asn: bool,
    /// Names of providers, without the numbers of their networks or with them.
    pub organisation: bool,
    /// What an address hides behind.
    pub anonymity: bool,
}

impl Contents {
    fn add(&mut self, place: &Place) {
        self.country |= place.country.is_some();
        self.city |= place.city.is_some();
        self.asn |= place.asn.is_some();
        self.organisation |= place.organisation.is_some();
        self.anonymity |= !place.anonymity.is_empty();
    }

    /// Whether there is nothing in it that anybody here asks for.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// A file that has been read and verified whole.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    kind: String,
    built: Timestamp,
    contents: Contents,
    pub(super) body: Body,
}

/// What is in it.
#[derive(Debug)]
pub(super) enum Body {
    Mmdb(Box<Reader<Vec<u8>>>),
    Ranges(Ranges),
}

impl Database {
    /// Reads and verifies a file.
    ///
    /// # Errors
    /// [`GeoError`], with the file and its fault. Nothing is taken of a file with any.
    pub fn open(path: &Path) -> Result<Self, GeoError> {
        let (mut bytes, written) = read(path)?;
        // tor has a file for each family, and neither is of use without the other.
        let beside = path.with_file_name(TOR[1]);
        if path.file_name().is_some_and(|name| name == TOR[0]) && beside.is_file() {
            bytes.push(b'\n');
            bytes.extend(read(&beside)?.0);
        }
        Self::of_bytes(path, bytes, written)
    }

    /// The same of bytes that are there already; `written` is when the file was, which is how old it is
    /// where it does not say itself.
    ///
    /// # Errors
    /// Likewise.
    pub fn of_bytes(path: &Path, bytes: Vec<u8>, written: Timestamp) -> Result<Self, GeoError> {
        let path = path.to_owned();
        let taken = match bytes.first() {
            // Text: that of tor begins with a comment or a number.
            Some(b'#' | b'0'..=b'9' | b'a'..=b'f' | b':') if !is_mmdb(&bytes) => {
                Self::of_ranges(&path, &bytes, written)
            }
            _ => Self::of_mmdb(&path, bytes),
        };
        taken.map_err(|fault| GeoError::Broken { path, fault })
    }

    fn of_mmdb(path: &Path, bytes: Vec<u8>) -> Result<Self, String> {
        let wrong = |error| told(&error);
        // Before the library walks it.
        let glance = Reader::from_source(&bytes[..]).map_err(wrong)?;
        tree::check(&bytes, glance.metadata())?;
        let reader = Reader::from_source(bytes).map_err(wrong)?;
        reader.verify().map_err(wrong)?;
        let metadata = reader.metadata();
        let built = i64::try_from(metadata.build_epoch).ok();
        let built = built.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let built = built.ok_or("it says that it was built beyond the end of time")?;
        let contents = sample(&reader).map_err(wrong)?;
        if contents.is_empty() {
            let kind = shown(metadata.database_type.as_bytes());
            return Err(format!(
                "it is a {kind:?}, which tells no country, city, network or provider"
            ));
        }
        Ok(Self {
            path: path.to_owned(),
            kind: shown(metadata.database_type.as_bytes()),
            built,
            contents,
            body: Body::Mmdb(Box::new(reader)),
        })
    }

    fn of_ranges(path: &Path, bytes: &[u8], written: Timestamp) -> Result<Self, String> {
        let ranges = Ranges::read(bytes)?;
        Ok(Self {
            path: path.to_owned(),
            kind: "tor geoip".to_owned(),
            built: generated(bytes).unwrap_or(written),
            contents: Contents {
                country: true,
                ..Contents::default()
            },
            body: Body::Ranges(ranges),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it calls itself, such as `GeoLite2-Country`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// When it was made.
    #[must_use]
    pub fn built(&self) -> Timestamp {
        self.built
    }

    /// What it tells.
    #[must_use]
    pub fn contents(&self) -> Contents {
        self.contents
    }

    /// What is to be said wherever it is used, if its licence wants that.
    #[must_use]
    pub fn attribution(&self) -> Option<&'static str> {
        match self.kind() {
            kind if kind.starts_with("DBIP") => Some("IP Geolocation by DB-IP (https://db-ip.com)"),
            kind if kind.starts_with("GeoLite2") => {
                Some("includes GeoLite2 data created by MaxMind (https://www.maxmind.com)")
            }
            kind if kind.starts_with("ipinfo") => {
                Some("IP address data by IPinfo (https://ipinfo.io)")
            }
            "tor geoip" => Some("IPFire Location database, CC BY-SA 4.0"),
            _ => None,
        }
    }

    /// Which of its records tells of an address: of others with the same one it knows the same. `None`
    /// where it knows nothing.
    pub(super) fn record(&self, address: IpAddr) -> Option<usize> {
        match &self.body {
            Body::Mmdb(reader) => reader.lookup(address).ok()?.offset(),
            Body::Ranges(ranges) => {
                let country = ranges.country(address)?;
                let letters = country.code().bytes();
                Some(letters.fold(0, |record, letter| record << 8 | usize::from(letter)))
            }
        }
    }

    /// What it knows of an address. A tree that holds only IPv4 knows nothing of IPv6.
    #[must_use]
    pub fn place(&self, address: IpAddr) -> Place {
        match &self.body {
            Body::Mmdb(reader) => match reader.lookup(address) {
                Ok(found) if found.has_data() => schema::place(&found),
                _ => Place::default(),
            },
            Body::Ranges(ranges) => Place {
                country: ranges.country(address),
                ..Place::default()
            },
        }
    }
}

/// What the different records of a database tell.
fn sample(reader: &Reader<Vec<u8>>) -> Result<Contents, MaxMindDbError> {
    let (mut contents, mut seen) = (Contents::default(), HashSet::new());
    for found in reader.networks(maxminddb::WithinOptions::default())? {
        let found: LookupResult<'_, _> = found?;
        if seen.len() < SAMPLE && found.offset().is_some_and(|offset| seen.insert(offset)) {
            contents.add(&schema::place(&found));
        }
        if seen.len() == SAMPLE {
            break;
        }
    }
    Ok(contents)
}

/// When a file of ranges says that it was made, among the comments that it begins with.
fn generated(bytes: &[u8]) -> Option<Timestamp> {
    let lines = bytes.split(|&byte| byte == b'\n');
    let mut comments = lines
        .map_while(|line| line.strip_prefix(b"#"))
        .take(COMMENTS);
    let date = comments.find_map(|line| line.strip_prefix(b" Generated: "))?;
    let date = std::str::from_utf8(date).ok()?.trim();
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp())
}

fn is_mmdb(bytes: &[u8]) -> bool {
    const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
    // Metadata is at the end, and has at most 128 KiB.
    let tail = &bytes[bytes.len().saturating_sub(128 << 10)..];
    tail.windows(MARKER.len()).any(|window| window == MARKER)
}

/// The file and when it was written; a longer one than there may be is refused.
fn read(path: &Path) -> Result<(Vec<u8>, Timestamp), GeoError> {
    let unreadable = |source| GeoError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(unreadable(io::Error::other("it is not a regular file")));
    }
    let mut bytes = Vec::new();
    let most = MOST_BYTES + 1;
    (&mut file)
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        let fault = format!("it has more than {MOST_BYTES} bytes");
        let path = path.to_owned();
        return Err(GeoError::Broken { path, fault });
    }
    let written = about
        .modified()
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok());
    Ok((bytes, written.unwrap_or(Timestamp::UNIX_EPOCH)))
}

/// The library's words, without its own preface.
fn told(error: &MaxMindDbError) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("invalid database: ").unwrap_or(&text);
    text.chars().map(visible).collect()
}

// SPDX-License-Identifier: MIT
//! The lines of a log, from and to bytes.
//!
//! After a first line that tells the version, each has a checksum (CRC-32, in hexadecimal), a sign and a
//! record; the checksum is over sign and record. The sign is a space where the line ends a change, and
//! `+` where the next line belongs to the same one: a change is read whole, or not at all.

use aegis_policy::saved::{Record, Subject};
use std::collections::BTreeMap;

const VERSION: u32 = 1;
const HEADER: &str = "# aegis state ";
const LAST: char = ' ';
const MORE: char = '+';
/// Digits of a checksum.
const DIGITS: usize = 8;

/// A change, as it is appended: all of it holds, or none.
#[derive(Debug, Default)]
pub struct Change(String);

impl Change {
    /// Of records that came of one mutation.
    pub fn of(records: &[Record]) -> Self {
        let mut change = Self::default();
        if let Some((last, others)) = records.split_last() {
            others.iter().for_each(|record| change.add(MORE, record));
            change.add(LAST, last);
        }
        change
    }

    fn add(&mut self, sign: char, record: &Record) {
        let signed = format!("{sign}{record}");
        let checksum = crc32fast::hash(signed.as_bytes());
        self.0.push_str(&format!("{checksum:0DIGITS$x}{signed}\n"));
    }

    /// To be written at once.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// A whole log, each record a change of its own.
pub fn file(records: &[Record]) -> Vec<u8> {
    let mut lines = Change(format!("{HEADER}{VERSION}\n"));
    records.iter().for_each(|record| lines.add(LAST, record));
    lines.into_bytes()
}

/// What a log says, up to the first line that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    /// What stands.
    pub records: Vec<Record>,
    /// What is wrong, if anything.
    pub wrong: Option<Wrong>,
}

/// What is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Another version of it, as its first line says.
    Version(String),
    /// It is damaged.
    Damage {
        /// The first line that is wrong, from 1 on.
        line: usize,
        /// Bytes from the beginning of the change that it belongs to, which were not used.
        lost: usize,
    },
}

/// Reads a log. Later lines take the place of earlier ones about the same.
pub fn read(bytes: &[u8]) -> Reading {
    let mut reader = Reader::default();
    let wrong = reader.read(bytes).err();
    let records = reader.standing.into_values().collect();
    Reading { records, wrong }
}

#[derive(Default)]
struct Reader {
    standing: BTreeMap<Subject, Record>,
    /// Of a change whose last line has not come yet.
    begun: Vec<Record>,
}

impl Reader {
    fn read(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        // Where the change begins that is being read.
        let (mut begin, mut at) = (0, 0);
        let damage = |line, begin| Wrong::Damage {
            line,
            lost: bytes.len() - begin,
        };
        for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
            at += line.len();
            let text = line
                .strip_suffix(b"\n")
                .and_then(|line| str::from_utf8(line).ok());
            let text = text.ok_or_else(|| damage(number, begin))?;
            let ends = match number {
                1 => header(text)?,
                _ => self.take(text),
            };
            match ends {
                Some(true) => begin = at,
                Some(false) => {}
                None => return Err(damage(number, begin)),
            }
        }
        match begin == bytes.len() && begin > 0 {
            true => Ok(()),
            false => Err(damage(
                bytes.split_inclusive(|byte| *byte == b'\n').count() + 1,
                begin,
            )),
        }
    }

    /// Takes a line; whether it ends its change, and `None` where it is damaged.
    fn take(&mut self, line: &str) -> Option<bool> {
        let (checksum, signed) = line.split_at_checked(DIGITS)?;
        if checksum != format!("{:0DIGITS$x}", crc32fast::hash(signed.as_bytes())) {
            return None;
        }
        let ends = signed.starts_with(LAST);
        let record = signed.strip_prefix([LAST, MORE])?;
        self.begun.push(Record::read(record).ok()??);
        if ends {
            for record in std::mem::take(&mut self.begun) {
                self.put(record);
            }
        }
        Some(ends)
    }

    fn put(&mut self, record: Record) {
        let subject = record.subject();
        match record.stands() {
            true => self.standing.insert(subject, record),
            false => self.standing.remove(&subject),
        };
    }
}

/// Whether the first line is one: `None` where it is not.
fn header(line: &str) -> Result<Option<bool>, Wrong> {
    let Some(version) = line.strip_prefix(HEADER) else {
        return Ok(None);
    };
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    match version == VERSION.to_string() {
        true => Ok(Some(true)),
        false if is_number => Err(Wrong::Version(version.to_owned())),
        false => Ok(None),
    }
}

#[cfg(test)]
mod tests;

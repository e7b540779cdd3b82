// SPDX-License-Identifier: MIT
//! What a list says about itself.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// What a list says about itself. It is shown, and nothing depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// When it was made.
    pub updated: Option<Timestamp>,
    /// Until when it is meant to hold.
    pub expires: Option<Timestamp>,
    /// Whether there is more than was sent (TAXII): what is here is a part.
    pub more: bool,
    comments: u32,
}

const UPDATED: &[&str] = &[
    "last update",
    "last updated",
    "last-modified",
    "last modified",
    "updated",
    "update",
    "generated",
    "generated at",
    "this file date",
];
const EXPIRES: &[&str] = &["expires"];

/// Ways to write a time that are not RFC 2822; without an offset they mean UTC.
const TIMES: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%a %b %d %H:%M:%S %Y",
    "%Y/%m/%d %H:%M:%S",
];

impl Notes {
    /// Only so many comments are looked at: headings are short.
    const COMMENTS: u32 = 64;

    /// What a comment says, if it is one of those that say when.
    #[inline]
    pub(super) fn comment(&mut self, comment: &[u8]) {
        if self.comments < Self::COMMENTS {
            self.comments += 1;
            self.heading(comment);
        }
    }

    fn heading(&mut self, comment: &[u8]) {
        const LONGEST: usize = 120;
        let Ok(text) = std::str::from_utf8(&comment[..comment.len().min(LONGEST)]) else {
            return;
        };
        let Some((name, value)) = text.split_once(':') else {
            return;
        };
        let name = name
            .trim_matches(|letter: char| !letter.is_alphanumeric())
            .to_ascii_lowercase();
        let said = || time(value.trim_matches(|letter: char| !letter.is_alphanumeric()));
        if UPDATED.contains(&name.as_str()) {
            self.updated = self.updated.or_else(said);
        } else if EXPIRES.contains(&name.as_str()) {
            self.expires = self.expires.or_else(said);
        }
    }
}

/// A time in any of the ways in which lists write it.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let rfc2822 = || rfc2822::parse(text).ok().map(|zoned| zoned.timestamp());
    let stamp = || text.parse::<Timestamp>().ok();
    let utc = || {
        let text = text.replace(" UTC", "").replace(" GMT", "");
        let read = |form: &&str| DateTime::strptime(form, text.trim()).ok();
        let civil = TIMES.iter().find_map(read)?;
        let zoned = civil.to_zoned_datetime(TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    };
    stamp().or_else(rfc2822).or_else(utc)
}

/// Seconds since 1970, as Spamhaus and MISP write a time.
pub(super) fn seconds(text: &str) -> Option<Timestamp> {
    text.parse()
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_real_lists_say_when() {
        for (heading, expected) in [
            (
                " Last update: Sat, 22 Aug 2026 03:00:29 +0200",
                "2026-08-22T01:00:29Z",
            ),
            (
                " Last-Modified: Sat, 22 Aug 2026 03:00:29 GMT",
                "2026-08-22T03:00:29Z",
            ),
            (
                " Last updated: 2026-08-22 03:00:29 UTC          #",
                "2026-08-22T03:00:29Z",
            ),
            ("    updated: 2026-07-14T20:45:40", "2026-07-14T20:45:40Z"),
            (
                " This File Date  : Sat Aug 22 03:00:29 UTC 2026",
                "2026-08-22T03:00:29Z",
            ),
        ] {
            let mut notes = Notes::default();
            notes.comment(heading.as_bytes());
            let updated = notes.updated.map(|time| time.to_string());
            assert_eq!(updated.as_deref(), Some(expected), "{heading}");
        }
        let mut notes = Notes::default();
        notes.comment(b" Expires: Sun, 23 Aug 2026 03:00:29 GMT");
        assert_eq!(
            notes.expires.map(|time| time.to_string()).as_deref(),
            Some("2026-08-23T03:00:29Z")
        );
        notes.comment(b" updated: soon");
        assert_eq!(notes.updated, None);
    }
}

// SPDX-License-Identifier: MIT
//! Comma-separated values (RFC 4180) as abuse.ch writes them: the names of columns are in a comment,
//! fields are quoted, and blanks may stand before a quote.

use super::address;
use super::notes::Notes;
use super::sink::{Sink, Whence};
use super::text::{comment, lines};
use super::{Mistake, ParseFailure};
use ::csv::{ByteRecord, ReaderBuilder, Trim};
use std::borrow::Cow;

/// So many lines above the values may name the columns.
const HEADING: u64 = 200;

const ADDRESSES: &[&str] = &[
    "ioc_value",
    "dst_ip",
    "dstip",
    "src_ip",
    "srcip",
    "ip",
    "ip_address",
    "ipaddress",
    "address",
    "network",
    "cidr",
];
const KINDS: &[&str] = &["ioc_type"];
const CATEGORIES: &[&str] = &["threat_type", "malware", "listingreason"];
const SCORES: &[&str] = &["confidence_level"];

/// Of `ioc_type`, those that are addresses.
const KINDS_TAKEN: &[&str] = &["ip:port", "ip", "ipv4", "ipv6", "cidr"];

/// Which columns hold what.
struct Columns {
    address: usize,
    kind: Option<usize>,
    category: Option<usize>,
    score: Option<usize>,
}

/// Where the values begin, and how to read them.
struct Heading<'t> {
    columns: Columns,
    /// The values, and what may still come between them.
    values: &'t [u8],
    /// How many lines are above them.
    above: u64,
}

/// Reads values whose columns have names.
///
/// # Errors
/// [`ParseFailure::NoAddressColumn`] and [`ParseFailure::TooMany`].
pub(super) fn read(text: &[u8], sink: &mut Sink, notes: &mut Notes) -> Result<(), ParseFailure> {
    let heading = heading(text, notes).ok_or(ParseFailure::NoAddressColumn)?;
    let values = unblanked(heading.values);
    let mut reader = reader(&values);
    let mut record = ByteRecord::new();
    // Any bytes are records, and they are read from memory.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let within = record.position().map_or(0, |position| position.line());
        let line = (heading.above + within).try_into().unwrap_or(u32::MAX);
        one(&record, line, &heading.columns, sink)?;
    }
    Ok(())
}

/// Whether a line, comment or not, names a column of addresses beside others.
pub(super) fn is_heading(line: &[u8]) -> bool {
    columns(comment(line).unwrap_or(line)).is_some()
}

fn reader(text: &[u8]) -> ::csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(Trim::All)
        .from_reader(text)
}

fn one(
    record: &ByteRecord,
    line: u32,
    columns: &Columns,
    sink: &mut Sink,
) -> Result<(), ParseFailure> {
    let text = |column: Option<usize>| {
        let field = column.and_then(|column| record.get(column));
        field.and_then(|field| std::str::from_utf8(field).ok())
    };
    if text(columns.kind).is_some_and(|kind| !KINDS_TAKEN.contains(&kind)) {
        sink.skipped.other_kind += 1;
        return Ok(());
    }
    let score = text(columns.score).and_then(|score| score.parse::<u32>().ok());
    if score.is_some_and(|score| score < sink.least_score) {
        sink.skipped.below_score += 1;
        return Ok(());
    }
    let category = text(columns.category).and_then(|name| sink.category(name));
    let field = record.get(columns.address);
    let whence = Whence {
        line,
        text: field.unwrap_or_default(),
        category,
        expires: None,
    };
    let scored = sink.least_score == 0 || score.is_some();
    let read = field.filter(|_| scored).ok_or(Mistake::Missing);
    sink.take(read.and_then(address::read), whence)
}

/// What the columns are, by the last comment above the values that names them, or by the first line
/// that is no comment.
fn heading<'t>(text: &'t [u8], notes: &mut Notes) -> Option<Heading<'t>> {
    let (mut named, mut rest, mut above) = (None, text, 0);
    for (_, line) in lines(text) {
        let begins = line.first().is_some_and(|&byte| byte != b'#');
        let may_name = above < HEADING;
        let names = may_name.then(|| columns(line.strip_prefix(b"#").unwrap_or(line)));
        let names = names.flatten();
        if begins && names.is_none() {
            break;
        }
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        (rest, above) = (&rest[end..], above + 1);
        named = names.or(named);
        if begins {
            break;
        }
        notes.comment(line);
    }
    Some(Heading {
        columns: named?,
        values: rest,
        above,
    })
}

fn columns(line: &[u8]) -> Option<Columns> {
    // A heading is short, and this is asked of any line.
    const LONGEST: usize = 2_000;
    let line = line
        .get(..line.len().min(LONGEST))
        .filter(|line| line.contains(&b','))?;
    let line = unblanked(line.trim_ascii());
    let mut record = ByteRecord::new();
    reader(&line).read_byte_record(&mut record).ok()?;
    let names: Vec<String> = record
        .iter()
        .map(|field| String::from_utf8_lossy(field).to_ascii_lowercase())
        .collect();
    let among = |known: &[&str]| {
        let mut found = known
            .iter()
            .filter_map(|known| names.iter().position(|name| name == known));
        found.next()
    };
    Some(Columns {
        address: among(ADDRESSES)?,
        kind: among(KINDS),
        category: among(CATEGORIES),
        score: among(SCORES),
    })
}

/// Without the blanks between a comma and a quote: with them, the quote would be part of the value,
/// and commas inside would end it.
fn unblanked(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memmem::find(text, b", \"").is_none() {
        return Cow::Borrowed(text);
    }
    let mut kept = Vec::with_capacity(text.len());
    let (mut quoted, mut begins) = (false, true);
    for &byte in text {
        let blank = matches!(byte, b' ' | b'\t');
        if !quoted && begins && blank {
            continue;
        }
        quoted ^= byte == b'"' && (quoted || begins);
        // Two quotes in a quoted value are one, and the value goes on.
        begins = !quoted && matches!(byte, b',' | b'\n' | b'"');
        kept.push(byte);
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Format, Limits, Parsed, parse};

    fn parsed(text: &str, least_score: u32) -> Result<Parsed, ParseFailure> {
        let limits = Limits {
            least_score,
            ..Limits::default()
        };
        parse(text.as_bytes(), Format::AbuseCsv, &limits)
    }

    #[test]
    fn blanks_before_quotes_go_and_all_others_stay() {
        let kept =
            |text: &str| String::from_utf8(unblanked(text.as_bytes()).into_owned()).expect("UTF-8");
        assert_eq!(kept(r#""a, b", "c", d e,	"f""#), r#""a, b","c",d e,"f""#);
        assert_eq!(kept(r#""say ""x, "" y", "z""#), r#""say ""x, "" y","z""#);
        assert_eq!(kept("\"a\", \"b\"\n \"c\""), "\"a\",\"b\"\n\"c\"");
    }

    #[test]
    fn columns_have_names_in_a_comment_or_in_the_first_line() {
        let comment = "# Firstseen,DstIP,DstPort\r\n2026-01-01 00:00:00,1.2.3.4,443\r\n";
        let first = "\"first_seen_utc\",\"dst_ip\",\"dst_port\",\"malware\"\n\"2026\",\"1.2.3.4\",\"443\",\"Emotet\"\n";
        for (text, line, category) in [(comment, 2, None), (first, 2, Some("Emotet"))] {
            let parsed = parsed(text, 0).expect("the columns have names");
            let [entry] = parsed.entries.as_slice() else {
                panic!("{parsed:?}")
            };
            assert_eq!(
                (entry.span.to_string().as_str(), entry.line),
                ("1.2.3.4", line)
            );
            assert_eq!(entry.category.as_deref(), category);
        }
        assert_eq!(
            parsed("a,b\n1.2.3.4,5\n", 0),
            Err(ParseFailure::NoAddressColumn)
        );
    }

    #[test]
    fn of_indicators_only_addresses_of_some_confidence_are_taken() {
        let text = "ioc_value,ioc_type,confidence_level\n1.2.3.4:80,ip:port,75\nexample.org,domain,100\n\
                    1.2.3.5:80,ip:port,50\nx,ip:port,99\n1.2.3.6,ip:port,\n";
        let parsed = parsed(text, 60).expect("the columns have names");
        assert_eq!(parsed.entries.len(), 1);
        assert_eq!(
            (parsed.skipped.other_kind, parsed.skipped.below_score),
            (1, 1)
        );
        assert_eq!(parsed.refused.count_of("not_an_address"), 1);
        assert_eq!(parsed.refused.count_of("missing"), 1);
    }
}

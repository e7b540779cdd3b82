// SPDX-License-Identifier: MIT
//! Which format a text is in, by its beginning.

use super::text::{comment, lines};
use super::{Format, ParseFailure, csv, dshield, plain};

/// So many lines are looked at: headings of real lists are shorter.
const LINES: usize = 200;
/// So many of them that are no comments.
const VALUES: usize = 20;
/// So many bytes of JSON, which may be one line.
const BYTES: usize = 64 << 10;

/// The format of a text; any text of lines is at least plain.
///
/// # Errors
/// [`ParseFailure::UnknownJson`].
pub(super) fn detect(text: &[u8]) -> Result<Format, ParseFailure> {
    match begins_json(text) {
        true => json(text),
        false => Ok(of_lines(text)),
    }
}

/// An object, or a list of objects; a bracket alone may begin an IPv6 address with a port.
fn begins_json(text: &[u8]) -> bool {
    match text.trim_ascii_start() {
        [b'{', ..] => true,
        [b'[', rest @ ..] => matches!(rest.trim_ascii_start(), [b'{' | b'[' | b'"' | b']', ..]),
        _ => false,
    }
}

/// By names that only one of them has, the most telling first.
fn json(text: &[u8]) -> Result<Format, ParseFailure> {
    const NAMES: &[(&[u8], Format)] = &[
        (b"\"spec_version\"", Format::Stix),
        (b"\"pattern_type\"", Format::Stix),
        (b"\"to_ids\"", Format::Misp),
        (b"\"Event\"", Format::Misp),
        (b"\"Attribute\"", Format::Misp),
        (b"\"objects\"", Format::Stix),
        (b"\"cidr\"", Format::SpamhausJson),
        (b"\"metadata\"", Format::SpamhausJson),
    ];
    let start = &text[..text.len().min(BYTES)];
    let has = |(name, _): &&(&[u8], Format)| memchr::memmem::find(start, name).is_some();
    let found = NAMES.iter().find(has).map(|(_, format)| *format);
    found.ok_or(ParseFailure::UnknownJson)
}

fn of_lines(text: &[u8]) -> Format {
    let mut values: Vec<&[u8]> = Vec::new();
    for (_, line) in lines(text).take(LINES) {
        if csv::is_heading(line) {
            return Format::AbuseCsv;
        }
        if !line.is_empty() && comment(line).is_none() {
            values.push(line);
        }
        if values.len() == VALUES {
            break;
        }
    }
    let all = |is: fn(&[u8]) -> bool| !values.is_empty() && values.iter().all(|line| is(line));
    if all(dshield::is_row) {
        Format::Dshield
    } else if all(plain::is_scored) {
        Format::Ipsum
    } else {
        Format::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_shows_the_format() {
        for (text, expected) in [
            ("# nothing\n", Ok(Format::Plain)),
            ("1.2.3.4\n", Ok(Format::Plain)),
            ("1.2.3.4\t5\n1.2.3.5\t4\n", Ok(Format::Ipsum)),
            ("1.2.3.4\t5\n1.2.3.5\n", Ok(Format::Plain)),
            ("1.2.3.0 1.2.3.255 24 5\n", Ok(Format::Dshield)),
            ("[2001:db8::7]:80\n", Ok(Format::Plain)),
            ("# Firstseen,DstIP,DstPort\n", Ok(Format::AbuseCsv)),
            ("ip,port\n1.2.3.4,5\n", Ok(Format::AbuseCsv)),
            ("# seen, by many\n1.2.3.4\n", Ok(Format::Plain)),
            ("{\"cidr\":\"1.2.3.0/24\"}\n", Ok(Format::SpamhausJson)),
            ("{\"Event\":{}}", Ok(Format::Misp)),
            ("{\"type\":\"bundle\",\"objects\":[]}", Ok(Format::Stix)),
            (
                "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"x\":\"metadata\"}",
                Ok(Format::Stix),
            ),
            ("[]", Err(ParseFailure::UnknownJson)),
            ("{\"error\":\"quota\"}", Err(ParseFailure::UnknownJson)),
        ] {
            assert_eq!(detect(text.as_bytes()), expected, "{text}");
        }
    }
}

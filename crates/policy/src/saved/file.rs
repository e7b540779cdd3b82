// SPDX-License-Identifier: MIT
//! What `save` writes and `restore` reads: bans and the allowlist, and nothing that only the daemon's own
//! file has in it.

use super::{Misread, Record};
use crate::config::{Mistake, Mistakes, Place};
use std::fmt::Write as _;

/// A longer file is refused; readers need to read no more than one byte beyond.
pub const MOST_BYTES: usize = 32 << 20;

const VERSION: u32 = 1;
/// What the first line begins with; for other programs it is a comment.
const HEADER: &str = "# aegis bans ";
const BOM: &str = "\u{feff}";

/// The file that says what these records do.
#[must_use]
pub fn write_file<'a>(records: impl IntoIterator<Item = &'a Record>) -> String {
    let mut text = format!("{HEADER}{VERSION}\n");
    for record in records.into_iter().filter(|record| is_of_files(record)) {
        // Writing to a string does not fail.
        writeln!(text, "{record}").ok();
    }
    text
}

/// Reads a file of that name. One without the first line is read too, so that a list of bans may be
/// written by hand.
///
/// # Errors
/// Everything that is wrong, each with line and column. There is no part of a file.
pub fn read_file(name: &str, bytes: &[u8]) -> Result<Vec<Record>, Mistakes> {
    let at = |line: usize, column| Place::File {
        name: name.to_owned(),
        line,
        column,
    };
    if bytes.len() > MOST_BYTES {
        let message = format!("the file has {} bytes", bytes.len());
        let next = format!("split it into files of {MOST_BYTES} or fewer");
        return Err(Mistakes::one(Mistake::new(at(1, 1), message, next)));
    }
    let bytes = bytes.strip_prefix(BOM.as_bytes()).unwrap_or(bytes);
    let (mut records, mut mistakes) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        match read_line(number, line) {
            Ok(record) => records.extend(record),
            Err(wrong) => {
                let place = at(number, wrong.column);
                mistakes.push(Mistake::new(place, wrong.message, wrong.next));
            }
        }
    }
    Mistakes::check(mistakes)?;
    Ok(records)
}

fn read_line(number: usize, line: &[u8]) -> Result<Option<Record>, Misread> {
    let misread = |message: String, next: &str| Misread {
        column: 1,
        message,
        next: next.to_owned(),
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = str::from_utf8(line)
        .map_err(|_| misread("this is no UTF-8".to_owned(), "save the file as UTF-8"))?;
    if let (1, Some(version)) = (number, line.strip_prefix(HEADER)) {
        return match version.trim_end() == VERSION.to_string() {
            true => Ok(None),
            false => Err(misread(
                format!("the file is of version {version:?}"),
                "restore it with the version of aegis that saved it, or a newer one",
            )),
        };
    }
    let record = Record::read(line)?;
    if let Some(record) = record.as_ref().filter(|record| !is_of_files(record)) {
        let text = record.to_string();
        let kind = text.split(' ').next().unwrap_or_default();
        let message = format!("{kind} is for the daemon's own file");
        return Err(misread(message, "leave the line out"));
    }
    Ok(record)
}

fn is_of_files(record: &Record) -> bool {
    match record {
        Record::Ban(_) => true,
        Record::Allow(allow) => !allow.configured,
        Record::Unban(..) | Record::Disallow(_) | Record::Strikes(_) | Record::Region(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        read_file("bans", text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = "# aegis bans 1\nban 192.0.2.1 tcp port 22 by operator reason \"x\"\n\
                    allow 198.51.100.0/24\n";
        let records = read_file("bans", text.as_bytes()).unwrap();
        assert_eq!(write_file(&records), text);
        let strikes =
            Record::read("strikes 192.0.2.1 proven 1 unproven 0 until 2026-11-28T07:00:00Z");
        let strikes = strikes.unwrap().unwrap();
        assert_eq!(
            write_file(&[strikes]),
            "# aegis bans 1\n",
            "the daemon's own"
        );
    }

    #[test]
    fn files_by_hand_need_no_first_line_and_may_have_others_ends() {
        let text = "\u{feff}ban 192.0.2.1\r\n\r\n  # mine\r\nban 192.0.2.2";
        assert_eq!(read_file("bans", text.as_bytes()).unwrap().len(), 2);
        assert_eq!(read_file("bans", b""), Ok(Vec::new()));
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let told = wrong("ban 192.0.2.1\nbann 192.0.2.2\nban 192.0.2.3 untli x\n");
        assert_eq!(
            told,
            "bans:2:1: \"bann\" means nothing here: did you mean ban?\n\
             bans:3:15: \"untli\" means nothing here: did you mean until?"
        );
        assert!(read_file("bans", b"ban \xff").is_err());
    }

    #[test]
    fn files_of_other_versions_and_lines_of_the_daemons_own_file_are_refused() {
        assert!(wrong("# aegis bans 2\n").starts_with("bans:1:1: the file is of version \"2\""));
        assert!(wrong("unban 192.0.2.1\n").contains("unban is for the daemon's own file"));
        assert!(wrong("allow 192.0.2.1 configured\n").contains("allow is for the daemon's"));
    }

    #[test]
    fn a_file_that_is_too_long_is_not_read() {
        let long = vec![b'\n'; MOST_BYTES + 1];
        assert!(
            read_file("bans", &long)
                .unwrap_err()
                .to_string()
                .contains("split it")
        );
    }
}

// SPDX-License-Identifier: MIT
use super::*;

fn records(text: &str) -> Vec<Record> {
    let lines = text.lines().map(Record::read);
    lines
        .map(|record| record.expect("it is right").expect("it is one"))
        .collect()
}

/// A log of three changes, and what stands after each.
fn story() -> (Vec<u8>, Vec<(usize, Vec<Record>)>) {
    let changes = [
        "ban 192.0.2.1 by operator since 2026-11-28T07:00:00Z reason \"üñ \\\" x\"",
        "ban 192.0.2.2 tcp port 22 by operator\nban 2001:db8::/32 new connections by port_scan",
        "unban 192.0.2.1\nallow 198.51.100.0/24 configured\nstrikes 192.0.2.9 proven 1 unproven 0 \
         until 2026-11-28T07:00:00Z",
    ];
    let mut log = file(&[]);
    let mut stands = vec![(log.len(), Vec::new())];
    let mut standing = BTreeMap::new();
    for change in changes {
        let change = records(change);
        log.extend(Change::of(&change).into_bytes());
        for record in change {
            match record.stands() {
                true => standing.insert(record.subject(), record),
                false => standing.remove(&record.subject()),
            };
        }
        stands.push((log.len(), standing.values().cloned().collect()));
    }
    (log, stands)
}

#[test]
fn a_log_is_read_as_it_was_written_and_later_lines_hold() {
    let (log, stands) = story();
    let (_, last) = stands.last().expect("there are some");
    let reading = read(&log);
    assert_eq!((&reading.records, &reading.wrong), (last, &None));
    assert_eq!(read(&file(last)), reading);
    assert!(log.starts_with(b"# aegis state 1\n"));
}

#[test]
fn a_log_that_ends_anywhere_says_every_change_that_is_whole() {
    let (log, stands) = story();
    for length in 0..=log.len() {
        let reading = read(&log[..length]);
        let whole = stands.iter().rev().find(|(end, _)| *end <= length);
        let (end, expected) = whole.cloned().unwrap_or((0, Vec::new()));
        assert_eq!(reading.records, expected, "{length} bytes");
        let is_whole = end == length && length > 0;
        assert_eq!(reading.wrong.is_none(), is_whole, "{length} bytes");
        if let Some(Wrong::Damage { lost, .. }) = reading.wrong {
            assert_eq!(lost, length - end, "{length} bytes");
        }
    }
}

#[test]
fn a_byte_that_differs_costs_its_change_and_what_follows_and_nothing_else() {
    let (log, stands) = story();
    for at in 0..log.len() {
        for flip in [1_u8, 0x20, 0x80, 0xff] {
            let mut damaged = log.clone();
            damaged[at] ^= flip;
            let reading = read(&damaged);
            let before = stands.iter().rev().find(|(end, _)| *end <= at);
            let expected = before.map_or_else(Vec::new, |(_, standing)| standing.clone());
            assert_eq!(reading.records, expected, "byte {at} flipped by {flip}");
            assert!(reading.wrong.is_some(), "byte {at} flipped by {flip}");
        }
    }
}

#[test]
fn another_version_is_told_apart_from_damage() {
    let newer = Wrong::Version("2".to_owned());
    assert_eq!(read(b"# aegis state 2\nwhatever").wrong, Some(newer));
    for text in [
        &b"# aegis state \n"[..],
        b"# aegis state one\n",
        b"\0\0\0\0",
        b"# aegis state 1",
    ] {
        let wrong = read(text).wrong;
        assert!(
            matches!(wrong, Some(Wrong::Damage { line: 1, .. })),
            "{wrong:?}"
        );
    }
}

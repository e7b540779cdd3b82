// SPDX-License-Identifier: MIT
//! Any file of saved bans: refused with a place for every mistake, or read, written and restored as
//! the same.
#![no_main]

use aegis_core::Nanos;
use aegis_policy::config::Mistakes;
use aegis_policy::saved::{Clocks, Record, read_file, write_file};
use aegis_policy::{Force, Manner, Policy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for line in String::from_utf8_lossy(bytes).lines() {
        if let Ok(Some(record)) = Record::read(line) {
            assert_eq!(Record::read(&record.to_string()), Ok(Some(record)));
        }
    }
    let records = match read_file("bans", bytes) {
        Ok(records) => records,
        Err(mistakes) => return refused(&mistakes),
    };
    let text = write_file(&records);
    assert_eq!(read_file("bans", text.as_bytes()), Ok(records.clone()));
    restored(&records);
});

fn refused(mistakes: &Mistakes) {
    assert!(mistakes.count() > 0 && mistakes.iter().count() <= Mistakes::MOST);
    assert!(
        mistakes
            .iter()
            .all(|mistake| mistake.place.line().is_some())
    );
    let told = mistakes.to_string();
    assert!(
        !told
            .chars()
            .any(|letter| letter.is_control() && letter != '\n')
    );
}

/// What one policy saves, another one restores and saves again.
fn restored(records: &[Record]) {
    let clocks = Clocks {
        monotonic: Nanos(1 << 40),
        wall: "2026-11-28T07:00:00Z".parse().expect("it is a time"),
    };
    let manner = Manner {
        force: Force::Yes,
        session: None,
    };
    let saved = |records: &[Record]| {
        let mut policy = Policy::new();
        let made = policy.restore(records, manner, &clocks).is_ok();
        made.then(|| policy.saved(&clocks))
    };
    if let Some(once) = saved(records) {
        assert_eq!(saved(&once).as_ref(), Some(&once));
    }
}

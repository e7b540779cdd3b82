// SPDX-License-Identifier: MIT
//! Any answers of a CrowdSec LAPI, one after the other, a line each: taken whole or not at all, and what
//! changes adds up to what stands; then saved, and read again as the same.
#![no_main]

use aegis_lists::crowdsec::decision::Others;
use aegis_lists::crowdsec::{Change, Decisions, Saved, StreamAnswer};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet};

fuzz_target!(|bytes: &[u8]| {
    let mut decisions = Decisions::new(Others::Ignore);
    let (mut followed, mut now) = (BTreeMap::new(), Timestamp::UNIX_EPOCH);
    let follow = |followed: &mut BTreeMap<_, _>, changes: Vec<Change>| {
        for Change { subject, after } in changes {
            match after {
                Some(after) => followed.insert(subject, after),
                None => followed.remove(&subject),
            };
        }
    };
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        now = Timestamp::from_second(60 * number as i64).unwrap_or(now);
        let Ok(answer) = StreamAnswer::read(line) else {
            continue;
        };
        let changes = match number % 3 {
            0 => decisions.resync(&answer, now),
            _ => decisions.apply(&answer, now),
        };
        follow(&mut followed, changes);
        assert!(decisions.sentences().eq(followed.clone()));
        assert!(followed.values().all(|sentence| sentence.until > now));
    }
    // Time has gone on with lines that are no answer.
    follow(&mut followed, decisions.expire(now));
    let lifted = BTreeSet::from_iter(followed.keys().take(1).copied());
    let file = Saved::write(&decisions, &lifted);
    let saved = Saved::read(&file, Others::Ignore, now).expect("it was written");
    assert_eq!(Saved::write(&saved.decisions, &saved.lifted), file);
    // A file that somebody else wrote.
    drop(Saved::read(bytes, Others::Ignore, now));
});

// SPDX-License-Identifier: MIT
//! Any configuration file: refused with a place for every mistake, or read, written and edited as
//! the same configuration.
#![no_main]

use aegis_policy::Target;
use aegis_policy::config::{AllowEdit, Effective, File, Layers, Mistakes, edit_allowlist};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = match File::read("c.toml", bytes) {
        Ok(file) => file,
        Err(mistakes) => return refused(bytes, &mistakes),
    };
    let layers = Layers {
        file: Some(&file),
        ..Layers::default()
    };
    let Ok(effective) = Effective::merge(&layers) else {
        return;
    };
    let line = |row: &aegis_policy::config::Row| format!("{} = {}\n", row.key.name(), row.value);
    let text: String = effective.rows().iter().map(line).collect();
    let again = File::read("c.toml", text.as_bytes()).expect("it is written as it is read");
    let layers = Layers {
        file: Some(&again),
        ..Layers::default()
    };
    let again = Effective::merge(&layers).expect("the values went together before");
    assert_eq!(again.config(), effective.config());
    assert!(effective.config().difference(again.config()).is_empty());
    edited(bytes, &effective);
});

fn refused(bytes: &[u8], mistakes: &Mistakes) {
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
    let target: Target = "192.0.2.9".parse().expect("it is an address");
    assert!(edit_allowlist("c.toml", bytes, AllowEdit::Add(target)).is_err());
}

/// What is on the list can be taken off, and the editor itself sees to it that nothing else changes.
fn edited(bytes: &[u8], effective: &Effective) {
    let added: Target = "192.0.2.9".parse().expect("it is an address");
    let listed = effective.config().allowlist.first().copied();
    for edit in [Some(AllowEdit::Add(added)), listed.map(AllowEdit::Remove)]
        .into_iter()
        .flatten()
    {
        // A list may be written in too unusual a way; then it is left alone.
        drop(edit_allowlist("c.toml", bytes, edit));
    }
}

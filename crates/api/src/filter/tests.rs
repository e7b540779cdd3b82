// SPDX-License-Identifier: MIT
//! Lines of filters, right and wrong.

use super::*;
use proptest::prelude::*;

const KEYS: Keys = &[
    Key::COUNTRY,
    Key::PORT,
    Key::PEER,
    Key::REASON,
    Key::new(&["dir"], Kind::OneOf(&["in", "out"])),
    Key::new(&["text"], Kind::Text),
];

fn shown(line: &str) -> String {
    let terms = Terms::read(KEYS, line);
    terms.expect(line).shown(KEYS)
}

#[test]
fn a_last_word_that_may_become_a_key_is_not_settled() {
    for (line, expected) in [
        ("", ""),
        ("PO", ""),
        ("port", ""),
        ("-po", ""),
        ("!", ""),
        ("port:", "port:"),
        ("telekom coun", "telekom"),
        ("telekom \"two w", "telekom"),
        ("telekom cn", "telekom cn"),
        ("port ", "port "),
    ] {
        assert_eq!(settled(KEYS, line), expected, "{line:?}");
    }
}

#[test]
fn what_is_read_is_shown_in_one_way() {
    for (line, expected) in [
        ("port:22 192.0.2.0/24", "192.0.2.0/24 port:22"),
        ("PORT:22,,80-89, x", "x port:22,80-89"),
        ("port:1-99,!22 cc:ru", "port:1-99 -port:22 country:ru"),
        ("-port:22 !port:23", "-port:22,23"),
        ("!country:ru,cn -telekom", "-telekom -country:ru,cn"),
        (
            "192.0.2.1,2001:db8::/32 !192.0.2.2",
            "192.0.2.1,2001:db8::/32 -192.0.2.2",
        ),
        ("reason:\"a b\",c,\"!d\"", "reason:\"a b\",c,\"!d\""),
        ("\"nation:ru\" text:port:1", "\"nation:ru\" \"port:1\""),
        (
            "-\"two words\" \"192.0.2.1\"",
            "-\"two words\" \"192.0.2.1\"",
        ),
        (
            "fe80: dead:beef [::1]:2 tcp/",
            "fe80: dead:beef [::1]:2 tcp/",
        ),
    ] {
        assert_eq!(shown(line), expected, "{line}");
        assert_eq!(shown(expected), expected, "{line}");
    }
}

#[test]
fn a_problem_begins_with_the_word_that_is_wrong() {
    for (line, word, part) in [
        ("x nation:", "nation:", "keys are country, port, peer"),
        ("-nation:ru", "-nation:ru", "a text would be in quotes"),
        ("port:", "port:", "nothing follows"),
        ("port:,", "port:,", "nothing follows"),
        ("- x", "-", "nothing follows"),
        ("port:22 port:23", "port:23", "port is there already"),
        ("192.0.2.1 192.0.2.2", "192.0.2.2", "peer is there already"),
        ("country:rus", "country:rus", "two letters"),
        ("port:22,0", "port:22,0", "from 1 to 65535"),
        ("port:9-1", "port:9-1", "from 1 to 65535"),
        ("port:+1", "port:+1", "from 1 to 65535"),
        ("peer:here", "peer:here", "address or prefix"),
        ("dir:up", "dir:up", "in, out"),
        ("-port:!22", "-port:!22", "is enough"),
        ("x \"y z", "\"y z", "a quote is missing"),
    ] {
        let error = Terms::read(KEYS, line).expect_err(line).to_string();
        assert!(error.starts_with(&format!("\"{word}\": ")), "{error}");
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn words_that_make_no_sense_do_not_count() {
    let (terms, error) = Terms::default().with(KEYS, "port:22 nation:ru x");
    assert_eq!(terms.shown(KEYS), "x port:22");
    assert!(error.is_some_and(|error| error.is_unknown_key()));
}

#[test]
fn one_value_is_enough_and_none_may_be_that_is_unwanted() {
    for (values, good, bad) in [
        ("a,b", &["a", "b"][..], &["c"][..]),
        ("!a,!b", &["c"], &["a", "b"]),
        ("a,b,!b", &["a"], &["b", "c"]),
        ("", &["a"], &[]),
    ] {
        let choice = Choice::from(values);
        let admits = |found: &&str| choice.admits(|value| value == found);
        assert!(good.iter().all(admits), "{values}");
        assert!(!bad.iter().any(admits), "{values}");
    }
}

proptest! {
    #[test]
    fn what_is_shown_is_read_as_the_same(line in "([-!]?(port:|reason:|cc:|x:|[a-z0-9.:]{0,4}|1\\.2\\.3\\.4|\"|22|,|!){0,4} ?){0,5}") {
        if let Ok(terms) = Terms::read(KEYS, &line) {
            let again = Terms::read(KEYS, &terms.shown(KEYS)).expect("what is shown makes sense");
            prop_assert_eq!(again.shown(KEYS), terms.shown(KEYS));
            prop_assert_eq!(again.texts, terms.texts);
            for (key, choice) in &terms.keys {
                prop_assert!(again.keys.contains(&(key, choice.clone())));
            }
            prop_assert_eq!(again.keys.len(), terms.keys.len());
        }
    }

    #[test]
    fn any_line_is_read_or_refused(line in "\\PC{0,40}") {
        let (terms, wrong) = Terms::default().with(KEYS, &line);
        let again = Terms::read(KEYS, &terms.shown(KEYS));
        prop_assert_eq!(again.expect("what makes sense").texts, terms.texts);
        prop_assert_eq!(Terms::read(KEYS, &line).err(), wrong);
        prop_assert!(line.starts_with(settled(KEYS, &line)));
    }
}

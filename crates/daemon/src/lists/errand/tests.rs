// SPDX-License-Identifier: MIT
//! What is held against what was asked for, whoever brings it: a courier can be taken over.

use super::*;
use crate::lists::sift::Needed;
use aegis_lists::fetch::{Proxy, Secret, sha256};

/// A list that somebody signed who has forgotten the key.
const LIST: &[u8] = b"# signed\n45.0.0.7\n45.0.9.0/24\n";
const SIGNATURE: &str = include_str!("signed.minisig");
const KEY: &str = "RWR3Vt+7pmY14e5UcHwwYokxrTh5POQIcXDaz5bkr4k2tsIZnaelkBbC";

/// Copies of a test's own; removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("aegis-errand-{test}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn shelf(&self) -> Shelf {
        Shelf::of(self.0.clone())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn errand(minisign: &str) -> Errand {
    let source = Source {
        url: "https://example.org/list".to_owned(),
        minisign: minisign.to_owned(),
        ..Source::named("mine")
    };
    Errand {
        terms: Terms::of(&source, 1 << 20, &Needed::default(), None),
        source,
        means: Means::of("eth0", &Feeds::default()),
        in_force: true,
    }
}

/// What a courier says that it has fetched.
fn brought(list: &[u8], signature: Option<&str>) -> Delivery {
    Delivery {
        outcome: Outcome::Fetched(Fetched {
            sha256: sha256(list),
            bytes: list.len() as u64,
            signature: signature.map(str::to_owned),
            ..Fetched::default()
        }),
        body: list.to_vec(),
    }
}

fn looked(errand: &Errand, delivery: Delivery, shelf: &Shelf) -> Brought {
    let request = errand.request(shelf).expect("it can be asked for");
    errand.look(&request, delivery, shelf)
}

#[test]
fn who_is_between_is_said_for_a_list_or_for_all_of_them() {
    let place = Folder::new("proxy");
    let of = |all: &str, own: &str, url: &str| {
        let mut errand = errand("");
        errand.means.proxy = all.to_owned();
        (errand.source.proxy, errand.source.url) = (own.to_owned(), url.to_owned());
        let request = errand.request(&place.shelf());
        request.expect("it can be asked for").proxy
    };
    let through = |proxy: &str| Proxy::Through(Secret::new(proxy));
    let (away, here) = ("https://example.org/list", "http://127.0.0.1/list");
    let (a, b) = ("http://a.example:3128", "http://b.example:3128");
    assert_eq!(of("", "", away), Proxy::Environment);
    assert_eq!(of(a, "", away), through(a));
    assert_eq!(of(a, b, away), through(b));
    assert_eq!(of(a, "none", away), Proxy::None);
    assert_eq!(of("none", "", away), Proxy::None);
    assert_eq!(of(a, "", here), Proxy::Environment);
    assert_eq!(of("", b, here), through(b));
}

#[test]
fn no_courier_brings_a_list_that_is_not_signed_as_was_asked_for() {
    let (place, signed) = (Folder::new("signed"), errand(KEY));
    let shelf = place.shelf();
    for (list, signature) in [
        (LIST, None),
        (LIST, Some("trusted comment: it is")),
        (b"# signed\n0.0.0.0/1\n", Some(SIGNATURE)),
    ] {
        let refused = looked(&signed, brought(list, signature), &shelf);
        assert!(matches!(refused, Brought::Failed { .. }), "{refused:?}");
    }
    let nothing = signed.again(&shelf);
    assert!(matches!(nothing, Brought::Failed { .. }), "{nothing:?}");
    let taken = looked(&signed, brought(LIST, Some(SIGNATURE)), &shelf);
    assert!(matches!(taken, Brought::Copy(_)), "{taken:?}");
    let again = signed.again(&shelf);
    assert!(matches!(again, Brought::Copy(_)), "{again:?}");
}

#[test]
fn no_courier_has_a_copy_confirmed_that_it_was_not_asked_about() {
    let (place, signed) = (Folder::new("confirmed"), errand(KEY));
    let shelf = place.shelf();
    let taken = looked(&errand(""), brought(LIST, None), &shelf);
    assert!(matches!(taken, Brought::Copy(_)), "{taken:?}");
    let nothing_new = Delivery {
        outcome: Outcome::NotModified,
        body: Vec::new(),
    };
    let refused = looked(&signed, nothing_new, &shelf);
    assert!(matches!(refused, Brought::Failed { .. }), "{refused:?}");
}

#[test]
fn a_copy_that_was_believed_without_a_signature_is_not_once_one_is_asked_for() {
    let place = Folder::new("believed");
    let shelf = place.shelf();
    let taken = looked(&errand(""), brought(LIST, None), &shelf);
    assert!(matches!(taken, Brought::Copy(_)), "{taken:?}");
    let again = errand(KEY).again(&shelf);
    assert!(matches!(again, Brought::Unproven { .. }), "{again:?}");
}

#[test]
fn what_is_released_is_still_signed() {
    let (place, signed) = (Folder::new("released"), errand(KEY));
    let shelf = place.shelf();
    let name: Name = "mine".parse().expect("a name");
    let put_aside = |signature| {
        let place = signed.place().expect("it is somewhere");
        let signed = (LIST, signature);
        let kept = shelf
            .aside
            .keep_by_hand(&name, place, signed, Timestamp::UNIX_EPOCH);
        kept.expect("there is room");
    };
    put_aside(None);
    let refused = signed.release(&shelf);
    assert!(matches!(refused, Brought::Failed { .. }), "{refused:?}");
    put_aside(Some(SIGNATURE));
    let released = signed.release(&shelf);
    assert!(matches!(released, Brought::Copy(_)), "{released:?}");
    let again = signed.again(&shelf);
    assert!(matches!(again, Brought::Copy(_)), "{again:?}");
}

#[test]
fn a_copy_from_another_place_is_no_copy_of_the_list() {
    let place = Folder::new("elsewhere");
    let shelf = place.shelf();
    let taken = looked(&errand(""), brought(LIST, None), &shelf);
    assert!(matches!(taken, Brought::Copy(_)), "{taken:?}");
    let mut moved = errand("");
    // What differs may be what is never shown.
    for url in ["https://example.com/list", "https://example.org/list?key=7"] {
        moved.source.url = url.to_owned();
        let again = moved.again(&shelf);
        assert!(matches!(again, Brought::Unproven { .. }), "{again:?}");
    }
    let again = errand("").again(&shelf);
    assert!(matches!(again, Brought::Copy(_)), "{again:?}");
}

#[test]
fn what_is_no_list_is_put_aside_and_cannot_be_released() {
    let place = Folder::new("no-list");
    let shelf = place.shelf();
    for (text, expected) in [
        (&b"<!doctype html><html>Sign in.</html>"[..], false),
        (b"", true),
        (b"10.0.0.1\n", true),
    ] {
        match looked(&errand(""), brought(text, None), &shelf) {
            Brought::Aside { releasable, .. } => assert_eq!(releasable, expected, "{text:?}"),
            other => panic!("{text:?} is {other:?}"),
        }
        let released = errand("").release(&shelf);
        assert_eq!(
            matches!(released, Brought::Copy(_)),
            expected,
            "{released:?}"
        );
    }
}

// SPDX-License-Identifier: MIT
//! Lists that overlap in every way.

use super::super::book::Book;
use super::super::build::{Built, Materials, Part, build};
use super::super::content::Content;
use super::*;
use aegis_lists::{Entry, IpSpan, Span};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// More ways to overlap than there is room for.
const WAYS: u32 = 33_000;

/// A list of single addresses, each with the number of its category.
fn part(book: &mut Book, name: &str, addresses: impl Iterator<Item = (u32, u32)>) -> Part {
    let entry = |(address, category): (u32, u32)| Entry {
        span: IpSpan::V4(Span {
            first: address,
            last: address,
        }),
        category: (category > 0).then(|| format!("c{category}").into()),
        expires: None,
        line: 1,
    };
    let content = Content::of(
        addresses.map(entry).collect(),
        "listed",
        Timestamp::UNIX_EPOCH,
    );
    let categories = content.categories().iter();
    Part {
        name: name.to_owned(),
        labels: categories.map(|c| book.label(name, c)).collect(),
        content: Arc::new(content),
    }
}

/// Lists whose name begins with `a` only tell, those with `i` drop what arrives and begins something,
/// all others drop everything.
fn built(mut book: Book, parts: Vec<Part>) -> Built {
    let actions = book.by_label(|meaning| match meaning.list.as_bytes()[0] {
        b'a' => SetAction::WATCHED,
        b'i' => SetAction::ARRIVING_NEW,
        _ => SetAction::ARRIVING.with(SetAction::DEPARTING),
    });
    book.forget_classes();
    let materials = Materials {
        parts,
        book,
        renumbered: false,
        actions,
        now: Timestamp::UNIX_EPOCH,
        terms: 0,
        seed: 7,
    };
    build(materials).expect("it fits")
}

/// The lists behind an address, and what they come to.
fn behind(built: &Built, address: u32) -> (BTreeSet<String>, SetAction) {
    let at = built
        .compiled
        .v4
        .partition_point(|piece| piece.span.last < address);
    let class = built.compiled.v4[at].class;
    let named = |m: &super::super::book::Meaning| format!("{} {}", m.list, m.category);
    let lists = built.book.meanings(class).map(named).collect();
    (lists, built.actions.of(class, built.book.classes()))
}

#[test]
fn of_the_rarest_combinations_those_count_that_decide_and_the_same_happens() {
    let mut book = Book::default();
    let names: Vec<String> = ["alert", "in"]
        .map(str::to_owned)
        .into_iter()
        .chain((0..14).map(|number| format!("list{number}")))
        .collect();
    // An address for each of more ways than there is room for, and many for another one.
    let has = |list: usize| {
        let each = (1..WAYS).filter(move |ways| (ways >> list) & 1 == 1);
        let many = (0..500).filter(move |_| list > 2).map(|n| (1 << 20) + n);
        each.chain(many).map(|address| (address, 0))
    };
    let parts = names.iter().enumerate();
    let parts = parts.map(|(at, name)| part(&mut book, name, has(at)));
    let parts: Vec<Part> = parts.collect();
    let built = built(book, parts);
    let coarse = built.coarse.as_ref().expect("there is no room");
    assert_eq!(coarse.ways, WAYS as usize);
    assert!(coarse.shortened > 0 && coarse.lists.is_empty());
    assert!(built.book.classes().len() <= MOST);
    for ways in 1..WAYS {
        let (lists, action) = behind(&built, ways);
        let expected = [
            (0b01, SetAction::WATCHED),
            (0b10, SetAction::ARRIVING_NEW),
            (!0b11, SetAction::ARRIVING.with(SetAction::DEPARTING)),
        ];
        let expected = expected.iter().filter(|(bits, _)| ways & bits != 0);
        let expected = expected.fold(SetAction::NONE, |all, (_, action)| all.with(*action));
        assert_eq!(action, expected, "{ways:b}");
        let says = |name: &String| {
            let name = name.split(' ').next().expect("a name");
            let at = names.iter().position(|other| other == name).expect("known");
            (ways >> at) & 1 == 1
        };
        assert!(
            !lists.is_empty() && lists.iter().all(says),
            "{ways:b} {lists:?}"
        );
    }
    assert_eq!(
        behind(&built, (1 << 20) + 7).0.len(),
        13,
        "the frequent ones are named whole"
    );
    let share = |name: &str| {
        built
            .shares
            .iter()
            .find(|(list, _)| list == name)
            .expect("it is there")
            .1
    };
    let covered = share("list13").all.v4;
    assert_eq!(
        covered,
        u64::from(WAYS - (1 << 15)) + 500,
        "that is known all the same"
    );
    let told = coarse.to_string();
    assert!(
        told.contains("33000 ways") && told.contains("what is dropped is the same"),
        "{told}"
    );
}

#[test]
fn categories_go_of_the_list_that_has_most_of_them_and_others_keep_theirs() {
    let mut book = Book::default();
    let rich = (1..1 << 15).map(|address| (address, 1 + address % 7));
    let rich = part(&mut book, "rich", rich);
    let others = (0..13).map(|list: u32| {
        let some = (1..1 << 15).filter(move |address| ((address / 7) >> list) & 1 == 1);
        some.map(move |address| (address, if list == 0 { 1 } else { 0 }))
    });
    let mut parts: Vec<Part> = others
        .enumerate()
        .map(|(at, some)| part(&mut book, &format!("list{at}"), some))
        .collect();
    parts.push(rich);
    // Seven categories over each of 4,681 ways are as many as fit; two of another list are too many.
    let twice = (1..1 << 15).map(|address| ((1 << 15) + address, 1 + address % 2));
    parts.push(part(&mut book, "more", twice));
    let built = built(book, parts);
    let coarse = built.coarse.as_ref().expect("there is no room");
    assert_eq!(
        (coarse.lists.clone(), coarse.shortened),
        (vec!["rich".to_owned()], 0)
    );
    let (lists, _) = behind(&built, 7);
    assert!(
        lists.contains("list0 c1") && lists.contains("rich listed"),
        "{lists:?}"
    );
}

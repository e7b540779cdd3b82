// SPDX-License-Identifier: MIT
//! Lists together: numbers, counts, and a configuration that changes.

use super::hits::Sum;
use super::list::Copy;
use super::sift::{Findings, Needed, Terms, sift};
use super::*;
use aegis_policy::config::ListAction;
use std::sync::Arc;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("in range")
}

fn feeds(lists: &[(&str, ListAction)]) -> Feeds {
    let source = |(name, action): &(&str, ListAction)| Source {
        url: format!("https://example.org/{name}"),
        action: *action,
        ..Source::named(name)
    };
    Feeds {
        enabled: true,
        defaults: false,
        source: lists.iter().map(source).collect(),
        ..Feeds::default()
    }
}

fn lists(feeds: &Feeds) -> Lists {
    Lists::new(feeds, Kept::default(), "host".to_owned(), now())
}

/// Has a list say something, and swaps sets.
fn say(lists: &mut Lists, name: &str, text: &str) {
    let list = lists.find_mut(name).expect("it is there");
    let terms = Terms::of(list.source(), 1 << 20, &Needed::default(), None);
    let sifted = sift(text.as_bytes(), &terms, now()).expect("it is a list");
    list.copy = Some(Copy {
        checked: now(),
        content: Arc::new(sifted.content),
        findings: Findings::default(),
        share: build::Share::default(),
    });
    swap(lists);
}

fn swap(lists: &mut Lists) {
    let built = build::build(lists.materials(7)).expect("it fits");
    lists.grow(&built);
    lists.swapped(built, &[], now());
}

fn counted(dropped: u64, watched: u64) -> ClassCount {
    let packets = |packets| Sum { packets, bytes: 0 };
    ClassCount {
        dropped: packets(dropped),
        watched: packets(watched),
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn counts_go_to_every_list_that_names_the_peer_and_each_by_what_it_does() {
    let mut lists = lists(&feeds(&[
        ("block", ListAction::Block),
        ("alert", ListAction::Alert),
    ]));
    say(&mut lists, "block", "45.0.0.1\n45.0.0.2\n");
    say(&mut lists, "alert", "45.0.0.2\n45.0.0.3\n");
    let class = |text| lists.class_of(address(text)).0;
    let (one, both, other) = (class("45.0.0.1"), class("45.0.0.2"), class("45.0.0.3"));
    lists.count(
        &[
            (one, counted(1, 0)),
            (both, counted(10, 0)),
            (other, counted(0, 100)),
        ],
        now(),
    );
    let told = lists.told(now());
    let of = |at: usize| {
        let list = &told.lists[at];
        (list.hits.total.packets, list.would_hit.total.packets)
    };
    assert_eq!((of(0), of(1)), ((11, 0), (0, 110)));
    // The list that drops is the one that is told.
    assert_eq!(lists.meaning(both).expect("known").list, "block");
    let copy = told.lists[0].copy.as_ref().expect("it has one");
    assert_eq!((copy.addresses_v4, copy.unique_v4), (2, 1));
}

#[test]
fn peers_are_told_of_lists_that_only_tell() {
    let mut lists = lists(&feeds(&[
        ("block", ListAction::Block),
        ("alert", ListAction::Alert),
    ]));
    say(&mut lists, "block", "45.0.0.1\n");
    say(&mut lists, "alert", "45.0.0.2\n");
    let peers = [("45.0.0.1", 1), ("45.0.0.2", 3), ("45.0.0.9", 1)];
    let peers = peers.map(|(peer, connections)| (address(peer), (connections, 500)));
    lists.see(&BTreeMap::from(peers), now());
    let detail = lists.detail("alert", now()).expect("it is there");
    assert_eq!(detail.peers.len(), 1);
    assert_eq!(detail.peers[0].connections, 3);
    assert!(
        lists
            .detail("block", now())
            .expect("it is there")
            .peers
            .is_empty()
    );
    let missing = lists.detail("alret", now()).expect_err("there is none");
    assert_eq!(missing.next.as_deref(), Some("choose one of block, alert"));
}

#[test]
fn a_reload_takes_lists_away_adds_others_and_leaves_the_rest_with_what_was_counted() {
    let mut lists = lists(&feeds(&[
        ("gone", ListAction::Block),
        ("stays", ListAction::Block),
    ]));
    let by_hand = ByHand {
        name: "by_hand".to_owned(),
        ..ByHand::default()
    };
    lists.load(&by_hand, now());
    say(&mut lists, "stays", "45.0.0.1\n");
    say(&mut lists, "gone", "45.0.0.2\n");
    let class = lists.class_of(address("45.0.0.1")).0;
    lists.count(&[(class, counted(5, 0))], now());
    let next = feeds(&[("stays", ListAction::Alert), ("new", ListAction::Block)]);
    let (again, build) = lists.configure(&next, now());
    assert_eq!((again, build), (vec!["new".to_owned()], true));
    let names: Vec<&str> = lists.iter().map(List::name).collect();
    assert_eq!(names, ["stays", "by_hand", "new"]);
    swap(&mut lists);
    assert!(lists.naming(address("45.0.0.2")).is_empty());
    let stays = lists.naming(address("45.0.0.1"));
    assert_eq!(
        (stays[0].list.as_str(), stays[0].effect.label()),
        ("stays", "counted")
    );
    assert_eq!(lists.told(now()).lists[0].hits.total.packets, 5);
    assert_eq!(lists.class_of(address("45.0.0.1")).0, class, "numbers stay");
    let (again, build) = lists.configure(&next, now());
    assert!(again.is_empty() && !build, "nothing differs");
}

#[test]
fn everything_goes_on_after_it_was_written_and_read() {
    let configured = feeds(&[("drop", ListAction::Block)]);
    let mut lists = lists(&configured);
    say(&mut lists, "drop", "45.0.0.1\n");
    let class = lists.class_of(address("45.0.0.1")).0;
    lists.count(&[(class, counted(5, 0))], now());
    lists
        .find_mut("drop")
        .expect("it is there")
        .set(Some(false), None);
    let kept = Kept {
        classes: book::Written::of(lists.meanings(), lists.book.classes()),
        counted: lists.counted(),
        said: lists.said(),
    };
    let mut next = Lists::new(&configured, kept, "host".to_owned(), now());
    assert!(!next.find("drop").expect("it is there").is_on());
    next.find_mut("drop")
        .expect("it is there")
        .set(Some(true), None);
    say(&mut next, "drop", "45.0.0.7\n45.0.0.1\n");
    assert_eq!(next.class_of(address("45.0.0.1")).0, class);
    // The kernel's counters have gone on meanwhile.
    next.count(&[(class, counted(8, 0))], now());
    assert_eq!(next.told(now()).lists[0].hits.total.packets, 8);
}

#[test]
fn switches_change_what_happens_and_no_address() {
    let mut lists = lists(&feeds(&[("drop", ListAction::Block)]));
    say(&mut lists, "drop", "45.0.0.1\n");
    let class = lists.class_of(address("45.0.0.1"));
    let whole = SetAction::ARRIVING.with(SetAction::DEPARTING);
    assert_eq!(lists.class_actions(), [(class, whole)]);
    assert!(lists.set_module(false));
    assert_eq!(lists.class_actions(), [(class, SetAction::NONE)]);
    assert_eq!(
        lists.naming(address("45.0.0.1"))[0].effect.label(),
        "nothing"
    );
    assert!(lists.told(now()).idle.is_some());
    assert!(lists.set_module(true) && !lists.set_module(true));
    let list = lists.find_mut("drop").expect("it is there");
    list.set(None, Some(ListAction::Alert));
    assert_eq!(lists.class_actions(), [(class, SetAction::WATCHED)]);
}

#[test]
fn what_is_to_be_read_again_waits_for_the_work_and_is_told_once() {
    let mut lists = lists(&feeds(&[
        ("a", ListAction::Block),
        ("b", ListAction::Block),
    ]));
    let list = lists.find_mut("a").expect("it is there");
    (list.work, list.again) = (Work::Built, true);
    assert!(lists.take_again().is_empty(), "it is being built");
    lists.advance(Work::Built, Work::None);
    assert_eq!(lists.take_again(), ["a"]);
    assert!(lists.take_again().is_empty(), "once is enough");
}

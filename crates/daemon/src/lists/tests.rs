// SPDX-License-Identifier: MIT
//! Lists together: numbers, counts, and a configuration that changes.

use super::hits::{ClassCount, Sum};
use super::list::Copy;
use super::sift::{Findings, Needed, Terms, sift};
use super::*;
use aegis_policy::config::ListAction;
use std::collections::BTreeMap;
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
        at: now(),
        findings: Findings::default(),
        share: build::Share::default(),
    });
    swap(lists);
}

fn swap(lists: &mut Lists) {
    let built = build::build(lists.materials(7, now())).expect("it fits");
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
    let next = feeds(&[("stays", ListAction::Block), ("new", ListAction::Block)]);
    let (again, build) = lists.configure(&next, now());
    assert!(
        again.is_empty() && build,
        "what it does is to hold, and no copy is needed"
    );
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
        classes: book::Written::of(&lists.book),
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
fn labels_of_lists_that_are_gone_are_forgotten_and_what_is_counted_stays_true() {
    let mut lists = lists(&feeds(&[("stays", ListAction::Block)]));
    say(&mut lists, "stays", "45.0.0.1\n");
    let mut written = 0;
    for number in 0..700 {
        let by_hand = ByHand {
            name: format!("passing-{number}"),
            ..ByHand::default()
        };
        lists.load(&by_hand, now());
        say(&mut lists, &by_hand.name, "45.0.0.1\n45.0.0.2\n");
        let (both, one) = (
            lists.class_of(address("45.0.0.1")),
            lists.class_of(address("45.0.0.2")),
        );
        assert_eq!(lists.naming(address("45.0.0.1")).len(), 2, "{number}");
        assert_eq!(lists.meaning(one.0).expect("known").list, by_hand.name);
        // Counters of the kernel go on from where they stand, whatever the numbers mean.
        let counted = |packets| counted(packets, 0);
        lists.readings.begin_from(&[]);
        lists.count(&[(both.0, counted(1)), (one.0, counted(2))], now());
        let passing = &lists.told(now()).lists[1];
        assert_eq!(
            (passing.name.as_str(), passing.hits.total.packets),
            (by_hand.name.as_str(), 3)
        );
        lists.remove(&by_hand.name);
        swap(&mut lists);
        let text = serde_json::to_vec(&book::Written::of(&lists.book)).expect("plain fields");
        written = text.len().max(written);
    }
    assert_eq!(lists.told(now()).lists[0].hits.total.packets, 700);
    // Of 700 lists that would be 50 KB and more.
    assert!(written < 30_000, "{written}");
}

#[test]
fn entries_end_without_their_copy_being_read_again() {
    let mut lists = lists(&feeds(&[("stix", ListAction::Block)]));
    let indicator = |address: &str, until: &str| {
        format!(r#"{{"type":"indicator","pattern":"[ipv4-addr:value = '{address}']"{until}}}"#)
    };
    let end = now() + jiff::SignedDuration::from_secs(60);
    let passing = indicator("45.0.0.1", &format!(r#","valid_until":"{end}""#));
    let text = format!(r#"{{"objects":[{passing},{}]}}"#, indicator("45.0.0.2", ""));
    say(&mut lists, "stix", &text);
    assert!(lists.names(address("45.0.0.1")) && !lists.have_expired(now()));
    assert!(lists.have_expired(end));
    let built = build::build(lists.materials(7, end)).expect("it fits");
    lists.swapped(built, &[], end);
    assert!(!lists.names(address("45.0.0.1")) && lists.names(address("45.0.0.2")));
    assert!(!lists.have_expired(end), "once is enough");
    let copy = lists.told(end).lists[0].copy.clone().expect("it has one");
    assert_eq!((copy.entries, copy.addresses_v4), (1, 1));
}

/// What sets say is to happen to an address, once they are in force.
fn done_to(lists: &Lists, built: &build::Built, text: &str) -> SetAction {
    use aegis_core::set::SetLines as _;
    let mut lists_then = Lists::new(&Feeds::default(), Kept::default(), String::new(), now());
    lists_then.compiled.clone_from(&built.compiled);
    let class = lists_then.class_of(address(text));
    let image = built.v4.as_ref().expect("somebody is on a list");
    assert!(!lists.is_void(built));
    image.actions(class.0).by_slot[0]
}

#[test]
fn sets_that_were_built_before_lists_were_switched_do_what_is_wanted_by_now() {
    let mut lists = lists(&feeds(&[("drop", ListAction::Block)]));
    say(&mut lists, "drop", "45.0.0.1\n45.0.0.0/30\n");
    let mut built = build::build(lists.materials(7, now())).expect("it fits");
    let whole = SetAction::ARRIVING.with(SetAction::DEPARTING);
    assert_eq!(done_to(&lists, &built, "45.0.0.1"), whole);
    let list = lists.find_mut("drop").expect("it is there");
    list.set(None, Some(ListAction::Alert));
    lists.act_by_now(&mut built);
    assert_eq!(done_to(&lists, &built, "45.0.0.1"), SetAction::WATCHED);
    let list = lists.find_mut("drop").expect("it is there");
    list.set(Some(false), None);
    lists.act_by_now(&mut built);
    assert_eq!(done_to(&lists, &built, "45.0.0.1"), SetAction::NONE);
    lists.set_module(false);
    let list = lists.find_mut("drop").expect("it is there");
    list.set(Some(true), Some(ListAction::Block));
    lists.act_by_now(&mut built);
    assert_eq!(done_to(&lists, &built, "45.0.0.1"), SetAction::NONE);
}

#[test]
fn sets_that_were_built_on_other_terms_are_void() {
    let configured = feeds(&[("drop", ListAction::Block)]);
    let mut lists = lists(&configured);
    say(&mut lists, "drop", "45.0.0.1\n");
    let build = |lists: &mut Lists| build::build(lists.materials(7, now())).expect("it fits");
    let (built, again) = (build(&mut lists), configured.clone());
    lists.configure(&again, now());
    assert!(!lists.is_void(&built), "nothing has changed");
    let mut stricter = configured.clone();
    stricter.source[0].widest_v4 = 24;
    lists.configure(&stricter, now());
    assert!(lists.is_void(&built), "it is read again by then");
    let built = build(&mut lists);
    let by_hand = ByHand {
        name: "mine".to_owned(),
        ..ByHand::default()
    };
    lists.load(&by_hand, now());
    assert!(lists.is_void(&built));
    let built = build(&mut lists);
    lists.remove("mine");
    assert!(lists.is_void(&built), "another one of its name may come");
    let built = build(&mut lists);
    lists.configure(&feeds(&[]), now());
    assert!(lists.is_void(&built));
    let built = build(&mut lists);
    assert!(!lists.is_void(&built));
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

// SPDX-License-Identifier: MIT
//! One list: switched, configured anew, and grown old.

use super::*;
use aegis_api::ListQuarantine;
use aegis_lists::schedule::{Chance, Failure};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("in range")
}

fn list(change: impl FnOnce(&mut Source)) -> List {
    let mut source = Source {
        url: "https://example.org/list?key=secret".to_owned(),
        ..Source::named("mine")
    };
    change(&mut source);
    let schedule = Schedule {
        interval: source.interval,
    };
    let turn = schedule.begin(at(0), None, Chance::of(0));
    List::of_source(source, None, Record::default(), turn)
}

fn copy(checked: i64) -> Copy {
    Copy {
        checked: at(checked),
        content: Arc::default(),
        at: at(checked),
        findings: Findings::default(),
        share: Share::default(),
    }
}

#[test]
fn directions_say_which_packets() {
    let wants = |direction, action| {
        list(|source| (source.direction, source.action) = (direction, action)).wants()
    };
    let (block, alert) = (ListAction::Block, ListAction::Alert);
    let whole = SetAction::ARRIVING.with(SetAction::DEPARTING);
    assert_eq!(wants(Direction::Both, block), whole);
    assert_eq!(wants(Direction::In, block), SetAction::ARRIVING_NEW);
    assert_eq!(wants(Direction::Out, block), SetAction::DEPARTING_NEW);
    assert_eq!(wants(Direction::Both, alert), SetAction::WATCHED);
    assert_eq!(wants(Direction::Out, alert), SetAction::WATCHED_DEPARTING);
    let off = list(|source| source.enabled = false);
    assert_eq!(
        (off.wants(), off.effect()),
        (SetAction::NONE, ListEffect::Nothing)
    );
}

#[test]
fn a_switch_holds_until_the_configuration_says_something_else() {
    let mut list = list(|_| ());
    list.set(Some(false), None);
    assert!(!list.is_on() && list.told(at(0)).switched);
    let kept = list.switch().cloned();
    let again = List::of_source(
        list.source.clone(),
        kept.clone(),
        Record::default(),
        list.turn,
    );
    assert!(!again.is_on(), "over a start");
    let mut other = list.source.clone();
    assert!(!list.configure(other.clone()), "nothing is different");
    assert!(!list.is_on(), "a reload that says the same changes nothing");
    other.interval *= 2;
    let changed = List::of_source(other.clone(), kept, Record::default(), list.turn);
    assert!(changed.is_on(), "it was said of another one");
    assert!(!list.configure(other), "the same copy does");
    assert!(list.is_on());
    list.set(Some(true), Some(ListAction::Alert));
    assert_eq!(list.action(), ListAction::Alert);
    list.set(None, Some(ListAction::Block));
    assert!(list.switch().is_none(), "it is as configured");
}

#[test]
fn what_a_copy_is_held_to_needs_it_read_again() {
    let mut list = list(|_| ());
    let mut source = list.source.clone();
    source.min_score = 3;
    assert!(list.configure(source));
    assert_eq!(list.source().min_score, 3);
}

#[test]
fn trouble_is_told_once_it_is_some() {
    let mut list = list(|source| source.interval = HOUR);
    assert_eq!(list.warning(at(0)), None, "not asked for yet");
    let unreachable = Failure {
        unreachable: true,
        retry_after: None,
    };
    for early in [true, true, true, false] {
        let turn = list.turn;
        list.turn = list
            .schedule()
            .failed(turn, unreachable, at(0), Chance::of(0));
        assert_eq!(list.warning(at(0)).is_none(), early);
    }
    list.copy = Some(copy(0));
    assert_eq!(list.warning(at(STALE_AT_LEAST)), None);
    let old = list.warning(at(STALE_AT_LEAST + 3_600)).expect("it is old");
    assert_eq!(old, "list mine is 7 hours old");
    list.record.quarantine = Some(ListQuarantine {
        releasable: true,
        at: at(0),
        why: "it is a web page".to_owned(),
        entries: 0,
    });
    let aside = list.warning(at(0)).expect("it was put aside");
    assert!(
        aside.contains("it is a web page; see `aegis-cli feeds show mine`"),
        "{aside}"
    );
}

#[test]
fn keys_of_publishers_are_not_shown() {
    let told = list(|_| ()).told(at(0));
    assert_eq!(told.origin.as_deref(), Some("https://example.org/list?…"));
    assert_eq!(
        (told.category.as_str(), told.format.as_str()),
        ("listed", "auto")
    );
    assert!(told.copy.is_none() && !told.busy);
    let hidden = shown("https://user:secret@example.org/a@b?key=7");
    assert_eq!(hidden, "https://…@example.org/a@b?…");
}

#[test]
fn what_was_loaded_by_hand_is_kept_as_it_was_said() {
    let said = ByHand {
        name: "mine".to_owned(),
        format: "ipsum".to_owned(),
        category: "scanners".to_owned(),
        action: "alert".to_owned(),
        direction: "in".to_owned(),
    };
    let turn = list(|_| ()).turn;
    let loaded = List::by_hand(&said, None, Record::default(), turn);
    assert_eq!(loaded.loaded(), Some(said));
    assert!(!loaded.is_due(at(9_999_999)) && loaded.told(at(0)).origin.is_none());
}

const HOUR: std::time::Duration = std::time::Duration::from_secs(3_600);

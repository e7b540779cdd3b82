// SPDX-License-Identifier: MIT
//! Who gives way, and who does not.

use super::*;

const KEEP: u64 = 1_000;

fn claim_at(line: &mut Ways, tag: u64, now: u64) -> Claim {
    claim(line, tag, KEEP, Nanos(now))
}

fn find_at(line: &Ways, tag: u64, now: u64) -> bool {
    find(line, tag, KEEP, Nanos(now)) != NONE
}

/// Tags 1 to 4, used in this order.
fn full() -> Ways {
    let mut line = Ways::default();
    for tag in 1..=4 {
        assert_eq!(claim_at(&mut line, tag, tag).before, Before::Free);
    }
    line
}

#[test]
fn a_line_has_room_for_four() {
    let line = full();
    assert!((1..=4).all(|tag| find_at(&line, tag, 10)));
    assert!(!find_at(&line, 5, 10));
}

#[test]
fn whoever_was_used_longest_ago_gives_way() {
    let mut line = full();
    assert_eq!(claim_at(&mut line, 1, 10).before, Before::Same);
    let newcomer = claim_at(&mut line, 5, 11);
    assert_eq!((newcomer.way, newcomer.before), (1, Before::Evicted));
    assert!(!find_at(&line, 2, 12) && find_at(&line, 1, 12));
}

#[test]
fn being_looked_for_is_no_use_and_being_touched_is() {
    let mut line = full();
    assert!(find_at(&line, 1, 900));
    assert!(!find_at(&line, 1, 1_001));
    touch(&mut line, 0, Nanos(900));
    assert!(find_at(&line, 1, 1_899));
    assert_eq!(claim_at(&mut line, 5, 901).way, 1);
}

#[test]
fn a_place_is_free_once_its_time_is_over_and_its_owner_is_wiped_too() {
    let mut line = full();
    assert_eq!(claim_at(&mut line, 5, 1_001).before, Before::Free);
    assert!(!find_at(&line, 2, 1_002));
    assert_eq!(claim_at(&mut line, 2, 1_002).before, Before::Free);
    assert_eq!(claim_at(&mut line, 2, 1_003).before, Before::Same);
}

#[test]
fn what_is_given_back_is_taken_first() {
    let mut line = full();
    release(&mut line, 2);
    let newcomer = claim_at(&mut line, 9, 20);
    assert_eq!((newcomer.way, newcomer.before), (2, Before::Free));
    assert!([1, 2, 4, 9].iter().all(|tag| find_at(&line, *tag, 21)));
}

#[test]
fn at_time_0_and_at_the_end_of_time_nothing_overflows() {
    let mut line = Ways::default();
    assert_eq!(claim_at(&mut line, 1, 0).before, Before::Free);
    assert_eq!(claim_at(&mut line, 1, 0).before, Before::Same);
    claim_at(&mut line, 2, u64::MAX - 1);
    assert!(find_at(&line, 2, u64::MAX - 1));
}

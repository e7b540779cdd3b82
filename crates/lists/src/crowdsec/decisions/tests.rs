// SPDX-License-Identifier: MIT
//! The decisions that stand, against a list that is searched from end to end.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

const VALUES: [(&str, &str); 5] = [
    ("Ip", "192.0.2.1"),
    ("Range", "192.0.2.0/24"),
    ("Ip", "2001:db8::1"),
    ("Country", "DE"),
    ("AS", "64496"),
];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn told(id: u64, value: usize, left: i64) -> Told {
    let (scope, value) = VALUES[value];
    Told {
        id: Some(id),
        origin: Some("cscli".to_owned()),
        kind: Some("ban".to_owned()),
        scope: Some(scope.to_owned()),
        value: Some(value.to_owned()),
        duration: Some(format!("{left}s")),
        scenario: Some(format!("test/{id}")),
        simulated: None,
    }
}

fn answer(new: Vec<Told>, deleted: Vec<Told>) -> StreamAnswer {
    StreamAnswer {
        new: Some(new),
        deleted: Some(deleted),
    }
}

fn shown(changes: &[Change]) -> Vec<(String, Option<(u64, i64)>)> {
    let shown = changes.iter().map(|change| {
        let after = change.after.as_ref();
        let after = after.map(|after| (after.id, after.until.as_second()));
        (change.subject.to_string(), after)
    });
    shown.collect()
}

#[test]
fn an_address_is_let_go_with_the_last_of_its_decisions() {
    let mut decisions = Decisions::default();
    let both = answer(vec![told(1, 0, 600), told(2, 0, 60)], vec![]);
    let one = ("192.0.2.1".to_owned(), Some((1, 600)));
    assert_eq!(shown(&decisions.apply(&both, at(0))), [one]);
    let first = answer(vec![], vec![told(1, 0, -1)]);
    let other = ("192.0.2.1".to_owned(), Some((2, 60)));
    assert_eq!(shown(&decisions.apply(&first, at(1))), [other]);
    assert_eq!(shown(&decisions.apply(&first, at(2))), [], "deleted twice");
    let second = answer(vec![], vec![told(2, 0, -1)]);
    let gone = ("192.0.2.1".to_owned(), None);
    assert_eq!(shown(&decisions.apply(&second, at(3))), [gone]);
    assert!(decisions.is_empty() && decisions.by_subject.is_empty() && decisions.ends.is_empty());
}

#[test]
fn deleting_what_is_not_known_is_nothing_even_on_an_address_that_is() {
    let mut decisions = Decisions::default();
    decisions.apply(&answer(vec![told(1, 0, 600)], vec![]), at(0));
    let unknown = answer(vec![], vec![told(9, 0, -1)]);
    assert_eq!(decisions.apply(&unknown, at(1)), []);
    assert_eq!(decisions.len(), 1);
}

#[test]
fn everything_told_again_a_little_later_changes_nothing() {
    let mut decisions = Decisions::default();
    decisions.apply(
        &answer(vec![told(1, 0, 600), told(2, 3, 60)], vec![]),
        at(0),
    );
    let again = answer(vec![told(1, 0, 590), told(2, 3, 51)], vec![]);
    assert_eq!(decisions.resync(&again, at(10)), []);
    let other = answer(vec![told(1, 0, 580), told(3, 4, 100)], vec![]);
    let expected = [
        ("DE".to_owned(), None),
        ("AS64496".to_owned(), Some((3, 120))),
    ];
    assert_eq!(shown(&decisions.resync(&other, at(20))), expected);
}

#[test]
fn what_comes_in_place_of_what_goes_is_one_change() {
    let mut decisions = Decisions::default();
    decisions.apply(&answer(vec![told(1, 0, 600)], vec![]), at(0));
    let renewed = answer(vec![told(2, 0, 7_200)], vec![told(1, 0, -1)]);
    let expected = [("192.0.2.1".to_owned(), Some((2, 7_200)))];
    assert_eq!(shown(&decisions.apply(&renewed, at(0))), expected);
}

#[test]
fn a_number_that_comes_to_mean_somebody_else_lets_the_first_one_go() {
    let mut decisions = Decisions::default();
    decisions.apply(&answer(vec![told(1, 0, 600)], vec![]), at(0));
    let expected = [
        ("192.0.2.1".to_owned(), None),
        ("2001:db8::1".to_owned(), Some((1, 600))),
    ];
    let other = answer(vec![told(1, 2, 600)], vec![]);
    assert_eq!(shown(&decisions.resync(&other, at(0))), expected);
}

#[test]
fn what_is_not_carried_out_is_counted_by_why() {
    let mut decisions = Decisions::default();
    let captcha = Told {
        kind: Some("captcha".to_owned()),
        ..told(1, 0, 600)
    };
    let everybody = Told {
        value: Some("0.0.0.0/0".to_owned()),
        ..told(2, 1, 600)
    };
    let all = answer(
        vec![captcha, everybody, told(3, 0, -5), told(4, 0, 5)],
        vec![],
    );
    assert_eq!(decisions.resync(&all, at(0)).len(), 1);
    let tally = decisions.tally();
    let expected = [(Unusable::Kind, 1), (Unusable::Everything, 1)];
    assert_eq!(tally.unusable, BTreeMap::from(expected));
    assert_eq!(tally.scopes, BTreeMap::from([("Ip", 1)]));
    assert_eq!(tally.origins, BTreeMap::from([("cscli".to_owned(), 1)]));
}

/// What may happen: ends are far enough apart for none to be taken for another.
#[derive(Clone, Debug)]
enum Step {
    Apply(Vec<(u64, usize, i64)>, Vec<u64>),
    Resync(Vec<(u64, usize, i64)>),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let one = (0_u64..12, 0..VALUES.len(), -1_i64..12);
    prop_oneof![
        (vec(one.clone(), 0..5), vec(0_u64..12, 0..4))
            .prop_map(|(new, gone)| Step::Apply(new, gone)),
        vec(one, 0..6).prop_map(Step::Resync),
        (0_i64..5).prop_map(Step::Wait),
    ]
}

/// A list: number, value, end.
type Model = Vec<(u64, usize, i64)>;

fn told_again(model: &mut Model, new: &[(u64, usize, i64)], now: i64) {
    for &(id, value, left) in new {
        model.retain(|(known, ..)| *known != id);
        if left > 0 {
            model.push((id, value, now + left * 10));
        }
    }
}

fn advance(model: &mut Model, step: &Step, now: &mut i64) {
    match step {
        Step::Apply(new, gone) => {
            told_again(model, new, *now);
            model.retain(|(id, ..)| !gone.contains(id));
        }
        Step::Resync(new) => {
            model.retain(|(id, ..)| new.iter().any(|(named, ..)| named == id));
            told_again(model, new, *now);
        }
        Step::Wait(tens) => *now += tens * 10,
    }
    model.retain(|(.., end)| *end > *now);
}

fn held(model: &Model) -> BTreeMap<String, (u64, i64)> {
    let mut held = BTreeMap::new();
    for &(id, value, end) in model {
        let (scope, value) = VALUES[value];
        let subject = Subject::read(scope, value).unwrap().to_string();
        let longest = held.entry(subject).or_insert((id, end));
        if (end, id) > (longest.1, longest.0) {
            *longest = (id, end);
        }
    }
    held
}

fn perform(decisions: &mut Decisions, step: &Step, now: i64) -> Vec<Change> {
    let all = |new: &[(u64, usize, i64)]| -> Vec<Told> {
        let told = new
            .iter()
            .map(|&(id, value, left)| told(id, value, left * 10));
        told.collect()
    };
    match step {
        Step::Apply(new, gone) => {
            let gone = gone.iter().map(|id| told(*id, 0, -1)).collect();
            decisions.apply(&answer(all(new), gone), at(now))
        }
        Step::Resync(new) => decisions.resync(&answer(all(new), vec![]), at(now)),
        Step::Wait(_) => decisions.expire(at(now)),
    }
}

proptest! {
    #[test]
    fn changes_add_up_to_what_a_list_says(steps in vec(step(), 0..30)) {
        let (mut decisions, mut model, mut now) = (Decisions::default(), Model::new(), 0);
        let mut followed: BTreeMap<String, (u64, i64)> = BTreeMap::new();
        for step in &steps {
            advance(&mut model, step, &mut now);
            for (subject, after) in shown(&perform(&mut decisions, step, now)) {
                let before = followed.get(&subject).copied();
                prop_assert_ne!(before, after, "{} changes", subject);
                match after {
                    Some(after) => followed.insert(subject, after),
                    None => followed.remove(&subject),
                };
            }
            prop_assert_eq!(&followed, &held(&model), "after {:?}", step);
            prop_assert_eq!(decisions.len(), model.len());
            prop_assert_eq!(decisions.ends.len(), model.len());
        }
    }
}

// SPDX-License-Identifier: MIT
//! Whatever a policy comes to is written, read and restored as the same, by another process, after
//! another start of the host; and what each mutation is noted as adds up to that.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use aegis_abi::Reason;
use aegis_core::Nanos;
use aegis_policy::saved::{Clocks, Record, SavedBan, SavedCause, Subject, read_file, write_file};
use aegis_policy::{
    Applied, Block, Expiry, Force, Manner, Offence, Origin, Part, Policy, PolicyError, Port,
    ProtectedSet, Protocol, Remark, Restored, Target, Which,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SECOND: u64 = 1_000_000_000;
const NOW: u64 = 5_000 * SECOND;
const TARGETS: [&str; 6] = [
    "192.0.2.1",
    "192.0.2.2",
    "192.0.2.0/24",
    "2001:db8::1",
    "2001:db8::/32",
    "198.51.100.0/24",
];

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn clocks(nanos: u64) -> Clocks {
    let boot: jiff::Timestamp = "2026-11-28T07:00:00.123456789Z".parse().unwrap();
    let wall = boot + jiff::SignedDuration::from_nanos_i128(nanos.into());
    Clocks {
        monotonic: Nanos(nanos),
        wall,
    }
}

/// The same moment, on a host that has just started again.
fn started_again(clocks: Clocks) -> Clocks {
    Clocks {
        monotonic: Nanos(7),
        ..clocks
    }
}

#[derive(Clone, Debug)]
enum Step {
    Block(Block),
    Unblock(Target, Which),
    Allow(Target, Remark),
    Disallow(Target),
    Offence(Target, bool),
    Wait(u64),
}

fn a_target() -> impl Strategy<Value = Target> {
    proptest::sample::select(TARGETS.as_slice()).prop_map(target)
}

fn a_part() -> impl Strategy<Value = Part> {
    let protocol = proptest::option::of((0_u8..255).prop_map(|n| Protocol::new(n).unwrap()));
    let port = proptest::option::of((1_u16..).prop_map(|n| Port::new(n).unwrap()));
    let part = (port, protocol).prop_map(|(port, protocol)| {
        Part::new(port, protocol).unwrap_or_else(|_| Part::new(None, protocol).unwrap())
    });
    prop_oneof![Just(Part::WHOLE), Just(Part::UNSOLICITED), part]
}

fn a_remark() -> impl Strategy<Value = Remark> {
    // Whatever is one, quotes, backslashes and words of the grammar among them.
    let text = prop_oneof![
        "[\"\\\\ #a-z]{0,12}",
        "\\PC{0,20}",
        Just("\" by operator until".to_owned())
    ];
    text.prop_map(|text| text.parse().unwrap_or_default())
}

fn an_end() -> impl Strategy<Value = Expiry> {
    let end = (1..900 * SECOND).prop_map(|nanos| Expiry::At(Nanos(NOW + nanos)));
    prop_oneof![Just(Expiry::Never), end]
}

fn an_origin() -> impl Strategy<Value = Origin> {
    let detector = proptest::sample::select(Reason::ALL).prop_map(Origin::Detector);
    prop_oneof![Just(Origin::Operator), detector]
}

fn a_step() -> impl Strategy<Value = Step> {
    let block = (a_target(), a_part(), an_end(), an_origin(), a_remark()).prop_map(
        |(target, part, expires, origin, remark)| {
            Step::Block(Block {
                target,
                part,
                expires,
                origin,
                remark,
                force: Force::Yes,
                session: None,
            })
        },
    );
    let which = prop_oneof![Just(Which::All), a_part().prop_map(Which::Part)];
    prop_oneof![
        4 => block,
        1 => (a_target(), which).prop_map(|(target, which)| Step::Unblock(target, which)),
        1 => (a_target(), a_remark()).prop_map(|(target, remark)| Step::Allow(target, remark)),
        1 => a_target().prop_map(Step::Disallow),
        1 => (a_target(), any::<bool>()).prop_map(|(target, proven)| Step::Offence(target, proven)),
        1 => (1..300 * SECOND).prop_map(Step::Wait),
    ]
}

fn offence(source: Target, proven: bool, at: Nanos) -> Offence {
    Offence {
        source,
        kind: Reason::PortScan,
        proven,
        at,
        ports_seen: 51,
        packets: 60,
        refused: 0,
        recent_ports: Vec::new(),
        first_seen: at,
    }
}

/// A policy, what its mutations were noted as, and the time.
struct Story {
    policy: Policy,
    noted: BTreeMap<Subject, Record>,
    now: u64,
}

impl Story {
    fn of(steps: Vec<Step>) -> Self {
        let mut story = Self {
            policy: Policy::new(),
            noted: BTreeMap::new(),
            now: NOW,
        };
        steps.into_iter().for_each(|step| story.take(step));
        story
    }

    fn take(&mut self, step: Step) {
        let now = Nanos(self.now);
        match step {
            Step::Block(block) => {
                let made = self.policy.block(block, now).ok();
                self.note(made);
            }
            Step::Unblock(target, which) => {
                let made = self.policy.unblock(target, which, now).ok();
                self.note(made);
            }
            Step::Allow(target, remark) => {
                let made = self.policy.allow(target, remark, Force::Yes, now).ok();
                self.note(made);
            }
            Step::Disallow(target) => {
                let made = self.policy.disallow(target).ok();
                self.note(made);
            }
            Step::Offence(source, proven) => {
                let made = self.policy.offence(&offence(source, proven, now), now).ok();
                self.note(made);
            }
            Step::Wait(nanos) => {
                self.now += nanos;
                let made = self.policy.expire(Nanos(self.now));
                self.note(Some(made));
            }
        }
    }

    fn note<T>(&mut self, made: Option<Applied<T>>) {
        let Some(made) = made else { return };
        for record in self.policy.saved_changes(&made.undo, &clocks(self.now)) {
            match record.stands() {
                true => self.noted.insert(record.subject(), record),
                false => self.noted.remove(&record.subject()),
            };
        }
    }
}

fn sorted(records: Vec<Record>) -> BTreeMap<Subject, Record> {
    let keyed = records.into_iter().map(|record| (record.subject(), record));
    keyed.collect()
}

fn reread(records: &[Record]) -> Vec<Record> {
    let read = |record: &Record| Record::read(&record.to_string()).unwrap().unwrap();
    records.iter().map(read).collect()
}

fn forced() -> Manner {
    Manner {
        force: Force::Yes,
        session: None,
    }
}

proptest! {
    #[test]
    fn what_is_saved_is_read_and_restored_as_the_same(
        steps in proptest::collection::vec(a_step(), 0..40)
    ) {
        let story = Story::of(steps);
        let now = clocks(story.now);
        let saved = story.policy.saved(&now);
        prop_assert_eq!(&sorted(saved.clone()), &story.noted);
        prop_assert_eq!(&reread(&saved), &saved);
        let later = started_again(now);
        let mut other = Policy::new();
        let restored = other.restore(&saved, forced(), &later).unwrap().outcome;
        prop_assert_eq!(restored.over, 0);
        prop_assert_eq!(&sorted(other.saved(&later)), &sorted(saved.clone()));
        // Once more changes nothing, and says so.
        let again = other.restore(&saved, forced(), &later).unwrap().outcome;
        prop_assert_eq!((again.added, again.renewed, again.allowed), (0, restored.added, 0));
        prop_assert_eq!(&sorted(other.saved(&later)), &sorted(saved));
    }
}

fn ban(target: &str, cause: SavedCause) -> Record {
    let target = target.parse().unwrap();
    Record::Ban(SavedBan {
        target,
        part: Part::WHOLE,
        causes: vec![cause],
    })
}

fn lasting(target: &str) -> Record {
    ban(target, SavedCause::default())
}

#[test]
fn what_is_over_is_left_out_and_what_is_protected_is_refused_with_everything_else() {
    let now = clocks(NOW);
    let over = SavedCause {
        until: Some(now.wall),
        ..SavedCause::default()
    };
    let mut policy = Policy::new();
    let records = [lasting("192.0.2.1"), ban("192.0.2.9", over)];
    let restored = policy.restore(&records, Manner::default(), &now).unwrap();
    let expected = Restored {
        added: 1,
        over: 1,
        ..Restored::default()
    };
    assert_eq!(restored.outcome, expected);
    policy.set_protected(ProtectedSet::new(
        &["198.51.100.7".parse().unwrap()],
        &[],
        &[],
    ));
    let before = policy.saved(&now);
    for wrong in ["198.51.100.0/24", "0.0.0.0/0"] {
        let records = [lasting("192.0.2.2"), lasting(wrong)];
        assert!(policy.restore(&records, Manner::default(), &now).is_err());
        assert_eq!(policy.saved(&now), before, "all or nothing");
        assert!(policy.clone().restore(&records, forced(), &now).is_ok());
    }
    let session = Manner {
        session: Some("192.0.2.2".parse().unwrap()),
        ..Manner::default()
    };
    let refused = policy.restore(&[lasting("192.0.2.2")], session, &now);
    assert!(matches!(refused, Err(PolicyError::Protected { .. })));
}

#[test]
fn a_ban_that_the_allowlist_overrules_is_restored_and_does_nothing() {
    let (now, mut policy) = (clocks(NOW), Policy::new());
    let text = "ban 192.0.2.1\nallow 192.0.2.0/24\n";
    let records = read_file("bans", text.as_bytes()).unwrap();
    let restored = policy.restore(&records, Manner::default(), &now).unwrap();
    let restored = restored.outcome;
    assert_eq!(
        (restored.added, restored.overruled, restored.allowed),
        (1, 1, 1)
    );
    assert_eq!(write_file(&policy.saved(&now)).lines().count(), 3);
}

#[test]
fn an_end_that_stands_is_not_brought_forward_without_force() {
    let (now, mut policy) = (clocks(NOW), Policy::new());
    let until = |seconds| SavedCause {
        until: Some(now.wall + jiff::SignedDuration::from_secs(seconds)),
        ..SavedCause::default()
    };
    let mut end = |seconds, manner| {
        let records = [ban("192.0.2.1", until(seconds))];
        drop(policy.restore(&records, manner, &now).unwrap());
        policy.bans(now.monotonic).next().unwrap().expires()
    };
    let at = |seconds: u64| Expiry::At(Nanos(NOW + seconds * SECOND));
    assert_eq!(end(60, Manner::default()), at(60));
    assert_eq!(end(30, Manner::default()), at(60));
    assert_eq!(end(90, Manner::default()), at(90));
    assert_eq!(end(30, forced()), at(30));
}

#[test]
fn with_force_a_ban_stands_as_it_is_said_also_without_a_reason() {
    let (now, mut policy) = (clocks(NOW), Policy::new());
    let because = |text: &str| SavedCause {
        remark: text.parse().unwrap(),
        ..SavedCause::default()
    };
    let mut remark = |text, manner| {
        let records = [ban("192.0.2.1", because(text))];
        drop(policy.restore(&records, manner, &now).unwrap());
        let ban = policy.bans(now.monotonic).next().unwrap();
        ban.remark().to_owned()
    };
    assert_eq!(remark("scans", Manner::default()), "scans");
    assert_eq!(remark("", Manner::default()), "scans");
    assert_eq!(remark("", forced()), "");
}

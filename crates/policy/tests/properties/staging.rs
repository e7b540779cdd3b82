// SPDX-License-Identifier: MIT
//! A staged allowlist is in force from the very moment at which the generation is, wherever anybody
//! looks: before, packets are judged by the old one, whatever rows were written, and then by the new.

use super::*;
use aegis_abi::{Allow, Settings};
use aegis_policy::{Staged, settle};
use ipnet::IpNet;
use std::collections::BTreeSet;

/// A SYN from everybody: bans are as they were, so that other packets tell nothing more.
fn syns() -> impl Iterator<Item = Probe> {
    let is_syn = |probe: &Probe| (probe.protocol, probe.port, probe.begins) == (6, Some(80), true);
    probes().into_iter().filter(is_syn)
}

fn fates(kernel: &Kernel, now: Nanos) -> Vec<Fate> {
    syns()
        .map(|probe| fate(kernel.answer(probe, now)))
        .collect()
}

/// What is in force.
struct InForce {
    fates: Vec<Fate>,
    allowed: BTreeSet<IpNet>,
}

impl InForce {
    fn of(naive: &Naive, now: Nanos) -> Self {
        Self {
            fates: syns().map(|probe| naive.fate(probe, now)).collect(),
            allowed: naive.allow.iter().map(|target| target.net()).collect(),
        }
    }
}

/// Writes rows, after each of which packets are judged like that, whoever comes to settle.
fn write_all(kernel: &mut Kernel, rows: &[Change], now: Nanos, like: &InForce) {
    for row in rows {
        kernel.write(row);
        assert_eq!(fates(kernel, now), like.fates, "after {row:?} of {rows:#?}");
        check_settled(kernel.clone(), now, like);
    }
}

/// A start after a crash finds nothing in force but what was.
fn check_settled(mut kernel: Kernel, now: Nanos, like: &InForce) {
    let rows: Vec<(IpNet, Allow)> = kernel.allowed().collect();
    for row in settle(rows, kernel.generation) {
        kernel.write(&row);
        assert_eq!(fates(&kernel, now), like.fates, "settled {row:?}");
    }
    assert!(
        kernel
            .allowed()
            .all(|(_, row)| row == Allow::always(row.before))
    );
    kernel.generation = kernel.generation.wrapping_add(1);
    assert_eq!(fates(&kernel, now), like.fates, "nothing waits any more");
    let left: BTreeSet<IpNet> = kernel.allowed().map(|(prefix, _)| prefix).collect();
    assert_eq!(left, like.allowed, "and nothing stands in for anything");
}

fn next(generation: u32) -> u32 {
    let settings = Settings {
        generation,
        ..Settings::DEFAULT
    };
    settings.next_generation()
}

fn targets(chosen: &[usize]) -> Vec<Target> {
    chosen.iter().map(|at| target(*at)).collect()
}

/// A world with some bans and that allowlist.
fn world(bans: &[(usize, Part)], allowed: &[usize], generation: u32) -> World {
    let mut world = World::new();
    world.kernel.generation = generation;
    let block = |&(at, part): &(usize, Part)| {
        Step::Block(vec![(at, part, None)], Origin::Operator, Force::Yes)
    };
    let steps = bans.iter().map(block);
    for step in steps.chain(allowed.iter().map(|at| Step::Allow(*at))) {
        if let Some((changes, _)) = world.mutate(&step) {
            world.write(&changes);
        }
    }
    world
}

fn stage(world: &mut World, before: &[Target], after: &[Target]) -> Staged {
    let generation = next(world.kernel.generation);
    let staged = world
        .policy
        .stage_allowlist((before, after), generation, world.now);
    staged.unwrap()
}

fn list() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..TARGETS.len(), 0..9)
}

fn generation() -> impl Strategy<Value = u32> {
    prop_oneof![Just(1), Just(u32::MAX), Just(u32::MAX / 2), 1..=u32::MAX]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_staged_allowlist_holds_from_its_generation_on_and_not_before(
        bans in prop::collection::vec((0..TARGETS.len(), part()), 0..5),
        (before, after) in (list(), list()),
        first in generation(),
    ) {
        let mut world = world(&bans, &before, first);
        let (before, after) = (targets(&before), targets(&after));
        let old = InForce::of(&world.naive, world.now);
        world.naive.allow.clone_from(&after);
        let new = InForce::of(&world.naive, world.now);
        let (untouched, policy) = (world.kernel.clone(), world.policy.clone());
        let Staged { stage, tidy, undo } = stage(&mut world, &before, &after);
        write_all(&mut world.kernel, &stage, world.now, &old);

        let (mut kernel, mut taken_back) = (world.kernel.clone(), world.policy.clone());
        let rows = taken_back.unstage(undo);
        write_all(&mut kernel, &rows, world.now, &old);
        prop_assert_eq!(&kernel, &untouched);
        prop_assert_eq!(sorted(&taken_back), sorted(&policy));

        world.kernel.generation = next(first);
        prop_assert_eq!(fates(&world.kernel, world.now), new.fates.clone());
        write_all(&mut world.kernel, &tidy, world.now, &new);
        world.kernel.generation = 0;
        world.check_rows();
    }
}

fn sorted(policy: &Policy) -> Vec<String> {
    let mut rows: Vec<String> = policy.rows().iter().map(|row| format!("{row:?}")).collect();
    rows.sort();
    rows
}

#[test]
fn an_allowlist_that_does_not_fit_beside_the_one_that_goes_changes_nothing() {
    let capacity = aegis_policy::Capacity {
        allow: 3,
        ..Default::default()
    };
    let mut policy = Policy::with_capacity(capacity);
    let (before, after) = (targets(&[0, 1]), targets(&[2, 3]));
    let first = policy.stage_allowlist((&[], &before), 2, Nanos(1));
    assert!(first.is_ok(), "{first:?}");
    let rows = sorted(&policy);
    let refused = policy.stage_allowlist((&before, &after), 3, Nanos(2));
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(sorted(&policy), rows);
    let everything = ["0.0.0.0/0".parse().unwrap()];
    let refused = policy.stage_allowlist((&before, &everything), 3, Nanos(2));
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(sorted(&policy), rows);
}

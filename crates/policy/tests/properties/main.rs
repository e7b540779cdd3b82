// SPDX-License-Identifier: MIT
//! Compiled rows, put into a simple kernel, mean the same as the list of bans read naively: after
//! every mutation, after every single row of it, and after taking it back.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod kernel;

use aegis_core::Nanos;
use aegis_policy::{
    Applied, BanEntry, Block, Change, Expiry, Force, Part, Policy, Port, Protocol, Remark, Target,
    Undo, Which,
};
use kernel::{Answer, Kernel, Probe};
use proptest::prelude::*;
use std::collections::HashMap;

const TARGETS: [&str; 27] = [
    "10.0.0.0",
    "10.0.0.1",
    "10.0.0.2",
    "10.0.1.0",
    "10.1.0.0",
    "10.4.0.1",
    "10.0.0.0/31",
    "10.0.0.0/30",
    "10.0.0.0/24",
    "10.0.0.0/23",
    "10.0.0.0/16",
    "10.0.0.0/15",
    "10.0.0.0/14",
    "10.1.0.0/16",
    "10.0.1.0/24",
    "2001:db8::",
    "2001:db8::1",
    "2001:db8::2",
    "2001:db8:1::1",
    "2001:db9::1",
    "2001:db8::/127",
    "2001:db8::/126",
    "2001:db8::/64",
    "2001:db8::/32",
    "2001:db8::/31",
    "2001:db0::/28",
    "2001:db8:1::/48",
];

const PEERS: [&str; 14] = [
    "10.0.0.0",
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.3",
    "10.0.0.9",
    "10.0.1.0",
    "10.1.0.0",
    "10.4.0.1",
    "2001:db8::",
    "2001:db8::1",
    "2001:db8::3",
    "2001:db8:1::1",
    "2001:db9::1",
    "2001:db1::1",
];

const PACKETS: [(u8, Option<u16>); 6] = [
    (6, Some(80)),
    (6, Some(443)),
    (17, Some(80)),
    (17, Some(53)),
    (1, None),
    (6, None),
];

#[derive(Clone, Debug)]
enum Step {
    Block(Vec<(usize, Part, Option<u64>)>),
    Unblock(usize, Which),
    Expire,
    Allow(usize),
    Disallow(usize),
    Wait(u64),
}

fn part() -> impl Strategy<Value = Part> {
    let port = prop_oneof![Just(None), Just(Port::new(80)), Just(Port::new(443))];
    let protocol = prop_oneof![Just(None), Just(Some(6)), Just(Some(17)), Just(Some(1))];
    let part = (port, protocol).prop_filter_map(
        "a port needs a protocol that has ports",
        |(port, protocol)| Part::new(port, protocol.and_then(Protocol::new)).ok(),
    );
    prop_oneof![Just(Part::WHOLE), part]
}

fn step() -> impl Strategy<Value = Step> {
    let target = || 0..TARGETS.len();
    let block = (target(), part(), prop::option::of(1_u64..20));
    prop_oneof![
        6 => prop::collection::vec(block, 1..4).prop_map(Step::Block),
        3 => (target(), part()).prop_map(|(target, part)| Step::Unblock(target, Which::Part(part))),
        3 => target().prop_map(|target| Step::Unblock(target, Which::All)),
        2 => Just(Step::Expire),
        1 => target().prop_map(Step::Allow),
        2 => target().prop_map(Step::Disallow),
        2 => (1_u64..8).prop_map(Step::Wait),
    ]
}

fn target(at: usize) -> Target {
    TARGETS[at].parse().unwrap()
}

fn probes() -> Vec<Probe> {
    let of = |peer: &str| {
        let peer = peer.parse().unwrap();
        PACKETS.map(|(protocol, port)| Probe {
            peer,
            protocol,
            port,
        })
    };
    PEERS.iter().flat_map(|peer| of(peer)).collect()
}

/// The naive reading of what was asked for.
#[derive(Clone, Debug, Default)]
struct Naive {
    bans: HashMap<(Target, Part), Expiry>,
    allow: Vec<Target>,
}

fn matches(target: Target, part: Part, probe: Probe) -> bool {
    target.net().contains(&probe.peer)
        && part
            .protocol()
            .is_none_or(|protocol| protocol.number() == probe.protocol)
        && part
            .port()
            .is_none_or(|port| probe.port == Some(port.get()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Allowed,
    Banned,
    Neither,
}

impl Naive {
    fn fate(&self, probe: Probe, now: Nanos) -> Fate {
        let live = |(&(target, part), expires): (&(Target, Part), &Expiry)| {
            !expires.is_over(now) && matches(target, part, probe)
        };
        if self
            .allow
            .iter()
            .any(|target| target.net().contains(&probe.peer))
        {
            Fate::Allowed
        } else if self.bans.iter().any(live) {
            Fate::Banned
        } else {
            Fate::Neither
        }
    }
}

fn fate(answer: Answer) -> Fate {
    match answer {
        Answer::Allowed(_) => Fate::Allowed,
        Answer::Banned(_) => Fate::Banned,
        Answer::Neither => Fate::Neither,
    }
}

#[derive(Default)]
struct World {
    policy: Policy,
    kernel: Kernel,
    naive: Naive,
    now: Nanos,
}

impl World {
    fn block(&self, (at, part, lasts): (usize, Part, Option<u64>)) -> Block {
        let expires = lasts.map_or(Expiry::Never, |lasts| Expiry::At(Nanos(self.now.0 + lasts)));
        let remark = Remark::default();
        Block {
            target: target(at),
            part,
            expires,
            remark,
            force: Force::Yes,
            session: None,
        }
    }

    /// Makes the step in the policy and in the naive reading of it.
    fn mutate(&mut self, step: &Step) -> Option<(Vec<Change>, Undo)> {
        let now = self.now;
        match step {
            Step::Block(blocks) => {
                let blocks: Vec<Block> = blocks.iter().map(|block| self.block(*block)).collect();
                let bans = blocks
                    .iter()
                    .map(|block| ((block.target, block.part), block.expires));
                self.naive.bans.extend(bans);
                Some(rows(self.policy.block_all(blocks, now).unwrap()))
            }
            Step::Unblock(at, which) => {
                let lifts = |part| matches!(which, Which::All) || *which == Which::Part(part);
                self.naive
                    .bans
                    .retain(|(target_, part), _| *target_ != target(*at) || !lifts(*part));
                self.policy.unblock(target(*at), *which, now).ok().map(rows)
            }
            Step::Expire => Some(rows(self.policy.expire(now))),
            Step::Allow(at) => {
                self.naive.allow.push(target(*at));
                Some(rows(
                    self.policy
                        .allow(target(*at), Remark::default(), Force::Yes, now)
                        .unwrap(),
                ))
            }
            Step::Disallow(at) => {
                self.naive.allow.retain(|entry| *entry != target(*at));
                self.policy.disallow(target(*at)).ok().map(rows)
            }
            Step::Wait(time) => {
                self.now.0 += time;
                None
            }
        }
    }

    /// Writes rows one by one; in between, nothing is judged otherwise than before or afterwards.
    fn write(&mut self, changes: &[Change]) {
        let probes = probes();
        let fates = |kernel: &Kernel, now| -> Vec<Fate> {
            probes
                .iter()
                .map(|probe| fate(kernel.answer(*probe, now)))
                .collect()
        };
        let before = fates(&self.kernel, self.now);
        let after: Vec<Fate> = probes
            .iter()
            .map(|probe| self.naive.fate(*probe, self.now))
            .collect();
        for change in changes {
            self.kernel.write(change);
            for (at, fate) in fates(&self.kernel, self.now).into_iter().enumerate() {
                assert!(
                    fate == before[at] || fate == after[at],
                    "{:?} at {change:?} in {changes:#?}",
                    probes[at]
                );
            }
        }
        assert_eq!(fates(&self.kernel, self.now), after, "{changes:#?}");
    }

    /// The rule that decides is one that says so.
    fn check_rules(&self) {
        let bans: HashMap<u32, &BanEntry> = self
            .policy
            .bans(self.now)
            .map(|ban| (ban.rule.get(), ban))
            .collect();
        for probe in probes() {
            if let Answer::Banned(rule) = self.kernel.answer(probe, self.now) {
                let ban = bans[&rule];
                assert!(matches(ban.target, ban.part, probe), "{ban:?} {probe:?}");
            }
        }
    }

    fn check_rows(&self) {
        let mut fresh = Kernel::default();
        self.policy.rows().iter().for_each(|row| fresh.write(row));
        assert_eq!(fresh, self.kernel);
    }
}

fn rows<T>(applied: Applied<T>) -> (Vec<Change>, Undo) {
    (applied.changes, applied.undo)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn rows_mean_what_was_asked_for(steps in prop::collection::vec((step(), prop::bool::weighted(0.2)), 1..40)) {
        let mut world = World::default();
        for (step, taken_back) in steps {
            let naive = world.naive.clone();
            match world.mutate(&step) {
                Some((_, undo)) if taken_back => {
                    world.policy.undo(undo);
                    world.naive = naive;
                    world.write(&[]);
                }
                Some((changes, _)) => world.write(&changes),
                None => world.write(&[]),
            }
            world.check_rules();
            world.check_rows();
        }
        remove_everything(&mut world);
        prop_assert_eq!(&world.kernel, &Kernel::default());
        prop_assert_eq!(world.policy.rows(), vec![]);
        prop_assert!(world.policy.expire(Nanos(u64::MAX)).outcome.is_empty());
    }
}

fn remove_everything(world: &mut World) {
    for at in 0..TARGETS.len() {
        for step in [
            Step::Unblock(at, Which::All),
            Step::Disallow(at),
            Step::Expire,
        ] {
            if let Some((changes, _)) = world.mutate(&step) {
                world.write(&changes);
            }
        }
    }
    world.now.0 += 1_000;
    if let Some((changes, _)) = world.mutate(&Step::Expire) {
        world.write(&changes);
    }
}

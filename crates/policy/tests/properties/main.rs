// SPDX-License-Identifier: MIT
//! Compiled rows, put into a simple kernel, mean the same as the list of bans read naively: after
//! every mutation, after every single row of it, and after taking it back.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod kernel;
mod naive;
mod staging;

use aegis_abi::Reason;
use aegis_core::Nanos;
use aegis_policy::{
    Applied, BanEntry, Block, Change, Expiry, Force, Offence, Origin, Part, Policy, Port,
    ProtectedSet, Protocol, Remark, Spared, Target, Undo, Which,
};
use kernel::{Answer, Kernel, Probe};
use naive::{Fate, Naive, matches};
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

/// Protocol, port, and whether it begins a connection.
const PACKETS: [(u8, Option<u16>, bool); 7] = [
    (6, Some(80), true),
    (6, Some(80), false),
    (6, Some(443), false),
    (17, Some(80), false),
    (17, Some(53), true),
    (1, None, true),
    (6, None, false),
];

const ORIGINS: [Origin; 3] = [
    Origin::Operator,
    Origin::Detector(Reason::PortScan),
    Origin::Detector(Reason::SynRate),
];

#[derive(Clone, Debug)]
enum Step {
    Block(Vec<(usize, Part, Option<u64>)>, Origin, Force),
    Offence(usize, bool, Reason),
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
    prop_oneof![Just(Part::WHOLE), Just(Part::UNSOLICITED), part]
}

fn step() -> impl Strategy<Value = Step> {
    let target = || 0..TARGETS.len();
    let block = (target(), part(), prop::option::of(1_u64..20));
    let origin = prop::sample::select(&ORIGINS[..]);
    let force = prop::sample::select(&[Force::No, Force::Yes][..]);
    let kind = prop::sample::select(&[Reason::PortScan, Reason::SynRate][..]);
    prop_oneof![
        6 => (prop::collection::vec(block, 1..4), origin, force)
            .prop_map(|(blocks, origin, force)| Step::Block(blocks, origin, force)),
        6 => (target(), any::<bool>(), kind)
            .prop_map(|(source, proven, kind)| Step::Offence(source, proven, kind)),
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
        PACKETS.map(|(protocol, port, begins)| Probe {
            peer,
            protocol,
            port,
            begins,
        })
    };
    PEERS.iter().flat_map(|peer| of(peer)).collect()
}

fn fate(answer: Answer) -> Fate {
    match answer {
        Answer::Allowed(_) => Fate::Allowed,
        Answer::Banned(_) => Fate::Banned,
        Answer::Neither => Fate::Neither,
    }
}

struct World {
    policy: Policy,
    kernel: Kernel,
    naive: Naive,
    now: Nanos,
}

impl World {
    fn new() -> Self {
        let of = |text: &str| text.parse().unwrap();
        let protected = ProtectedSet::new(&[], &[of("10.0.1.0")], &[of("2001:db9::1")]);
        let mut policy = Policy::new();
        policy.set_protected(protected.clone());
        policy.set_auto_ban(naive::settings());
        Self {
            policy,
            kernel: Kernel::default(),
            naive: Naive {
                protected,
                ..Naive::default()
            },
            now: Nanos(100),
        }
    }

    fn block(&self, (at, part, lasts): (usize, Part, Option<u64>)) -> Block {
        let expires = lasts.map_or(Expiry::Never, |lasts| Expiry::At(Nanos(self.now.0 + lasts)));
        Block {
            target: target(at),
            part,
            expires,
            origin: Origin::Operator,
            remark: Remark::default(),
            force: Force::Yes,
            session: None,
        }
    }

    /// Makes the step in the policy and in the naive reading of it.
    fn mutate(&mut self, step: &Step) -> Option<(Vec<Change>, Undo)> {
        let now = self.now;
        match *step {
            Step::Block(ref blocks, origin, force) => self.block_all(blocks, origin, force),
            Step::Offence(at, proven, kind) => self.offence(at, proven, kind),
            Step::Unblock(at, which) => {
                let lifted = self.policy.unblock(target(at), which, now).ok().map(rows);
                let naive = self.naive.unblock(target(at), which, now);
                assert_eq!(lifted.is_some(), naive);
                lifted
            }
            Step::Expire => {
                self.naive.expire(now);
                Some(rows(self.policy.expire(now)))
            }
            Step::Allow(at) => {
                self.naive.allow.push(target(at));
                let remark = Remark::default();
                let allowed = self.policy.allow(target(at), remark, Force::Yes, now);
                Some(rows(allowed.unwrap()))
            }
            Step::Disallow(at) => {
                self.naive.allow.retain(|entry| *entry != target(at));
                self.policy.disallow(target(at)).ok().map(rows)
            }
            Step::Wait(time) => {
                self.now.0 += time;
                None
            }
        }
    }

    fn block_all(
        &mut self,
        blocks: &[(usize, Part, Option<u64>)],
        origin: Origin,
        force: Force,
    ) -> Option<(Vec<Change>, Undo)> {
        let of = |block: &(usize, Part, Option<u64>)| Block {
            origin,
            force,
            ..self.block(*block)
        };
        let blocks: Vec<Block> = blocks.iter().map(of).collect();
        let mut naive = self.naive.clone();
        let all = blocks.iter().all(|block| naive.block(block, self.now));
        let made = self.policy.block_all(blocks, self.now).ok().map(rows);
        assert_eq!(made.is_some(), all);
        if all {
            self.naive = naive;
        }
        made
    }

    fn offence(&mut self, at: usize, proven: bool, kind: Reason) -> Option<(Vec<Change>, Undo)> {
        let offence = Offence {
            source: target(at),
            kind,
            proven,
            at: self.now,
            ports_seen: 51,
            packets: 60,
            refused: 0,
            recent_ports: Vec::new(),
            first_seen: self.now,
        };
        let made = self.policy.offence(&offence, self.now);
        let banned = self.naive.offence((target(at), proven), kind, self.now);
        assert_eq!(made.is_ok(), banned, "{made:?}");
        assert!(made.is_ok() || !matches!(made, Err(Spared::Disabled)));
        made.ok().map(rows)
    }

    /// Before an offence, what is over goes, and it is noted whatever becomes of it.
    fn prepare(&mut self, step: &Step) {
        if let Step::Offence(at, ..) = *step {
            if let Some((changes, _)) = self.mutate(&Step::Expire) {
                self.write(&changes);
            }
            self.naive.note(target(at), self.now);
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

    /// Every cause is there, and no other.
    fn check_causes(&self) {
        let causes = |ban: &BanEntry| -> Vec<((Target, Part, Origin), Expiry)> {
            let key = |origin| (ban.target, ban.part, origin);
            let live = ban.causes().iter().filter(|cause| cause.is_live(self.now));
            live.map(|cause| (key(cause.origin), cause.expires))
                .collect()
        };
        let held: HashMap<_, _> = self.policy.bans(self.now).flat_map(causes).collect();
        let mut naive = self.naive.causes.clone();
        naive.retain(|_, end| !end.is_over(self.now));
        assert_eq!(held, naive);
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
        let mut world = World::new();
        for (step, taken_back) in steps {
            world.prepare(&step);
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
            world.check_causes();
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

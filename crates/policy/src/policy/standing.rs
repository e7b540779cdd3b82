// SPDX-License-Identifier: MIT
//! What bans and allowlist say of a packet, from what was asked for rather than from the rows that
//! this came to.

use crate::book::Entry;
use crate::{Part, Policy, Target};
use aegis_abi::Reason;
use aegis_core::Nanos;
use aegis_core::stage::ban::Service;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What the policy says of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The peer is on the allowlist.
    Allowed,
    /// The packet is banned, for this reason.
    Banned(Reason),
    /// The peer may not begin a connection.
    Barred,
    /// Nothing.
    Free,
}

impl Policy {
    /// What the policy says of packets of a peer to a service at a time, in the order in which the
    /// packet path asks.
    #[must_use]
    pub fn standing(&self, peer: IpAddr, service: Service, now: Nanos) -> Standing {
        let target = Target::from(peer);
        if self.allow.around(target).is_some() {
            return Standing::Allowed;
        }
        let own = self.bans.get(target);
        let holds = |entry: &Entry, part| entry.on(part).is_some_and(|ban| ban.is_live(now));
        if own.is_some_and(|entry| holds(entry, Part::WHOLE)) {
            return Standing::Banned(Reason::BanAddress);
        }
        let net = target.net();
        let around = || {
            let wider = self.rows.wider(&net);
            wider.filter_map(|prefix| self.bans.get(Target::try_from(prefix).ok()?))
        };
        if around().any(|entry| holds(entry, Part::WHOLE)) {
            return Standing::Banned(Reason::BanPrefix);
        }
        let mut entries = own.into_iter().chain(around());
        let on_service = |entry: &Entry| {
            let mut bans = entry.bans().filter(|ban| ban.is_live(now));
            bans.any(|ban| ban.part.covers(service))
        };
        if entries.any(on_service) {
            return Standing::Banned(Reason::BanScope);
        }
        match own
            .into_iter()
            .chain(around())
            .any(|entry| holds(entry, Part::UNSOLICITED))
        {
            true => Standing::Barred,
            false => Standing::Free,
        }
    }

    /// The first targets of bans and allowlist behind one, or at all; fewer than asked for where there
    /// are no more.
    #[must_use]
    pub fn targets_after(&self, last: Option<Target>, at_most: usize) -> BTreeSet<Target> {
        let allowed = self.allow.iter().map(|entry| entry.target);
        let mut targets: BTreeSet<Target> = self.bans.after(last).take(at_most).collect();
        for target in allowed.filter(|target| Some(*target) > last) {
            targets.insert(target);
            if targets.len() > at_most {
                targets.pop_last();
            }
        }
        targets
    }

    /// The parts of a target that are banned, whether their time is over or not.
    pub(crate) fn parts(&self, target: Target) -> impl Iterator<Item = Part> + '_ {
        let entry = self.bans.get(target).into_iter();
        entry.flat_map(Entry::bans).map(|ban| ban.part)
    }
}

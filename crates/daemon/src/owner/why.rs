// SPDX-License-Identifier: MIT
//! Why an address is treated as it is: everything that is known about it, in one answer.

use super::Owner;
use crate::ban::{self, Moment};
use crate::error::from_engine;
use crate::flow::address;
use crate::geo;
use aegis_abi::{Source, Tuple};
use aegis_api::{
    Allow, ApiError, Ban, Charge, CoolDown, Counted, Evidence, Listed, SecurityEvent, Standing, Why,
};
use aegis_core::Nanos;
use aegis_policy::{Offender, Target};
use ipnet::{IpNet, Ipv6Net};
use std::net::IpAddr;

/// Recent events that are shown beside the samples that were kept.
const RECENT: usize = 5;

impl Owner {
    pub(super) fn why(&self, asked: IpAddr) -> Result<Why, ApiError> {
        let (now, wanted) = (Moment::now(), asked.to_canonical());
        let failed = |error| from_engine(&error);
        let source = self.engine.source(wanted).map_err(failed)?;
        let mut flows = 0;
        let is_peer = |tuple: Tuple| address(tuple.family, tuple.peer) == Some(wanted);
        let looked = self
            .engine
            .each_flow(|flow| flows += usize::from(is_peer(flow.tuple)));
        looked.map_err(failed)?;
        let offender = self.policy.evidence(wanted);
        let bans = self.bans_around(wanted, &now);
        let allowlisted = self.allowed_around(wanted);
        let lists = self.keeper.lists.naming(wanted);
        let cooling_down = source.and_then(|source| cooling(&source, offender, &now));
        let protected = self.policy.protected().iter();
        let roles = protected.filter(|(_, address)| *address == wanted);
        Ok(Why {
            address: wanted,
            place: geo::place(wanted),
            geo_rule: self.geo_rule(wanted),
            standing: standing(
                (&bans, &lists),
                allowlisted.is_some(),
                cooling_down.is_some(),
            ),
            bans,
            allowlisted,
            lists,
            protected: roles.map(|(role, _)| role.to_string()).collect(),
            cooling_down,
            counted: source.and_then(|source| counted(&source, &now)),
            evidence: offender.map(|offender| evidence(offender, &now)),
            decisions: self
                .crowd
                .as_ref()
                .map_or_else(Vec::new, |crowd| crowd.decisions(wanted)),
            events: self.events_of(wanted),
            flows,
        })
    }

    /// Those of the time when it offended, and the most recent ones.
    fn events_of(&self, wanted: IpAddr) -> Vec<SecurityEvent> {
        let mut events = self.samples.of(wanted).to_vec();
        let is_new = |event: &SecurityEvent| {
            let about = event.src_ip == Some(wanted) || event.dst_ip == Some(wanted);
            about && !events.contains(event)
        };
        let recent = self.recent.last_of(RECENT, is_new);
        events.extend(recent);
        events
    }

    fn bans_around(&self, wanted: IpAddr, now: &Moment) -> Vec<Ban> {
        let bans = self.policy.bans(now.monotonic);
        let around = bans.filter(|ban| ban.target.net().contains(&wanted));
        around.map(|entry| ban::ban(entry, now)).collect()
    }

    /// The narrowest entry.
    fn allowed_around(&self, wanted: IpAddr) -> Option<Allow> {
        let entries = self.policy.allowlist();
        let around = entries.filter(|entry| entry.target.net().contains(&wanted));
        let narrowest = around.max_by_key(|entry| entry.target.net().prefix_len());
        narrowest.map(ban::allow)
    }
}

fn standing((bans, lists): (&[Ban], &[Listed]), allowlisted: bool, cooling: bool) -> Standing {
    let is_whole = |ban: &Ban| ban.part == aegis_policy::Part::WHOLE.to_string();
    match bans {
        _ if allowlisted => Standing::Allowlisted,
        bans if bans.iter().any(is_whole) => Standing::Banned,
        _ if lists.iter().any(|listed| listed.effect.drops()) => Standing::Listed,
        [_, ..] => Standing::BannedInPart,
        [] if cooling => Standing::CoolingDown,
        [] => Standing::Free,
    }
}

/// An IPv4 address, or an IPv6 network.
fn name(source: &Source) -> Option<String> {
    let net = match address(source.family, source.address)? {
        IpAddr::V4(address) => IpNet::from(IpAddr::V4(address)),
        IpAddr::V6(address) => Ipv6Net::new(address, 64).ok()?.trunc().into(),
    };
    Target::try_from(net).ok().map(|target| target.to_string())
}

fn cooling(source: &Source, offender: Option<&Offender>, now: &Moment) -> Option<CoolDown> {
    let left = source.cool_until_ns.checked_sub(now.monotonic.0)?;
    let last = offender.and_then(|known| known.charges.iter().max_by_key(|charge| charge.last));
    (left > 0).then_some(CoolDown {
        source: name(source)?,
        until: now.wall_of(Nanos(source.cool_until_ns)),
        seconds_left: left.div_ceil(1_000_000_000),
        strikes: source.strikes.into(),
        cause: last.map(|charge| charge.kind.label().to_owned()),
    })
}

fn counted(source: &Source, now: &Moment) -> Option<Counted> {
    let recent = source.recent.iter().copied();
    Some(Counted {
        source: name(source)?,
        since: now.wall_of(Nanos(source.window_ns)),
        packets: source.packets,
        refused: source.refused,
        ports: source.tried,
        recent_ports: recent.filter(|port| *port != 0).collect(),
    })
}

fn evidence(offender: &Offender, now: &Moment) -> Evidence {
    let charge = |charge: &aegis_policy::Charge| Charge {
        kind: charge.kind.label().to_owned(),
        summary: charge.kind.summary().to_owned(),
        offences: charge.offences,
        proven: charge.proven,
        packets: charge.packets,
        refused: charge.refused,
        ports: charge.ports_seen,
        recent_ports: charge.recent_ports.clone(),
        first: now.wall_of(charge.first),
        last: now.wall_of(charge.last),
    };
    Evidence {
        source: offender.source.to_string(),
        charges: offender.charges.iter().map(charge).collect(),
        bans_proven: offender.strikes.proven,
        bans_unproven: offender.strikes.unproven,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::Family;
    use jiff::Timestamp;

    fn moment(seconds: u64) -> Moment {
        Moment {
            monotonic: Nanos(seconds * 1_000_000_000),
            wall: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_ipv6_source_is_its_network() {
        let address: std::net::Ipv6Addr = "2001:db8:1:2::".parse().expect("an address");
        let source = Source {
            address: address.octets(),
            family: Family::V6.code(),
            cool_until_ns: 90_000_000_000,
            strikes: 2,
            recent: [22, 0, 80, 0, 0, 0, 0, 0],
            ..Source::default()
        };
        let cooling_down = cooling(&source, None, &moment(30)).expect("it is cooling down");
        assert_eq!(cooling_down.source, "2001:db8:1:2::/64");
        assert_eq!((cooling_down.seconds_left, cooling_down.strikes), (60, 2));
        assert_eq!(cooling(&source, None, &moment(90)), None, "it is over");
        let counted = counted(&source, &moment(30)).expect("a source");
        assert_eq!(counted.recent_ports, [22, 80]);
    }

    #[test]
    fn the_allowlist_goes_before_bans_and_bans_before_cool_downs() {
        assert_eq!(standing((&[], &[]), true, true), Standing::Allowlisted);
        assert_eq!(standing((&[], &[]), false, true), Standing::CoolingDown);
        assert_eq!(standing((&[], &[]), false, false), Standing::Free);
    }
}

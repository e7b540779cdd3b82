// SPDX-License-Identifier: MIT
//! What goes on at the moment, with who does it and what is done about it.

use super::Owner;
use crate::attack::{Course, Measures, Part, remedy, response};
use crate::ban::Moment;
use crate::geo;
use aegis_abi::{Hook, Reason, StateCounter};
use aegis_api::{Attack, AttackList, AttackSource, SecurityEvent};
use aegis_core::Nanos;
use aegis_core::stage::ban::Service;
use aegis_engine::SynCookies;
use aegis_policy::{Standing, Target};
use ipnet::IpNet;

/// Who is told of.
const MOST: usize = 5;

impl Owner {
    pub(super) fn attack_list(&self) -> AttackList {
        let arriving = self.attacks.arriving();
        AttackList {
            attacks: self.attacks_now(),
            packets_per_second: arriving.packets,
            dropped_per_second: arriving.dropped,
        }
    }

    pub(super) fn attacks_now(&self) -> Vec<Attack> {
        let mut going = self.attacks.going().peekable();
        if going.peek().is_none() {
            return Vec::new();
        }
        let (measures, now) = (self.measures(), Moment::now().monotonic);
        going
            .map(|course| self.attack(course, &measures, now))
            .collect()
    }

    /// Takes note of who sent a packet that was not let through as it is.
    pub(super) fn note_attacker(&mut self, event: &SecurityEvent, (hook, reason): (Hook, Reason)) {
        let kind = self.attacks.kind(reason);
        if let (Hook::XdpIngress, Some(kind), Some(source)) = (hook, kind, event.src_ip) {
            let packets = u64::from(event.suppressed).saturating_add(1);
            self.attacks.sources.note(kind, source, packets);
        }
    }

    fn measures(&self) -> Measures {
        Measures {
            cooling: self.engine.cooling(),
            banned: self.policy.auto_banned(),
            suppressed_per_second: self.pulse.suppressed_per_second(),
            without_cookies: !matches!(self.engine.syn_cookies(), SynCookies::On)
                || !self.trend.is_rising(StateCounter::CookiesSent),
        }
    }

    fn attack(&self, course: &Course, measures: &Measures, now: Nanos) -> Attack {
        let (parts, sources_seen) = self.attacks.sources.top(course.kind, MOST);
        let all = self.attacks.arriving().packets.max(1);
        let share = course.now.packets.saturating_mul(100) / all;
        Attack {
            kind: course.kind,
            summary: course.kind.summary().to_owned(),
            since: course.since,
            seconds: now.0.saturating_sub(course.began.0) / 1_000_000_000,
            packets_per_second: course.now.packets,
            peak_packets_per_second: course.peak,
            packets: course.packets,
            share_percent: u32::try_from(share.min(100)).unwrap_or(100),
            sources: parts.iter().map(source).collect(),
            sources_seen,
            response: response(course, measures),
            remedy: remedy(course.kind, &parts, |net| self.may_be_banned(net, now)),
        }
    }

    /// Whether nobody is in a network whom a ban must not reach, and it is not banned already.
    fn may_be_banned(&self, net: IpNet, now: Nanos) -> bool {
        let Ok(target) = Target::try_from(net) else {
            return false;
        };
        let overlaps = |other: IpNet| other.contains(&net) || net.contains(&other);
        let mut allowed = self.policy.allowlist();
        let service = Service {
            port: 0,
            protocol: 0,
        };
        let standing = self.policy.standing(net.addr(), service, now);
        self.policy.protected().hit_by(target, None).is_none()
            && !allowed.any(|entry| overlaps(entry.target.net()))
            && matches!(standing, Standing::Free | Standing::Barred)
    }
}

fn source(part: &Part) -> AttackSource {
    let target = Target::try_from(part.net).ok();
    AttackSource {
        target: part.name(),
        share_percent: part.share_percent,
        addresses: part.addresses,
        place: target.and_then(geo::place_of),
    }
}

// SPDX-License-Identifier: MIT
//! What is done about an attack, in words, and what else may be.

use super::{Course, Part};
use aegis_api::AttackKind;
use ipnet::IpNet;

/// What an address has to send of an attack, percent, for a ban of it to be worth while.
const WORTH_A_BAN: u32 = 20;
/// Likewise a network, of which others than the attackers may be.
const WORTH_A_WIDE_BAN: u32 = 40;

/// What is done against attackers at the moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measures {
    /// Sources that begin no connection for the moment.
    pub cooling: usize,
    /// Sources that detectors have banned.
    pub banned: usize,
    /// Reports that were not made, a second.
    pub suppressed_per_second: u64,
    /// Why attempts get no SYN cookies, where they do not.
    pub without_cookies: bool,
}

/// What is done, a sentence each.
pub fn response(course: &Course, measures: &Measures) -> Vec<String> {
    let (now, mut told) = (course.now, Vec::new());
    if now.dropped > 0 {
        told.push(format!("{} packets/s are dropped", now.dropped));
    }
    if now.answered > 0 {
        told.push(match measures.without_cookies {
            false => format!(
                "{} attempts/s are answered with SYN cookies, so that whoever is real gets through",
                now.answered
            ),
            true => format!(
                "{} attempts/s are left to the host: no SYN cookies go out for them",
                now.answered
            ),
        });
    }
    if is_by_source(course.kind) {
        let cooling = measures.cooling;
        told.extend((cooling > 0).then(|| begins_none(cooling)));
        let banned = measures.banned;
        told.extend(
            (banned > 0).then(|| format!("{} banned by detectors", sources(banned, "is", "are"))),
        );
    }
    let suppressed = measures.suppressed_per_second;
    told.extend((suppressed > 0).then(|| {
        format!("{suppressed} reports/s are counted rather than made, so that logs stay readable")
    }));
    if told.is_empty() {
        told.push("at this moment nothing of it arrives".to_owned());
    }
    told
}

fn sources(count: usize, one: &str, several: &str) -> String {
    match count {
        1 => format!("1 source {one}"),
        _ => format!("{count} sources {several}"),
    }
}

fn begins_none(count: usize) -> String {
    let who = sources(count, "begins", "begin");
    format!("{who} no connection for the moment")
}

/// Whether detectors look at who does it.
const fn is_by_source(kind: AttackKind) -> bool {
    matches!(
        kind,
        AttackKind::SynFlood | AttackKind::UdpFlood | AttackKind::IcmpFlood | AttackKind::Scan
    )
}

/// A command that may help: a ban of who sends much of it, where nothing speaks against that. What is
/// turned away by a ban or a list already costs least as it is.
pub fn remedy(
    kind: AttackKind,
    parts: &[Part],
    may_be_banned: impl Fn(IpNet) -> bool,
) -> Option<String> {
    if matches!(
        kind,
        AttackKind::BanFlood | AttackKind::ListFlood | AttackKind::PlaceFlood
    ) {
        return None;
    }
    let is_worth = |part: &&Part| {
        let worth = match part.is_network() {
            true => WORTH_A_WIDE_BAN,
            false => WORTH_A_BAN,
        };
        part.share_percent >= worth
    };
    let mut worth = parts.iter().filter(is_worth);
    let whom = worth.find(|part| may_be_banned(part.net))?;
    Some(format!("block {} --for 1h", whom.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(net: &str, share_percent: u32) -> Part {
        Part {
            net: net.parse().expect("a network"),
            addresses: 1,
            share_percent,
        }
    }

    #[test]
    fn a_ban_is_proposed_of_who_sends_much_and_may_be_banned() {
        let proposed = |kind, parts: &[Part]| {
            let gateway: IpNet = "192.0.2.1/32".parse().expect("a network");
            remedy(kind, parts, |net| !net.contains(&gateway))
        };
        let scan = |parts: &[Part]| proposed(AttackKind::Scan, parts);
        let attacker = part("198.51.100.7/32", 20);
        let command = Some("block 198.51.100.7 --for 1h".to_owned());
        assert_eq!(scan(std::slice::from_ref(&attacker)), command);
        assert_eq!(scan(&[part("192.0.2.0/24", 80), attacker.clone()]), command);
        assert_eq!(scan(&[part("198.51.100.7/32", 19)]), None);
        assert_eq!(scan(&[part("198.51.100.0/24", 39)]), None);
        let wide = Some("block 198.51.100.0/24 --for 1h".to_owned());
        assert_eq!(scan(&[part("198.51.100.0/24", 40)]), wide);
        assert_eq!(proposed(AttackKind::BanFlood, &[attacker]), None);
    }
}

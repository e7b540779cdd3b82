// SPDX-License-Identifier: MIT
//! Attacks that go on.

use crate::output::units::{duration, number};
use aegis_api::Attack;

/// What goes on, in a line.
pub fn line(attack: &Attack) -> String {
    let (what, since) = (&attack.summary, duration(attack.seconds));
    let rate = number(attack.packets_per_second);
    let mut line = format!("attack: {what} for {since}: {rate} packets/s");
    if attack.is_scattered() {
        let seen = number(u64::try_from(attack.sources_seen).unwrap_or(u64::MAX));
        line.push_str(&format!(", from {seen} sources"));
    } else if let Some(source) = attack.sources.first() {
        let (target, share) = (&source.target, source.share_percent);
        line.push_str(&format!(", {share} % of it from {target}"));
    }
    if let Some(remedy) = &attack.remedy {
        line.push_str(&format!("; if it troubles you: aegis-cli {remedy}"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::{AttackKind, AttackSource};

    #[test]
    fn an_attack_is_told_with_who_does_it_and_what_helps() {
        let attack = Attack {
            kind: AttackKind::SynFlood,
            summary: AttackKind::SynFlood.summary().to_owned(),
            since: jiff::Timestamp::UNIX_EPOCH,
            seconds: 75,
            packets_per_second: 12_000,
            peak_packets_per_second: 20_000,
            packets: 900_000,
            share_percent: 90,
            sources: vec![AttackSource {
                target: "192.0.2.0/24".to_owned(),
                share_percent: 60,
                addresses: 200,
                place: None,
            }],
            sources_seen: 300,
            response: Vec::new(),
            remedy: Some("block 192.0.2.0/24 --for 1h".to_owned()),
        };
        let expected = "attack: a SYN flood for 1m 15s: 12,000 packets/s, 60 % of it from 192.0.2.0/24; \
                        if it troubles you: aegis-cli block 192.0.2.0/24 --for 1h";
        assert_eq!(line(&attack), expected);
    }
}

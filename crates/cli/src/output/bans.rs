// SPDX-License-Identifier: MIT
//! Bans.

use super::table::{Align, Table};
use super::units::{count, duration};
use super::{flows, places, saved};
use aegis_api::{Ban, BanAnswer, BanList, UnbanAnswer};

/// The list.
pub fn list(answer: &BanList) -> String {
    if answer.bans.is_empty() && answer.others.is_empty() {
        return "nothing is banned".to_owned();
    }
    let others = answer.others.iter().map(others);
    let mine = (!answer.bans.is_empty()).then(|| table(answer));
    let parts: Vec<String> = mine.into_iter().chain(others).collect();
    parts.join("\n")
}

/// Such as `12,345 bans by crowdsec besides; aegis-cli list --origin crowdsec`.
fn others((origin, bans): (&String, &usize)) -> String {
    let bans = count(*bans, "ban", "bans");
    format!("{bans} by {origin} besides; aegis-cli list --origin {origin}")
}

fn table(answer: &BanList) -> String {
    let place = places::heading(answer.bans.iter().map(|ban| &ban.place));
    let mut table = Table::new(
        [
            "TARGET", "PART", "ENDS IN", "RULE", "CAUSE", "REASON", place,
        ],
        [
            Align::Left,
            Align::Left,
            Align::Right,
            Align::Right,
            Align::Left,
            Align::Left,
            Align::Left,
        ],
    );
    for ban in &answer.bans {
        let ends = ban
            .expires_in_seconds
            .map_or_else(|| "never".to_owned(), duration);
        let reason = ban.reason.clone().unwrap_or_default();
        table.row([
            ban.target.clone(),
            ban.part.clone(),
            ends,
            ban.rule.to_string(),
            causes(ban),
            reason,
            places::cell(&ban.place),
        ]);
    }
    format!(
        "{}\n{}",
        table.render(),
        count(answer.bans.len(), "ban", "bans")
    )
}

/// What `block` did.
pub fn banned(answer: &BanAnswer) -> String {
    let verb = if answer.renewed {
        "renewed the ban on"
    } else {
        "banned"
    };
    let until = match (answer.ban.expires_in_seconds, answer.ban.expires) {
        (Some(seconds), Some(at)) => format!("for {}, until {at:.0}", duration(seconds)),
        _ => "until it is unblocked".to_owned(),
    };
    let mut text = format!("{verb} {} {until}", subject(&answer.ban));
    if let Some(sockets) = flows::sockets(&answer.sockets) {
        text.push_str(&format!("\n{sockets}"));
    }
    if let Some(entry) = &answer.overruled_by {
        text.push_str(&format!(
            "\nit does nothing while {entry} is on the allowlist; aegis-cli allow remove {entry}"
        ));
    }
    if let Some(unsaved) = saved::unsaved(answer.state_problem.as_deref()) {
        text.push_str(&format!("\n{unsaved}"));
    }
    text
}

/// What `unblock` did.
pub fn unbanned(answer: &UnbanAnswer) -> String {
    let removed = answer.removed.iter();
    let mut lines: Vec<String> = removed
        .map(|ban| freed(ban, &answer.still_banned))
        .collect();
    if answer.pardoned {
        lines.push("its cool-down is over".to_owned());
    }
    if let Some(wider) = &answer.still_covered_by {
        lines.push(format!(
            "{wider} around it is still banned; aegis-cli unblock {wider}"
        ));
    }
    lines.extend(saved::unsaved(answer.state_problem.as_deref()));
    lines.join("\n")
}

/// A ban that ended, or one that stands by other causes than those that ended.
fn freed(ban: &Ban, rest: &[Ban]) -> String {
    let same = |other: &&Ban| other.target == ban.target && other.part == ban.part;
    let subject = subject(ban);
    match rest.iter().find(same) {
        None => format!("unbanned {subject}"),
        Some(rest) => {
            let (ended, others) = (causes(ban), causes(rest));
            format!("{subject} is no longer banned by {ended}, and still is by {others}")
        }
    }
}

fn subject(ban: &Ban) -> String {
    let target = format!("{}{}", ban.target, places::beside(&ban.place));
    match ban.part.as_str() {
        "everything" => target,
        part => format!("{target} ({part})"),
    }
}

/// Who or what wants it, such as `operator, port_scan`.
fn causes(ban: &Ban) -> String {
    let origins: Vec<&str> = ban
        .causes
        .iter()
        .map(|cause| cause.origin.as_str())
        .collect();
    origins.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::{BanCause, EndedSockets};

    fn cause(origin: &str) -> BanCause {
        BanCause {
            origin: origin.to_owned(),
            reason: None,
            since: "2026-01-01T00:00:00Z".parse().expect("RFC 3339"),
            expires: None,
            expires_in_seconds: None,
        }
    }

    fn ban(target: &str) -> Ban {
        Ban {
            target: target.to_owned(),
            port: None,
            protocol: None,
            part: "everything".to_owned(),
            causes: vec![cause("operator")],
            reason: None,
            rule: 1,
            expires: None,
            expires_in_seconds: None,
            place: None,
        }
    }

    #[test]
    fn the_list_is_a_table_with_its_sum() {
        let scoped = Ban {
            port: Some(22),
            protocol: Some("tcp".to_owned()),
            part: "tcp port 22".to_owned(),
            causes: vec![cause("operator"), cause("port_scan")],
            reason: Some("scans".to_owned()),
            rule: 12,
            expires: Some("2026-01-01T00:00:00Z".parse().expect("RFC 3339")),
            expires_in_seconds: Some(3_600),
            ..ban("2001:db8::/32")
        };
        let bans = vec![ban("192.0.2.1"), scoped];
        let expected = "\
TARGET         PART         ENDS IN  RULE  CAUSE                REASON
192.0.2.1      everything     never     1  operator
2001:db8::/32  tcp port 22       1h    12  operator, port_scan  scans
2 bans";
        let mut answer = BanList {
            bans,
            ..BanList::default()
        };
        assert_eq!(list(&answer), expected);
        answer.others.insert("crowdsec".to_owned(), 12_345);
        let besides = "12,345 bans by crowdsec besides; aegis-cli list --origin crowdsec";
        assert_eq!(list(&answer), format!("{expected}\n{besides}"));
        answer.bans.clear();
        assert_eq!(list(&answer), besides);
        assert_eq!(list(&BanList::default()), "nothing is banned");
    }

    #[test]
    fn what_block_did_is_told() {
        let answer = BanAnswer {
            ban: ban("192.0.2.1"),
            renewed: false,
            before: None,
            overruled_by: None,
            sockets: EndedSockets::default(),
            state_problem: None,
        };
        assert_eq!(banned(&answer), "banned 192.0.2.1 until it is unblocked");
        let ban = Ban {
            part: "port 22".to_owned(),
            expires: Some("2026-01-01T00:00:00.123Z".parse().expect("RFC 3339")),
            expires_in_seconds: Some(60),
            ..ban("192.0.2.1")
        };
        let answer = BanAnswer {
            ban,
            renewed: true,
            before: None,
            overruled_by: None,
            sockets: EndedSockets {
                ended: 2,
                problem: None,
            },
            state_problem: Some("no room".to_owned()),
        };
        assert_eq!(
            banned(&answer),
            "renewed the ban on 192.0.2.1 (port 22) for 1m, until 2026-01-01T00:00:00Z\nclosed 2 sockets of this host\nNOT SAVED, it holds only until the daemon stops: no room"
        );
    }

    #[test]
    fn what_still_covers_an_unbanned_target_is_told() {
        let still_covered_by = Some("192.0.2.0/24".to_owned());
        let text = unbanned(&UnbanAnswer {
            removed: vec![ban("192.0.2.1")],
            still_covered_by,
            ..UnbanAnswer::default()
        });
        assert!(
            text.starts_with("unbanned 192.0.2.1\n192.0.2.0/24 around it"),
            "{text}"
        );
    }

    #[test]
    fn a_cool_down_that_was_ended_is_told() {
        let text = unbanned(&UnbanAnswer {
            pardoned: true,
            ..UnbanAnswer::default()
        });
        assert_eq!(text, "its cool-down is over");
    }

    #[test]
    fn a_ban_that_stands_by_others_is_not_told_as_ended() {
        let mut rest = ban("192.0.2.1");
        rest.causes[0].origin = "port_scan".to_owned();
        let text = unbanned(&UnbanAnswer {
            removed: vec![ban("192.0.2.1")],
            still_banned: vec![rest],
            ..UnbanAnswer::default()
        });
        let expected = "192.0.2.1 is no longer banned by operator, and still is by port_scan";
        assert_eq!(text, expected);
    }
}

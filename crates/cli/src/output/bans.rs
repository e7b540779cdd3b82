// SPDX-License-Identifier: MIT
//! Bans.

use super::table::{Align, Table};
use super::units::{count, duration};
use aegis_api::{Ban, BanAnswer, BanList, UnbanAnswer};

/// The list.
pub fn list(answer: &BanList) -> String {
    if answer.bans.is_empty() {
        return "nothing is banned".to_owned();
    }
    let mut table = Table::new(
        ["TARGET", "PART", "ENDS IN", "RULE", "REASON"],
        [
            Align::Left,
            Align::Left,
            Align::Right,
            Align::Right,
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
            part(ban),
            ends,
            ban.rule.to_string(),
            reason,
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
    if let Some(entry) = &answer.overruled_by {
        text.push_str(&format!(
            "\nit does nothing while {entry} is on the allowlist; aegis-cli allow remove {entry}"
        ));
    }
    text
}

/// What `unblock` did.
pub fn unbanned(answer: &UnbanAnswer) -> String {
    let mut lines: Vec<String> = answer
        .removed
        .iter()
        .map(|ban| format!("unbanned {}", subject(ban)))
        .collect();
    if let Some(wider) = &answer.still_covered_by {
        lines.push(format!(
            "{wider} around it is still banned; aegis-cli unblock {wider}"
        ));
    }
    lines.join("\n")
}

fn subject(ban: &Ban) -> String {
    match part(ban).as_str() {
        "everything" => ban.target.clone(),
        part => format!("{} ({part})", ban.target),
    }
}

fn part(ban: &Ban) -> String {
    match (&ban.protocol, ban.port) {
        (None, None) => "everything".to_owned(),
        (Some(protocol), None) => protocol.clone(),
        (None, Some(port)) => format!("port {port}"),
        (Some(protocol), Some(port)) => format!("{protocol} port {port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ban(target: &str) -> Ban {
        Ban {
            target: target.to_owned(),
            port: None,
            protocol: None,
            reason: None,
            rule: 1,
            expires: None,
            expires_in_seconds: None,
        }
    }

    #[test]
    fn the_list_is_a_table_with_its_sum() {
        let scoped = Ban {
            port: Some(22),
            protocol: Some("tcp".to_owned()),
            reason: Some("scans".to_owned()),
            rule: 12,
            expires: Some("2026-01-01T00:00:00Z".parse().expect("RFC 3339")),
            expires_in_seconds: Some(3_600),
            ..ban("2001:db8::/32")
        };
        let bans = vec![ban("192.0.2.1"), scoped];
        let expected = "\
TARGET         PART         ENDS IN  RULE  REASON
192.0.2.1      everything     never     1
2001:db8::/32  tcp port 22       1h    12  scans
2 bans";
        assert_eq!(list(&BanList { bans }), expected);
        assert_eq!(list(&BanList::default()), "nothing is banned");
    }

    #[test]
    fn what_block_did_is_told_in_one_line() {
        let answer = BanAnswer {
            ban: ban("192.0.2.1"),
            renewed: false,
            overruled_by: None,
        };
        assert_eq!(banned(&answer), "banned 192.0.2.1 until it is unblocked");
        let ban = Ban {
            port: Some(22),
            expires: Some("2026-01-01T00:00:00.123Z".parse().expect("RFC 3339")),
            expires_in_seconds: Some(60),
            ..ban("192.0.2.1")
        };
        let answer = BanAnswer {
            ban,
            renewed: true,
            overruled_by: None,
        };
        assert_eq!(
            banned(&answer),
            "renewed the ban on 192.0.2.1 (port 22) for 1m, until 2026-01-01T00:00:00Z"
        );
    }

    #[test]
    fn what_still_covers_an_unbanned_target_is_told() {
        let still_covered_by = Some("192.0.2.0/24".to_owned());
        let text = unbanned(&UnbanAnswer {
            removed: vec![ban("192.0.2.1")],
            still_covered_by,
        });
        assert!(
            text.starts_with("unbanned 192.0.2.1\n192.0.2.0/24 around it"),
            "{text}"
        );
    }
}

// SPDX-License-Identifier: MIT
//! Connections counted together.

use super::flows::way;
use super::places;
use super::table::{Align, Table};
use super::units::{bytes, count, number};
use aegis_api::{FlowGroup, FlowGroupBy, FlowGroupList};

/// What stands where nothing is known.
const UNKNOWN: &str = "unknown";

/// The groups, and the sum.
pub fn list(by: FlowGroupBy, answer: &FlowGroupList) -> String {
    match answer.groups.is_empty() {
        true => sum(answer),
        false => format!("{}\n{}", table(by, &answer.groups), sum(answer)),
    }
}

/// The same for a screen that is drawn again and again: the sum stays in its place.
pub fn screen(by: FlowGroupBy, answer: &FlowGroupList) -> String {
    match answer.groups.is_empty() {
        true => sum(answer),
        false => format!("{}\n{}", sum(answer), table(by, &answer.groups)),
    }
}

fn sum(answer: &FlowGroupList) -> String {
    let (matched, total) = (answer.matched, answer.total);
    let all = count(total, "connection", "connections");
    let of = match matched == total {
        true => all,
        false => format!("{} of {all}", number(matched as u64)),
    };
    let groups = count(answer.found, "group", "groups");
    match answer.groups.len() == answer.found {
        true => format!("{of} in {groups}"),
        false => format!("{of} in {groups}, {} shown", answer.groups.len()),
    }
}

fn table(by: FlowGroupBy, groups: &[FlowGroup]) -> String {
    use Align::{Left, Right};
    let place = places::heading(groups.iter().map(|group| &group.place));
    let is_named = groups.iter().any(|group| !group.label.is_empty());
    let key = by.label().to_uppercase();
    let last = if is_named { "NAME" } else { place };
    let heading = [
        &key,
        "CONNECTIONS",
        "RECEIVED",
        "SENT",
        "PACKETS/S",
        "BYTES/S",
        last,
    ];
    let mut table = Table::new(heading, [Left, Right, Right, Right, Right, Right, Left]);
    for group in groups {
        let key = if group.key.is_empty() {
            UNKNOWN
        } else {
            &group.key
        };
        let last = if is_named {
            group.label.clone()
        } else {
            places::cell(&group.place)
        };
        table.row([
            key.to_owned(),
            number(group.connections as u64),
            way(&group.received),
            way(&group.sent),
            number(group.now.packets_per_second),
            bytes(group.now.bytes_per_second()),
            last,
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::{FlowRate, Total};

    #[test]
    fn groups_are_a_table_with_their_sum() {
        let group = |key: &str, label: &str, connections| FlowGroup {
            key: key.to_owned(),
            label: label.to_owned(),
            connections,
            received: Total {
                packets: 1_200,
                bytes: 72_000,
            },
            now: FlowRate {
                received_bytes_per_second: 1_000,
                sent_bytes_per_second: 24,
                packets_per_second: 7,
            },
            ..FlowGroup::default()
        };
        let answer = FlowGroupList {
            groups: vec![group("RU", "Russia", 4_000), group("", "", 2)],
            found: 3,
            matched: 4_003,
            total: 5_000,
        };
        let expected = "\
COUNTRY  CONNECTIONS          RECEIVED     SENT  PACKETS/S  BYTES/S  NAME
RU             4,000  1,200 / 70.3 KiB  0 / 0 B          7  1.0 KiB  Russia
unknown            2  1,200 / 70.3 KiB  0 / 0 B          7  1.0 KiB
4,003 of 5,000 connections in 3 groups, 2 shown";
        assert_eq!(list(FlowGroupBy::Country, &answer), expected);
        let none = FlowGroupList::default();
        assert_eq!(
            screen(FlowGroupBy::Port, &none),
            "0 connections in 0 groups"
        );
    }
}

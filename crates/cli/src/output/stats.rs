// SPDX-License-Identifier: MIT
//! Counters.

use super::table::{Align, Table};
use super::units::{bytes, number};
use aegis_api::{CounterRow, EventRow, Stats, Total};

/// Counters by reason, their sums, and what became of events.
pub fn render(stats: &Stats) -> String {
    if stats.counters.is_empty() {
        return "no packet has been judged yet".to_owned();
    }
    let mut parts = vec![counters(&stats.counters), sums(stats)];
    if !stats.events.is_empty() {
        parts.push(events(&stats.events));
    }
    parts.join("\n\n")
}

fn counters(rows: &[CounterRow]) -> String {
    use Align::{Left, Right};
    let heading = [
        "HOOK", "FAMILY", "REASON", "CLASS", "ACTION", "PACKETS", "BYTES",
    ];
    let mut table = Table::new(heading, [Left, Left, Left, Left, Left, Right, Right]);
    for row in rows {
        let CounterRow {
            hook,
            family,
            reason,
            class,
            action,
            ..
        } = row.clone();
        let (packets, size) = (number(row.packets), bytes(row.bytes));
        table.row([hook, family, reason, class, action, packets, size]);
    }
    table.render()
}

fn sums(stats: &Stats) -> String {
    let sum = |total: &Total| format!("{} packets ({})", number(total.packets), bytes(total.bytes));
    let mut text = format!(
        "passed {}, dropped {}",
        sum(&stats.passed),
        sum(&stats.dropped)
    );
    if stats.answered.packets > 0 {
        let answered = sum(&stats.answered);
        text.push_str(&format!(
            ", answered with SYN cookies or left to the kernel's {answered}"
        ));
    }
    if stats.without_room > 0 {
        let count = number(stats.without_room);
        text.push_str(&format!("\nconnections that found no room: {count}"));
    }
    text
}

fn events(rows: &[EventRow]) -> String {
    use Align::{Left, Right};
    let heading = ["EVENTS OF", "SENT", "SUPPRESSED", "LOST"];
    let mut table = Table::new(heading, [Left, Right, Right, Right]);
    for row in rows {
        let (sent, suppressed, lost) = (number(row.sent), number(row.suppressed), number(row.lost));
        table.row([row.reason.clone(), sent, suppressed, lost]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_sums_and_events_are_shown() {
        let counter = CounterRow {
            hook: "xdp_ingress".to_owned(),
            family: "ipv4".to_owned(),
            reason: "ban_address".to_owned(),
            class: "MANUAL_BLOCK".to_owned(),
            action: "drop".to_owned(),
            packets: 1_200,
            bytes: 72_000,
        };
        let reason = "ban_address".to_owned();
        let stats = Stats {
            counters: vec![counter],
            events: vec![EventRow {
                reason,
                sent: 5,
                suppressed: 1_195,
                lost: 0,
            }],
            passed: Total::default(),
            dropped: Total {
                packets: 1_200,
                bytes: 72_000,
            },
            answered: Total {
                packets: 3,
                bytes: 180,
            },
            without_room: 2,
        };
        let expected = "\
HOOK         FAMILY  REASON       CLASS         ACTION  PACKETS     BYTES
xdp_ingress  ipv4    ban_address  MANUAL_BLOCK  drop      1,200  70.3 KiB

passed 0 packets (0 B), dropped 1,200 packets (70.3 KiB), answered with SYN cookies or left to the kernel's 3 packets (180 B)
connections that found no room: 2

EVENTS OF    SENT  SUPPRESSED  LOST
ban_address     5       1,195     0";
        assert_eq!(render(&stats), expected);
    }
}

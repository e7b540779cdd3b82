// SPDX-License-Identifier: MIT
//! Counters a second.

use super::table::{Align, Table};
use super::units::{bytes, number};
use aegis_api::{Rate, Rates, Snapshot};
use serde::Serialize;

/// One line of `stats --follow`.
#[derive(Debug, Serialize)]
pub struct Frame {
    /// What was counted so far.
    #[serde(flatten)]
    pub snapshot: Snapshot,
    /// What that comes to since the line before; null for the first.
    pub rates: Option<Rates>,
}

/// The sums, and what moved.
pub fn screen(frame: &Frame) -> String {
    let mut parts = vec![format!("{:.0}", frame.snapshot.timestamp)];
    match &frame.rates {
        None => parts.push("counting".to_owned()),
        Some(rates) => parts.extend([sums(rates), moved(rates)]),
    }
    if frame.snapshot.missed > 0 {
        let missed = number(frame.snapshot.missed);
        parts.push(format!(
            "{missed} lines were left out: this client reads too slowly"
        ));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn sums(rates: &Rates) -> String {
    let sum = |rate: &Rate| {
        let (packets, size) = shown(rate);
        format!("{packets} packets/s ({size}/s)")
    };
    format!(
        "passed {}, dropped {}",
        sum(&rates.passed),
        sum(&rates.dropped)
    )
}

fn moved(rates: &Rates) -> String {
    use Align::{Left, Right};
    if rates.counters.is_empty() {
        return String::new();
    }
    let heading = ["HOOK", "FAMILY", "REASON", "ACTION", "PACKETS/S", "BYTES/S"];
    let mut table = Table::new(heading, [Left, Left, Left, Left, Right, Right]);
    for row in &rates.counters {
        let (packets, size) = shown(&row.rate);
        let [hook, family, reason, action] =
            [&row.hook, &row.family, &row.reason, &row.action].map(String::clone);
        table.row([hook, family, reason, action, packets, size]);
    }
    table.render()
}

/// Packets below ten a second with a digit more: one in five seconds is not none.
fn shown(rate: &Rate) -> (String, String) {
    let packets = match rate.packets_per_second {
        few if few < 10.0 => format!("{few:.1}"),
        // A float becomes the nearest integer there is.
        many => number(many.round() as u64),
    };
    (packets, bytes(rate.bytes_per_second.round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::{RateRow, Stats};

    #[test]
    fn what_moved_is_shown_a_second() {
        let rate = Rate {
            packets_per_second: 1_234.4,
            bytes_per_second: 74_064.0,
        };
        let row = RateRow {
            hook: "xdp_ingress".to_owned(),
            family: "ipv4".to_owned(),
            reason: "ban_address".to_owned(),
            action: "drop".to_owned(),
            rate,
        };
        let mut frame = Frame {
            snapshot: Snapshot {
                timestamp: "2026-01-01T10:11:12Z".parse().expect("RFC 3339"),
                elapsed_nanoseconds: 0,
                missed: 2,
                stats: Stats::default(),
            },
            rates: Some(Rates {
                counters: vec![row],
                dropped: rate,
                passed: Rate {
                    packets_per_second: 0.2,
                    bytes_per_second: 12.0,
                },
            }),
        };
        let expected = "\
2026-01-01T10:11:12Z
passed 0.2 packets/s (12 B/s), dropped 1,234 packets/s (72.3 KiB/s)
HOOK         FAMILY  REASON       ACTION  PACKETS/S   BYTES/S
xdp_ingress  ipv4    ban_address  drop        1,234  72.3 KiB
2 lines were left out: this client reads too slowly";
        assert_eq!(screen(&frame), expected);
        frame.rates = None;
        frame.snapshot.missed = 0;
        assert_eq!(screen(&frame), "2026-01-01T10:11:12Z\ncounting");
    }
}

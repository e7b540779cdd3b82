// SPDX-License-Identifier: MIT
//! Counters into answers.

use aegis_abi::{Action, Count, CounterSlot, EventCount, Reason, Settings, StateCounter};
use aegis_api::{CounterRow, EventLoss, EventRow, Stats, Total};
use aegis_core::action::action_of;

/// Every counter, with its sums.
pub fn stats(
    counters: &[(CounterSlot, Count)],
    events: &[(Reason, EventCount)],
    (state, settings): (&[(StateCounter, u64)], &Settings),
) -> Stats {
    let mut stats = Stats {
        without_room: count_of(state, StateCounter::FlowsFull),
        ..Stats::default()
    };
    for (slot, count) in counters {
        let action = action_of(slot.reason, settings);
        let total = match action {
            Action::Pass => &mut stats.passed,
            Action::Drop => &mut stats.dropped,
            Action::Answer => &mut stats.answered,
        };
        add(total, count);
        stats.counters.push(row(slot, action, count));
    }
    stats.events = events.iter().map(event_row).collect();
    stats
}

fn count_of(state: &[(StateCounter, u64)], counter: StateCounter) -> u64 {
    let found = state.iter().find(|(known, _)| *known == counter);
    found.map_or(0, |(_, count)| *count)
}

fn add(total: &mut Total, count: &Count) {
    total.packets = total.packets.saturating_add(count.packets);
    total.bytes = total.bytes.saturating_add(count.bytes);
}

fn row(slot: &CounterSlot, action: Action, count: &Count) -> CounterRow {
    CounterRow {
        hook: slot.hook.label().to_owned(),
        family: slot.family.label().to_owned(),
        reason: slot.reason.label().to_owned(),
        class: slot.reason.class(slot.hook).label().to_owned(),
        action: action.label().to_owned(),
        packets: count.packets,
        bytes: count.bytes,
    }
}

fn event_row((reason, count): &(Reason, EventCount)) -> EventRow {
    EventRow {
        reason: reason.label().to_owned(),
        sent: count.sent,
        suppressed: count.suppressed,
        lost: count.lost,
    }
}

/// The sum over all reasons.
pub fn loss(events: &[(Reason, EventCount)], undecodable: u64) -> EventLoss {
    let start = EventLoss {
        undecodable,
        ..EventLoss::default()
    };
    events.iter().fold(start, |sum, (_, count)| EventLoss {
        sent: sum.sent.saturating_add(count.sent),
        suppressed: sum.suppressed.saturating_add(count.suppressed),
        lost: sum.lost.saturating_add(count.lost),
        ..sum
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::{Family, Flags, Hook};

    #[test]
    fn sums_tell_passed_from_dropped() {
        let slot = |hook, reason| CounterSlot {
            hook,
            family: Family::V4,
            reason,
        };
        let count = |packets| Count {
            packets,
            bytes: packets * 100,
        };
        let counters = [
            (slot(Hook::XdpIngress, Reason::Default), count(3)),
            (slot(Hook::XdpIngress, Reason::Arp), count(1)),
            (slot(Hook::TcEgress, Reason::BanAddress), count(5)),
            (slot(Hook::XdpIngress, Reason::TcpTruncated), count(2)),
            (slot(Hook::XdpIngress, Reason::SynCookie), count(4)),
        ];
        let settings = Settings {
            flags: Settings::DEFAULT.flags.with(Flags::SYN_COOKIES),
            ..Settings::DEFAULT
        };
        let state = [(StateCounter::FlowsFull, 9), (StateCounter::FlowsAdded, 1)];
        let stats = stats(&counters, &[], (&state, &settings));
        assert_eq!((stats.answered.packets, stats.without_room), (4, 9));
        assert_eq!(
            stats.passed,
            Total {
                packets: 4,
                bytes: 400
            }
        );
        assert_eq!(
            stats.dropped,
            Total {
                packets: 7,
                bytes: 700
            }
        );
        let egress = &stats.counters[2];
        assert_eq!(
            (egress.class.as_str(), egress.action.as_str()),
            ("EGRESS_BLOCK", "drop")
        );
    }
}

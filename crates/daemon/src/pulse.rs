// SPDX-License-Identifier: MIT
//! Whether packets are judged at all, and how many events are lost meanwhile: counters, looked at
//! once a second.

use aegis_abi::{Count, CounterSlot};
use aegis_api::EventLoss;
use std::time::{Duration, Instant};

/// Over at least so long events are counted by the second.
const SPAN: Duration = Duration::from_millis(900);

/// What counters were when they were last looked at.
#[derive(Debug, Default)]
pub struct Pulse {
    packets: Option<u64>,
    moved: Option<Instant>,
    events: Option<(Instant, EventLoss)>,
    suppressed_per_second: u64,
    lost_per_second: u64,
}

impl Pulse {
    /// Takes note of packets that were judged.
    pub fn note_packets(&mut self, counters: &[(CounterSlot, Count)], now: Instant) {
        let packets = counters.iter().map(|(_, count)| count.packets);
        let packets = packets.fold(0, u64::saturating_add);
        // What an earlier daemon's programs counted moved at a time that nobody knows.
        if self.packets.is_some_and(|before| before != packets) {
            self.moved = Some(now);
        }
        self.packets = Some(packets);
    }

    /// Takes note of events.
    pub fn note_events(&mut self, events: EventLoss, now: Instant) {
        let Some((since, before)) = self.events else {
            self.events = Some((now, events));
            return;
        };
        let span = now.saturating_duration_since(since);
        if span < SPAN {
            return;
        }
        let rate = |before: u64, after: u64| {
            let more = after.saturating_sub(before) as f64;
            (more / span.as_secs_f64()).round() as u64
        };
        self.suppressed_per_second = rate(before.suppressed, events.suppressed);
        self.lost_per_second = rate(before.lost, events.lost);
        self.events = Some((now, events));
    }

    /// Since the last packet that was judged; `None` where there was none since the start.
    pub fn last_packet(&self, now: Instant) -> Option<Duration> {
        let moved = self.moved?;
        Some(now.saturating_duration_since(moved))
    }

    /// Events over budget in the last second.
    pub fn suppressed_per_second(&self) -> u64 {
        self.suppressed_per_second
    }

    /// Those events, with what becomes of them in a second.
    pub fn by_the_second(&self, events: EventLoss) -> EventLoss {
        EventLoss {
            suppressed_per_second: self.suppressed_per_second,
            lost_per_second: self.lost_per_second,
            ..events
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::{Family, Hook, Reason};

    fn packets(packets: u64) -> [(CounterSlot, Count); 1] {
        let slot = CounterSlot {
            hook: Hook::XdpIngress,
            family: Family::V4,
            reason: Reason::Default,
        };
        [(slot, Count { packets, bytes: 0 })]
    }

    #[test]
    fn the_last_packet_is_the_last_that_was_counted_since_the_start() {
        let (mut pulse, start) = (Pulse::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        pulse.note_packets(&packets(7), at(0));
        assert_eq!(pulse.last_packet(at(1)), None, "an earlier daemon's");
        pulse.note_packets(&packets(8), at(2));
        pulse.note_packets(&packets(8), at(3));
        assert_eq!(pulse.last_packet(at(5)), Some(Duration::from_secs(3)));
    }

    #[test]
    fn events_are_told_by_the_second_and_only_over_a_second() {
        let (mut pulse, start) = (Pulse::default(), Instant::now());
        let loss = |suppressed, lost| EventLoss {
            suppressed,
            lost,
            ..EventLoss::default()
        };
        pulse.note_events(loss(100, 0), start);
        pulse.note_events(loss(900, 9), start + Duration::from_millis(10));
        pulse.note_events(loss(300, 8), start + Duration::from_secs(2));
        let told = pulse.by_the_second(loss(300, 8));
        assert_eq!((told.suppressed_per_second, told.lost_per_second), (100, 4));
    }
}

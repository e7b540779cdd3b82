// SPDX-License-Identifier: MIT
//! Which counters of state have risen lately: trouble is worth a warning while it goes on.

use aegis_abi::StateCounter;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// So long after a rise it goes on.
const LATELY: Duration = Duration::from_secs(10);

/// Counters, and when each last rose.
#[derive(Debug, Default)]
pub struct Trend(BTreeMap<StateCounter, (u64, Instant)>);

impl Trend {
    /// Takes note of counts that are not 0.
    pub fn note(&mut self, counters: &[(StateCounter, u64)]) {
        self.note_at(counters, Instant::now());
    }

    fn note_at(&mut self, counters: &[(StateCounter, u64)], now: Instant) {
        for &(counter, count) in counters {
            let known = self.0.get(&counter).map_or(0, |(count, _)| *count);
            if count != known {
                self.0.insert(counter, (count, now));
            }
        }
    }

    /// Whether it has risen lately.
    pub fn is_rising(&self, counter: StateCounter) -> bool {
        self.rose(counter).is_some()
    }

    fn rose(&self, counter: StateCounter) -> Option<u64> {
        let (count, at) = self.0.get(&counter)?;
        (at.elapsed() < LATELY).then_some(*count)
    }

    /// What goes wrong at the moment, one line each. That connections found no room is told for as long
    /// as the room is short: the next one finds none either.
    pub fn warnings(&self, warnings: &mut Vec<String>, short_of_room: bool) {
        for (counter, words) in TROUBLE {
            let line = |count: u64| {
                let words = words.replace("COUNT", &count.to_string());
                format!("{words} since the start")
            };
            let stays = short_of_room && counter == StateCounter::FlowsFull;
            let ever = || self.0.get(&counter).map(|(count, _)| *count);
            let trouble = self.rose(counter).or_else(|| ever().filter(|_| stays));
            warnings.extend(trouble.map(line));
        }
    }
}

const TROUBLE: [(StateCounter, &str); 5] = [
    (
        StateCounter::FlowsFull,
        "connections for which there is no room: COUNT",
    ),
    (
        StateCounter::HalfOpenEvicted,
        "half-open connections give way to newer ones: COUNT",
    ),
    (
        StateCounter::SourcesEvicted,
        "more sources than can be watched at once: COUNT gave way to others",
    ),
    (
        StateCounter::OffencesLost,
        "more offences than the daemon can read: COUNT lost",
    ),
    (
        StateCounter::GaugeExceeded,
        "a SYN flood goes on: COUNT attempts beyond what the host takes",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_while_it_goes_on() {
        let mut trend = Trend::default();
        let long_ago = Instant::now()
            .checked_sub(2 * LATELY)
            .expect("the host is up");
        let told = |trend: &Trend| {
            let mut warnings = Vec::new();
            trend.warnings(&mut warnings, false);
            warnings
        };
        trend.note_at(&[(StateCounter::FlowsFull, 3)], long_ago);
        assert!(told(&trend).is_empty(), "it is over");
        let mut short = Vec::new();
        trend.warnings(&mut short, true);
        assert_eq!(short.len(), 1, "the table is still full: {short:?}");
        trend.note(&[(StateCounter::FlowsFull, 3)]);
        assert!(told(&trend).is_empty(), "it has not risen");
        trend.note(&[(StateCounter::FlowsFull, 5), (StateCounter::FlowsAdded, 9)]);
        let warnings = told(&trend);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(
            warnings[0].ends_with("no room: 5 since the start"),
            "{warnings:?}"
        );
        assert!(trend.is_rising(StateCounter::FlowsAdded));
    }
}

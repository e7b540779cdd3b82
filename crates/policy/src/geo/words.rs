// SPDX-License-Identifier: MIT
//! What an operator says of regions while the daemon runs. It outlives the daemon, and holds until the
//! configuration has the region otherwise than it had when it was said.

use super::{GeoPolicy, Region};
use crate::config::{Direction, Geo};
use std::collections::BTreeMap;

/// What was said of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionWord {
    /// Which of its packets are not let through; `None`: all are.
    pub blocked: Option<Direction>,
    /// The same as the configuration had it then.
    pub configured: Option<Direction>,
}

/// What was said, by region; the last word counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegionWords(BTreeMap<Region, RegionWord>);

impl RegionWords {
    /// What is said of a region.
    #[must_use]
    pub fn of(&self, region: Region) -> Option<RegionWord> {
        self.0.get(&region).copied()
    }

    /// Takes note of a word, or that there is none any more.
    pub fn say(&mut self, region: Region, word: Option<RegionWord>) {
        match word {
            Some(word) => drop(self.0.insert(region, word)),
            None => drop(self.0.remove(&region)),
        }
    }

    /// Every one.
    pub fn iter(&self) -> impl Iterator<Item = (Region, RegionWord)> + '_ {
        self.0.iter().map(|(region, word)| (*region, *word))
    }

    /// A policy, with what was said; of that, what a configuration has otherwise by now counts for
    /// nothing.
    pub fn apply(&self, policy: &mut GeoPolicy, config: &Geo) {
        let hold = self
            .iter()
            .filter(|(region, word)| holds(*region, *word, config));
        for (region, word) in hold {
            match word.blocked {
                Some(direction) => drop(policy.block.insert(region, direction)),
                None => drop(policy.block.remove(&region)),
            }
        }
    }

    /// Forgets what a configuration has otherwise by now; which regions that was about.
    pub fn follow(&mut self, config: &Geo) -> Vec<Region> {
        let over = self
            .iter()
            .filter(|(region, word)| !holds(*region, *word, config));
        let over: Vec<Region> = over.map(|(region, _)| region).collect();
        self.0.retain(|region, _| !over.contains(region));
        over
    }
}

fn holds(region: Region, word: RegionWord, config: &Geo) -> bool {
    config.blocked(region) == word.configured
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(text: &str) -> Region {
        text.parse().expect("it is one")
    }

    fn config(block: &[&str]) -> Geo {
        Geo {
            block: block.iter().map(|text| region(text)).collect(),
            ..Geo::default()
        }
    }

    fn policy(words: &RegionWords, config: &Geo) -> String {
        let mut policy = config.policy();
        words.apply(&mut policy, config);
        policy.to_string()
    }

    #[test]
    fn a_word_holds_until_the_configuration_has_its_region_otherwise() {
        let (cn, ru) = (region("CN"), region("RU"));
        let before = config(&["CN"]);
        let mut words = RegionWords::default();
        let word = |blocked, configured| {
            Some(RegionWord {
                blocked,
                configured,
            })
        };
        words.say(cn, word(None, Some(Direction::In)));
        words.say(ru, word(Some(Direction::Out), None));
        assert_eq!(policy(&words, &before), "blocked: RU (out)");
        // What is said of others changes nothing.
        assert_eq!(
            policy(&words, &config(&["CN", "DE"])),
            "blocked: DE (in), RU (out)"
        );
        assert_eq!(words.clone().follow(&before), []);
        let after = config(&["RU"]);
        assert_eq!(policy(&words, &after), "blocked: RU (in)");
        assert_eq!(words.follow(&after), [cn, ru]);
        assert_eq!(words, RegionWords::default());
        let both = Geo {
            direction: Direction::Both,
            ..config(&["CN"])
        };
        words.say(cn, word(None, Some(Direction::In)));
        assert_eq!(words.follow(&both), [cn], "it is blocked more than it was");
        words.say(cn, word(Some(Direction::In), None));
        words.say(cn, None);
        assert_eq!(words.of(cn), None);
    }
}

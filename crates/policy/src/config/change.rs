// SPDX-License-Identifier: MIT
//! What differs between two configurations.

use super::{Config, Effect, KEYS, Key, Value};
use std::fmt;

/// A key whose value is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The key.
    pub key: &'static Key,
    /// Its value before.
    pub before: Value,
    /// Its value now.
    pub after: Value,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, before, after } = self;
        write!(f, "{} was {before} and is {after}", key.name())
    }
}

impl Config {
    /// The keys whose values another configuration changes, in the order of [`KEYS`].
    #[must_use]
    pub fn difference(&self, other: &Self) -> Vec<Changed> {
        let (mut before, mut after) = (self.clone(), other.clone());
        let changed = |key: &'static Key| {
            let (before, after) = (key.value_in(&mut before), key.value_in(&mut after));
            (before != after).then_some(Changed { key, before, after })
        };
        KEYS.iter().filter_map(changed).collect()
    }

    /// This configuration with those of the other's values that take effect at once: what runs
    /// after a reload.
    #[must_use]
    pub fn reloaded(&self, other: &Self) -> Self {
        let mut config = self.clone();
        for changed in self.difference(other) {
            if changed.key.takes_effect() == Effect::AtOnce {
                changed.key.set_in(&mut config, &changed.after);
            }
        }
        config
    }
}

// SPDX-License-Identifier: MIT
//! Values that are one word out of a few, in JSON as at a terminal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that is none of the words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is none of {}", known.join(", "))]
pub struct NoWord {
    given: String,
    known: &'static [&'static str],
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$about])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The words for them.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.label())
            }
        }

        impl FromStr for $name {
            type Err = NoWord;

            fn from_str(text: &str) -> Result<Self, NoWord> {
                let found = Self::ALL.iter().find(|word| word.label() == text);
                found.copied().ok_or_else(|| NoWord {
                    given: text.to_owned(),
                    known: Self::WORDS,
                })
            }
        }
    };
}

words! {
    /// Which packets of peers something is about.
    #[derive(Default)]
    Direction {
        /// All, either way, whatever connection they belong to.
        #[default]
        Both = "both",
        /// What the peers begin.
        In = "in",
        /// What this host begins with them.
        Out = "out",
    }
}

words! {
    /// What happens to whom a list names.
    #[derive(Default)]
    ListAction {
        /// They are dropped.
        #[default]
        Block = "block",
        /// They are counted, and told of: what would have been dropped.
        Alert = "alert",
    }
}

words! {
    /// What comes of it that a list names an address.
    ListEffect {
        /// Nothing from or to it passes.
        Dropped = "dropped",
        /// What it begins is dropped.
        DroppedIn = "dropped_in",
        /// What this host begins with it is dropped.
        DroppedOut = "dropped_out",
        /// It is counted, and told of.
        Counted = "counted",
        /// Nothing: the list, or all of them, are off.
        Nothing = "nothing",
    }
}

impl ListEffect {
    /// Whether packets are dropped for it.
    #[must_use]
    pub const fn drops(self) -> bool {
        matches!(self, Self::Dropped | Self::DroppedIn | Self::DroppedOut)
    }
}

words! {
    /// What becomes of a country or an autonomous system.
    RegionAction {
        /// It is not let through.
        Block = "block",
        /// It is among the only ones that are.
        Allow = "allow",
        /// It is, although the configuration or somebody else blocks it: an operator said so.
        Pass = "pass",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_json_and_at_a_terminal() {
        for &direction in Direction::ALL {
            let json = serde_json::to_value(direction).expect("it is JSON");
            assert_eq!(json, direction.label());
            assert_eq!(direction.to_string().parse(), Ok(direction));
        }
        let wrong = "inn".parse::<Direction>().expect_err("it is none");
        assert_eq!(wrong.to_string(), "\"inn\" is none of both, in, out");
    }
}

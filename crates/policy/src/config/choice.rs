// SPDX-License-Identifier: MIT
//! Values that are one word out of a few.

/// A value that is one of a few words.
pub trait Choice {
    /// The word.
    fn label(&self) -> &'static str;

    /// Takes the value of a word; false leaves it as it is, for a word that is none of them.
    fn choose(&mut self, word: &str) -> bool;
}

/// Defines an enum of words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name {
            $($(#[$about])* $variant,)+
        }

        impl $name {
            /// Every word.
            pub const WORDS: &'static [&'static str] = &[$($word),+];
        }

        impl Choice for $name {
            fn label(&self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            fn choose(&mut self, word: &str) -> bool {
                match word {
                    $($word => *self = Self::$variant,)+
                    _ => return false,
                }
                true
            }
        }
    };
}
pub(super) use choice;

choice! {
    /// How arriving packets are met.
    Mode {
        /// By the driver if it can, else by the stack.
        #[default]
        Auto = "auto",
        /// By the driver, or not at all.
        Native = "native",
        /// By the stack.
        Generic = "generic",
    }
}

choice! {
    /// How departing packets are met.
    Tc {
        /// TCX (Linux 6.6) if the kernel has it, else clsact.
        #[default]
        Auto = "auto",
        /// A filter of a clsact qdisc.
        Clsact = "clsact",
        /// Not at all.
        Off = "off",
    }
}

choice! {
    /// What is done about an interface that is not there.
    Missing {
        /// The daemon does not start: the name may be a mistake.
        #[default]
        Refuse = "refuse",
        /// It is guarded as soon as it is there.
        Wait = "wait",
    }
}

choice! {
    /// What becomes of the filter when its daemon is stopped.
    OnStop {
        /// It ends.
        #[default]
        Detach = "detach",
        /// It stays, by the policy of then.
        Keep = "keep",
    }
}

choice! {
    /// What happens to the later fragments of a packet.
    Fragments {
        /// They are left to reassembly.
        #[default]
        Pass = "pass",
        /// They are dropped.
        Drop = "drop",
    }
}

choice! {
    /// Whether the daemon gives up privileges once it has started.
    Confine {
        /// As many as the kernel can take from it.
        #[default]
        Auto = "auto",
        /// None.
        Off = "off",
    }
}

choice! {
    /// From which severity on the daemon logs.
    Level {
        /// Nothing.
        Off = "off",
        /// What failed.
        Error = "error",
        /// What is amiss, too.
        Warn = "warn",
        /// What happens, too.
        #[default]
        Info = "info",
        /// Why, too.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_shown() {
        for &word in Level::WORDS {
            let mut level = Level::default();
            assert!(level.choose(word));
            assert_eq!(level.label(), word);
        }
        let mut level = Level::Debug;
        assert!(!level.choose("INFO") && level == Level::Debug);
    }
}

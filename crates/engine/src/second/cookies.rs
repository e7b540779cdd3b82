// SPDX-License-Identifier: MIT
//! SYN cookies: whether SYNs beyond the half-open gauge are answered with them.

use crate::EngineError;
use crate::error::one_line;
use aegis_abi::{Flags, Settings};
use std::fmt;

/// The host's own switch: 0 off, 1 where a queue overflows, 2 always. It is the reader's network
/// namespace that is shown, whatever the mount.
const SYSCTL: &str = "/proc/sys/net/ipv4/tcp_syncookies";

/// Whether SYNs are answered with cookies. Where they are not, they go to the kernel's own queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SynCookies {
    /// They are, once there are too many of them.
    On,
    /// They are not.
    Off {
        /// Why, and what can be done.
        reason: String,
    },
}

impl fmt::Display for SynCookies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On => formatter.write_str("on"),
            Self::Off { reason } => write!(formatter, "off: {reason}"),
        }
    }
}

/// The program that answers: loaded, or refused by the kernel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answerer {
    refusal: Option<String>,
}

impl Answerer {
    pub(crate) fn refused(error: &EngineError) -> Self {
        Self {
            refusal: Some(one_line(error)),
        }
    }

    /// Whether it answers, by what the host says now.
    pub(crate) fn state(&self) -> SynCookies {
        let sysctl = std::fs::read_to_string(SYSCTL).ok();
        state(self.refusal.as_deref(), sysctl.as_deref())
    }

    /// The settings with the switch where it belongs.
    pub(crate) fn switched(&self, settings: Settings) -> Settings {
        let flags = match self.state() {
            SynCookies::On => settings.flags.with(Flags::SYN_COOKIES),
            SynCookies::Off { .. } => settings.flags.without(Flags::SYN_COOKIES),
        };
        Settings { flags, ..settings }
    }
}

fn state(refusal: Option<&str>, sysctl: Option<&str>) -> SynCookies {
    let off = |reason: &str| SynCookies::Off {
        reason: reason.to_owned(),
    };
    match (refusal, sysctl.map(str::trim)) {
        (Some(refusal), _) => off(refusal),
        (None, Some("0")) => {
            off("net.ipv4.tcp_syncookies is 0; sysctl -w net.ipv4.tcp_syncookies=1")
        }
        (None, None) => off("the kernel has no SYN cookies; build it with CONFIG_SYN_COOKIES"),
        (None, Some(_)) => SynCookies::On,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_why_there_are_none_and_what_to_do() {
        assert_eq!(state(None, Some("1\n")), SynCookies::On);
        assert_eq!(state(None, Some("2\n")), SynCookies::On);
        assert_eq!(
            state(None, Some("0\n")).to_string(),
            "off: net.ipv4.tcp_syncookies is 0; sysctl -w net.ipv4.tcp_syncookies=1"
        );
        let refused = state(Some("the kernel refuses it"), Some("1\n"));
        assert_eq!(refused.to_string(), "off: the kernel refuses it");
        assert!(state(None, None).to_string().contains("CONFIG_SYN_COOKIES"));
    }

    #[test]
    fn the_switch_follows_the_program() {
        let refused = Answerer {
            refusal: Some(String::new()),
        };
        let asked = Settings {
            flags: Settings::DEFAULT.flags.with(Flags::SYN_COOKIES),
            ..Settings::DEFAULT
        };
        assert!(!refused.switched(asked).flags.has(Flags::SYN_COOKIES));
    }
}

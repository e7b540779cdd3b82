// SPDX-License-Identifier: MIT
//! What happens to packets of a reason, for whoever has only the counters. The stages decide this
//! with the reason; tests hold every verdict to it.

use crate::malformed::Malformed;
use crate::newcomer::later_fragments;
use aegis_abi::{Action, Class, Hook, Reason, Settings};

/// What every verdict with this reason does. It is the same at every hook.
#[must_use]
pub fn action_of(reason: Reason, settings: &Settings) -> Action {
    let malformed = Malformed::ALL.iter().find(|known| known.reason() == reason);
    if let Some(malformed) = malformed {
        return malformed.policy();
    }
    match reason.class(Hook::XdpIngress) {
        Class::Default if reason == Reason::LaterFragment => later_fragments(settings),
        Class::Default | Class::Whitelist | Class::Infrastructure => Action::Pass,
        Class::Conntrack if is_known(reason) => Action::Pass,
        Class::RateLimit if reason == Reason::SynCookie => Action::Answer,
        Class::ManualBlock
        | Class::EgressBlock
        | Class::CidrFeed
        | Class::Place
        | Class::TcpAnomaly
        | Class::Spoofed
        | Class::Conntrack
        | Class::PortScan
        | Class::Threat
        | Class::RateLimit
        | Class::Ipv6Policy
        | Class::Malformed => Action::Drop,
    }
}

/// Reasons of connections that pass.
fn is_known(reason: Reason) -> bool {
    let known = [
        Reason::Established,
        Reason::Related,
        Reason::PickedUp,
        Reason::Untracked,
    ];
    known.contains(&reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::Flags;

    #[test]
    fn malformed_packets_go_where_the_fail_policy_says() {
        for malformed in Malformed::ALL {
            let action = action_of(malformed.reason(), &Settings::DEFAULT);
            assert_eq!(action, malformed.policy(), "{malformed:?}");
        }
    }

    #[test]
    fn later_fragments_go_where_the_settings_say() {
        let flags = Settings::DEFAULT.flags.with(Flags::DROP_LATER_FRAGMENTS);
        let strict = Settings {
            flags,
            ..Settings::DEFAULT
        };
        let action = |settings| action_of(Reason::LaterFragment, settings);
        assert_eq!(action(&Settings::DEFAULT), Action::Pass);
        assert_eq!(action(&strict), Action::Drop);
    }
}

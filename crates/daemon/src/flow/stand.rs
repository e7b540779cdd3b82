// SPDX-License-Identifier: MIT
//! What becomes of a connection's packets, and what is held against its peer.

use aegis_abi::{Origin, Reason};
use aegis_api::{ListEffect, Listed, Standing};
use aegis_engine::{FlowEntry, FlowState};

/// What is told of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stand {
    /// Whether its packets are dropped.
    pub is_dropped: bool,
    /// How its peer stands.
    pub standing: Standing,
    /// Why, in a few words.
    pub reason: Option<String>,
}

/// What is known of a peer, whatever it does.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// Lists that name it.
    pub lists: Vec<Listed>,
    /// The entry of `[geo]` that does not let it through.
    pub place: Option<String>,
    /// Whether it begins no connection for the moment.
    pub cooling: bool,
}

impl Stand {
    /// Of which nothing is to be told.
    pub const FREE: Self = Self {
        is_dropped: false,
        standing: Standing::Free,
        reason: None,
    };

    fn new(is_dropped: bool, standing: Standing, reason: &str) -> Self {
        Self {
            is_dropped,
            standing,
            reason: Some(reason.to_owned()),
        }
    }

    /// The verdict in answers.
    pub const fn verdict(&self) -> &'static str {
        if self.is_dropped { "drop" } else { "pass" }
    }

    /// In the order in which packets are judged.
    pub fn of(entry: &FlowEntry, policy: aegis_policy::Standing, peer: &Peer) -> Self {
        let mut stand = Self::held(entry, policy, peer);
        if entry.state == FlowState::Killed && stand.standing != Standing::Allowlisted {
            stand.is_dropped = true;
            stand.reason = Some(Reason::FlowKilled.label().to_owned());
        }
        stand
    }

    fn held(entry: &FlowEntry, policy: aegis_policy::Standing, peer: &Peer) -> Self {
        let begins = entry.origin == Origin::Peer && is_beginning(entry.state);
        match policy {
            aegis_policy::Standing::Allowed => {
                return Self::new(false, Standing::Allowlisted, Reason::Allowlist.label());
            }
            aegis_policy::Standing::Banned(reason) => {
                let standing = match reason {
                    Reason::BanScope => Standing::BannedInPart,
                    _ => Standing::Banned,
                };
                return Self::new(true, standing, reason.label());
            }
            aegis_policy::Standing::Barred => {
                let reason = Reason::BanUnsolicited.label();
                return Self::new(begins, Standing::BannedInPart, reason);
            }
            aegis_policy::Standing::Free => {}
        }
        if let Some(place) = &peer.place {
            return Self::new(true, Standing::Listed, place);
        }
        let drops = |listed: &&Listed| listed.effect.drops();
        if let Some(listed) = peer.lists.iter().find(drops) {
            return Self::new(is_met(listed, entry.origin), Standing::Listed, &listed.list);
        }
        if peer.cooling {
            return Self::new(begins, Standing::CoolingDown, Reason::CoolDown.label());
        }
        let named = peer.lists.first().map(|listed| listed.list.clone());
        Self {
            reason: named,
            ..Self::FREE
        }
    }
}

/// Whether what a list drops is what this connection is.
fn is_met(listed: &Listed, origin: Origin) -> bool {
    match listed.effect {
        ListEffect::DroppedIn => origin != Origin::Local,
        ListEffect::DroppedOut => origin == Origin::Local,
        _ => true,
    }
}

fn is_beginning(state: FlowState) -> bool {
    matches!(state, FlowState::SynReceived | FlowState::Unreplied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::{Count, Tuple};
    use aegis_policy::Standing as Policy;

    fn flow(state: FlowState, origin: Origin) -> FlowEntry {
        FlowEntry {
            tuple: Tuple::default(),
            state,
            origin,
            first_ns: 0,
            last_ns: 0,
            ingress: Count::default(),
            egress: Count::default(),
        }
    }

    fn told(entry: &FlowEntry, policy: Policy, peer: &Peer) -> (&'static str, Standing, String) {
        let stand = Stand::of(entry, policy, peer);
        let reason = stand.reason.clone().unwrap_or_default();
        (stand.verdict(), stand.standing, reason)
    }

    #[test]
    fn a_connection_is_dropped_for_what_its_packets_are_dropped_for() {
        let open = flow(FlowState::Established, Origin::Peer);
        let peer = Peer::default();
        let is = |policy| told(&open, policy, &peer);
        let told_as = |verdict, standing, reason: &str| (verdict, standing, reason.to_owned());
        let free = told_as("pass", Standing::Free, "");
        assert_eq!(is(Policy::Free), free);
        let banned = told_as("drop", Standing::Banned, "ban_address");
        assert_eq!(is(Policy::Banned(Reason::BanAddress)), banned);
        let scope = told_as("drop", Standing::BannedInPart, "ban_scope");
        assert_eq!(is(Policy::Banned(Reason::BanScope)), scope);
        let known = told_as("pass", Standing::BannedInPart, "ban_unsolicited");
        assert_eq!(is(Policy::Barred), known);
        let new = flow(FlowState::SynReceived, Origin::Peer);
        let barred = told_as("drop", Standing::BannedInPart, "ban_unsolicited");
        assert_eq!(told(&new, Policy::Barred, &peer), barred);
        let killed = flow(FlowState::Killed, Origin::Peer);
        let gone = told_as("drop", Standing::Free, "flow_killed");
        assert_eq!(told(&killed, Policy::Free, &peer), gone);
    }

    #[test]
    fn lists_places_and_cool_downs_count_where_the_policy_says_nothing() {
        let listed = |effect| Peer {
            lists: vec![Listed {
                list: "feed".to_owned(),
                category: String::new(),
                fetched: None,
                effect,
            }],
            ..Peer::default()
        };
        let inward = flow(FlowState::Established, Origin::Peer);
        let verdict = |effect| told(&inward, Policy::Free, &listed(effect));
        let feed = "feed".to_owned();
        assert_eq!(
            verdict(ListEffect::Dropped),
            ("drop", Standing::Listed, feed.clone())
        );
        assert_eq!(
            verdict(ListEffect::DroppedOut),
            ("pass", Standing::Listed, feed.clone())
        );
        assert_eq!(verdict(ListEffect::Counted), ("pass", Standing::Free, feed));
        let allowed = told(&inward, Policy::Allowed, &listed(ListEffect::Dropped));
        assert_eq!(allowed.0, "pass");
        let place = Peer {
            place: Some("CN".to_owned()),
            ..Peer::default()
        };
        assert_eq!(told(&inward, Policy::Free, &place).2, "CN");
        let cooling = Peer {
            cooling: true,
            ..Peer::default()
        };
        let is = told(&inward, Policy::Free, &cooling);
        assert_eq!((is.0, is.1), ("pass", Standing::CoolingDown));
    }
}

// SPDX-License-Identifier: MIT
//! How connections and their peers stand, for the few that are told of.

use super::Owner;
use crate::ban::Moment;
use crate::flow::{Peer, Stand, ends};
use aegis_abi::Origin;
use aegis_core::Nanos;
use aegis_core::stage::ban::Service;
use aegis_engine::FlowEntry;
use std::net::IpAddr;

impl Owner {
    pub(super) fn stands(&self, flows: &[FlowEntry]) -> Vec<Stand> {
        let now = Moment::now().monotonic;
        let stands = flows.iter().map(|flow| self.stand(flow, now));
        stands.collect()
    }

    fn stand(&self, flow: &FlowEntry, now: Nanos) -> Stand {
        let Some((peer, local)) = ends(&flow.tuple) else {
            return Stand::FREE;
        };
        // That of the packets that arrive.
        let service = Service {
            port: local.port(),
            protocol: flow.tuple.protocol,
        };
        let arriving = self.policy.standing(peer.ip(), service, now);
        let policy = match (arriving, flow.origin) {
            (aegis_policy::Standing::Free, Origin::Local) => {
                let port = peer.port();
                let departing = Service { port, ..service };
                self.policy.standing(peer.ip(), departing, now)
            }
            (arriving, _) => arriving,
        };
        Stand::of(flow, policy, &self.peer(peer.ip(), flow, now))
    }

    fn peer(&self, peer: IpAddr, flow: &FlowEntry, now: Nanos) -> Peer {
        let source = self.engine.source(peer).ok().flatten();
        let rule = self.places.rule(peer);
        let rule = rule.filter(|_| self.is_cut_off(&self.places.policy(), flow));
        Peer {
            lists: self.keeper.lists.naming(peer),
            place: rule.map(|rule| rule.to_string()),
            cooling: source.is_some_and(|source| source.cool_until_ns > now.0),
        }
    }
}

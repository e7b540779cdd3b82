// SPDX-License-Identifier: MIT
//! What groups of events are filtered by.

use super::Group;
use crate::model::search::{Searched, holds, is_among, is_at, same};
use aegis_api::filter::{Key, Keys, Kind};
use ipnet::IpNet;

impl Searched for Group {
    const KEYS: Keys = &[
        Key::REASON,
        Key::COUNTRY,
        Key::SYSTEM,
        Key::PORT,
        Key::PROTOCOL,
        Key::new(&["list"], Kind::Any),
        Key::new(&["category"], Kind::Any),
        Key::new(&["dir", "direction"], Kind::OneOf(&["in", "out"])),
        Key::new(&["action"], Kind::Name),
        Key::PEER,
    ];

    fn net(&self) -> Option<IpNet> {
        self.peer().map(IpNet::from)
    }

    fn has(&self, key: &str, value: &str) -> bool {
        let event = self.newest();
        match key {
            "reason" => holds(&event.reason, value) || holds(&event.threat_type, value),
            "port" => self.samples.iter().any(|event| {
                let ports = [event.src_port, event.dst_port];
                ports.into_iter().any(|port| is_among(port, value))
            }),
            "proto" => same(event.proto.as_deref(), value),
            "list" => event.list.as_deref().is_some_and(|list| holds(list, value)),
            "category" => {
                let category = event.category.as_deref();
                category.is_some_and(|category| holds(category, value))
            }
            "dir" => if self.is_departing() { "out" } else { "in" }.starts_with(value),
            "action" => same(Some(&event.action), value),
            key => is_at(self.place(), key, value),
        }
    }

    fn shows(&self, text: &str) -> bool {
        let event = self.newest();
        let place = self.place().map(ToString::to_string);
        let peer = self.peer().map(|peer| peer.to_string());
        let shown = [peer, place, self.source()];
        holds(&event.threat_type, text)
            || holds(&event.reason, text)
            || shown.iter().flatten().any(|shown| holds(shown, text))
    }
}

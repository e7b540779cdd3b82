// SPDX-License-Identifier: MIT
//! What bans and entries of the allowlist are filtered by.

use crate::model::search::{Searched, holds, is_among, is_at, net_of, same};
use aegis_api::filter::{Key, Keys, Kind};
use aegis_api::{Allow, Ban};
use ipnet::IpNet;

impl Searched for Ban {
    const KEYS: Keys = &[
        Key::REASON,
        Key::COUNTRY,
        Key::SYSTEM,
        Key::PORT,
        Key::PROTOCOL,
        Key::new(&["rule"], Kind::Name),
        Key::PEER,
    ];

    fn net(&self) -> Option<IpNet> {
        net_of(&self.target)
    }

    fn has(&self, key: &str, value: &str) -> bool {
        match key {
            "reason" => reasons(self).any(|reason| holds(reason, value)),
            "port" => is_among(self.port, value),
            "proto" => same(self.protocol.as_deref(), value),
            "rule" => self.rule.to_string() == value,
            key => is_at(self.place.as_ref(), key, value),
        }
    }

    fn shows(&self, text: &str) -> bool {
        holds(&self.target, text)
            || holds(&self.part, text)
            || reasons(self).any(|reason| holds(reason, text))
            || self
                .place
                .as_ref()
                .is_some_and(|place| holds(&place.to_string(), text))
    }
}

/// Who wants it, and why.
fn reasons(ban: &Ban) -> impl Iterator<Item = &str> {
    let causes = ban.causes.iter();
    causes.flat_map(|cause| std::iter::once(cause.origin.as_str()).chain(cause.reason.as_deref()))
}

impl Searched for Allow {
    const KEYS: Keys = &[Key::REASON, Key::COUNTRY, Key::SYSTEM, Key::PEER];

    fn net(&self) -> Option<IpNet> {
        net_of(&self.target)
    }

    fn has(&self, key: &str, value: &str) -> bool {
        match key {
            "reason" => self
                .reason
                .as_deref()
                .is_some_and(|reason| holds(reason, value)),
            key => is_at(self.place.as_ref(), key, value),
        }
    }

    fn shows(&self, text: &str) -> bool {
        let place = self.place.as_ref().map(ToString::to_string);
        let shown = [Some(&self.target), self.reason.as_ref(), place.as_ref()];
        shown.into_iter().flatten().any(|shown| holds(shown, text))
    }
}

// SPDX-License-Identifier: MIT
//! Security events with the field names of the [Elastic Common Schema][ecs], for programs that know
//! firewalls by those. One table; what ECS has no name for is under `aegis`.
//!
//! [ecs]: https://www.elastic.co/docs/reference/ecs

use crate::{Place, SecurityEvent, StreamLine};
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// The version of the schema whose names these are.
pub const ECS_VERSION: &str = "8.11.0";

/// A field: its name, dots between its levels, and its value; null where the event has none.
type Field = (&'static str, fn(&SecurityEvent) -> Value);

const FIELDS: &[Field] = &[
    ("@timestamp", |event| json!(event.timestamp)),
    ("ecs.version", |_| json!(ECS_VERSION)),
    ("event.kind", |_| json!("event")),
    ("event.category", |_| json!(["network"])),
    ("event.type", |event| json!([kind(&event.action)])),
    ("event.module", |_| json!("aegis")),
    ("event.dataset", |_| json!("aegis.events")),
    ("event.action", |event| json!(event.action)),
    ("event.reason", |event| json!(event.threat_type)),
    ("rule.category", |event| json!(event.reason)),
    ("rule.ruleset", |event| json!(event.list)),
    ("rule.id", |event| {
        json!(event.rule.map(|rule| rule.to_string()))
    }),
    ("rule.name", |event| json!(event.geo_rule)),
    ("source.ip", |event| json!(event.src_ip)),
    ("source.geo.country_iso_code", |event| {
        json!(at_source(event).map(|place| &place.country))
    }),
    ("source.geo.city_name", |event| {
        json!(at_source(event).map(|place| &place.city))
    }),
    ("source.as.number", |event| {
        json!(at_source(event).map(|place| place.asn))
    }),
    ("source.as.organization.name", |event| {
        json!(at_source(event).map(|place| &place.organisation))
    }),
    ("source.port", |event| json!(event.src_port)),
    ("destination.ip", |event| json!(event.dst_ip)),
    ("destination.geo.country_iso_code", |event| {
        json!(at_destination(event).map(|place| &place.country))
    }),
    ("destination.geo.city_name", |event| {
        json!(at_destination(event).map(|place| &place.city))
    }),
    ("destination.as.number", |event| {
        json!(at_destination(event).map(|place| place.asn))
    }),
    ("destination.as.organization.name", |event| {
        json!(at_destination(event).map(|place| &place.organisation))
    }),
    ("destination.port", |event| json!(event.dst_port)),
    ("network.type", |event| json!(event.src_ip.map(family))),
    ("network.transport", |event| json!(transport(event))),
    ("network.iana_number", |event| json!(unnamed(event))),
    ("network.direction", |event| json!(direction(&event.hook))),
    ("network.bytes", |event| json!(event.packet_len)),
    ("observer.vendor", |_| json!("Aegis")),
    ("observer.product", |_| json!("aegis")),
    ("observer.type", |_| json!("firewall")),
    ("observer.version", |_| json!(env!("CARGO_PKG_VERSION"))),
    ("observer.ingress.interface.name", |event| {
        at(event, "ingress")
    }),
    ("observer.egress.interface.name", |event| {
        at(event, "egress")
    }),
    ("aegis.hook", |event| json!(event.hook)),
    ("aegis.tcp_flags", |event| json!(event.tcp_flags)),
    ("aegis.icmp_type", |event| json!(event.icmp_type)),
    ("aegis.icmp_code", |event| json!(event.icmp_code)),
    ("aegis.hop_limit", |event| json!(event.hop_limit)),
    ("aegis.suppressed", |event| json!(event.suppressed)),
];

/// The event as a document; a field that it does not have is left out, as usual there.
#[must_use]
pub fn document(event: &SecurityEvent) -> Value {
    let mut document = Map::new();
    for (name, value) in FIELDS {
        let value = value(event);
        if !value.is_null() {
            insert(&mut document, name, value);
        }
    }
    Value::Object(document)
}

/// A line of the stream likewise; what was missed is a trouble of the pipeline.
#[must_use]
pub fn line(line: &StreamLine) -> Value {
    match line {
        StreamLine::Event(event) => document(event),
        StreamLine::Missed { missed } => json!({
            "@timestamp": jiff::Timestamp::now(),
            "ecs": { "version": ECS_VERSION },
            "event": { "kind": "pipeline_error", "module": "aegis", "dataset": "aegis.events" },
            "error": { "message": format!("{missed} events were missed: the reader is too slow") },
        }),
    }
}

fn insert(document: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => drop(document.insert(name.to_owned(), value)),
        Some((level, rest)) => {
            let inner = document
                .entry(level)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

fn at_source(event: &SecurityEvent) -> Option<&Place> {
    event.src_place.as_ref()
}

fn at_destination(event: &SecurityEvent) -> Option<&Place> {
    event.dst_place.as_ref()
}

/// A value of `event.type` that goes with the category `network`.
fn kind(action: &str) -> &'static str {
    match action {
        "pass" => "allowed",
        _ => "denied",
    }
}

fn family(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "ipv4",
        IpAddr::V6(_) => "ipv6",
    }
}

/// By the names of IANA.
fn transport(event: &SecurityEvent) -> Option<&str> {
    match event.proto.as_deref() {
        Some("icmpv6") => Some("ipv6-icmp"),
        named => named.filter(|name| !is_number(name)),
    }
}

/// A protocol that has no name here.
fn unnamed(event: &SecurityEvent) -> Option<&str> {
    event.proto.as_deref().filter(|name| is_number(name))
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|letter| letter.is_ascii_digit())
}

/// The second half of a hook's name.
fn direction(hook: &str) -> Option<&str> {
    hook.split_once('_').map(|(_, direction)| direction)
}

fn at(event: &SecurityEvent, way: &str) -> Value {
    let there = direction(&event.hook) == Some(way);
    json!(there.then_some(&event.interface))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> SecurityEvent {
        SecurityEvent {
            timestamp: "2026-01-01T10:11:12.5Z".parse().expect("RFC 3339"),
            src_ip: Some("192.0.2.1".parse().expect("an address")),
            dst_ip: Some("192.0.2.2".parse().expect("an address")),
            src_port: Some(40_000),
            dst_port: Some(22),
            proto: Some("tcp".to_owned()),
            tcp_flags: Some("S".to_owned()),
            action: "drop".to_owned(),
            reason: "MANUAL_BLOCK".to_owned(),
            threat_type: "ban_address".to_owned(),
            packet_len: 74,
            hook: "xdp_ingress".to_owned(),
            interface: "eth0".to_owned(),
            rule: Some(3),
            list: None,
            category: None,
            suppressed: 12,
            icmp_type: None,
            icmp_code: None,
            hop_limit: Some(64),
            src_place: None,
            dst_place: None,
            geo_rule: None,
        }
    }

    #[test]
    fn a_dropped_segment_is_a_denied_connection_attempt_at_a_firewall() {
        let expected = json!({
            "@timestamp": "2026-01-01T10:11:12.5Z",
            "ecs": { "version": "8.11.0" },
            "event": {
                "kind": "event", "category": ["network"], "type": ["denied"], "module": "aegis",
                "dataset": "aegis.events", "action": "drop", "reason": "ban_address",
            },
            "rule": { "category": "MANUAL_BLOCK", "id": "3" },
            "source": { "ip": "192.0.2.1", "port": 40_000 },
            "destination": { "ip": "192.0.2.2", "port": 22 },
            "network": {
                "type": "ipv4", "transport": "tcp", "direction": "ingress", "bytes": 74,
            },
            "observer": {
                "vendor": "Aegis", "product": "aegis", "type": "firewall",
                "version": env!("CARGO_PKG_VERSION"), "ingress": { "interface": { "name": "eth0" } },
            },
            "aegis": { "hook": "xdp_ingress", "tcp_flags": "S", "hop_limit": 64, "suppressed": 12 },
        });
        assert_eq!(document(&event()), expected);
    }

    #[test]
    fn a_place_is_what_the_schema_calls_geo_and_as() {
        let place = Place {
            country: Some("DE".to_owned()),
            asn: Some(3320),
            organisation: Some("Deutsche Telekom".to_owned()),
            ..Place::default()
        };
        let event = SecurityEvent {
            dst_place: Some(place),
            geo_rule: Some("DE".to_owned()),
            ..event()
        };
        let document = document(&event);
        assert_eq!(document["rule"]["name"], "DE");
        let destination = json!({
            "ip": "192.0.2.2", "port": 22, "geo": { "country_iso_code": "DE" },
            "as": { "number": 3320, "organization": { "name": "Deutsche Telekom" } },
        });
        assert_eq!(document["destination"], destination);
        assert_eq!(document["source"].get("geo"), None);
    }

    #[test]
    fn what_an_event_does_not_have_is_left_out() {
        let broken = SecurityEvent {
            src_ip: None,
            src_port: None,
            proto: None,
            rule: None,
            list: None,
            category: None,
            hook: "tc_egress".to_owned(),
            action: "pass".to_owned(),
            ..event()
        };
        let document = document(&broken);
        assert_eq!(document.get("source"), None);
        assert_eq!(document["rule"], json!({ "category": "MANUAL_BLOCK" }));
        assert_eq!(document["event"]["type"], json!(["allowed"]));
        assert_eq!(document["observer"]["egress"]["interface"]["name"], "eth0");
        assert_eq!(document["observer"].get("ingress"), None);
        assert_eq!(document["network"]["direction"], "egress");
    }

    #[test]
    fn protocols_have_the_names_of_iana_or_their_number() {
        let of = |proto: &str| {
            let proto = Some(proto.to_owned());
            let network = &document(&SecurityEvent { proto, ..event() })["network"];
            (network["transport"].clone(), network["iana_number"].clone())
        };
        assert_eq!(of("icmpv6"), (json!("ipv6-icmp"), Value::Null));
        assert_eq!(of("99"), (Value::Null, json!("99")));
    }

    #[test]
    fn no_field_is_there_twice() {
        let names: std::collections::BTreeSet<_> = FIELDS.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), FIELDS.len());
    }

    #[test]
    fn what_was_missed_is_a_trouble_of_the_pipeline() {
        let told = line(&StreamLine::Missed { missed: 9 });
        assert_eq!(told["event"]["kind"], "pipeline_error");
    }
}

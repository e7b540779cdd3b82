// SPDX-License-Identifier: MIT
//! Things that tests are about, made of what matters in them. Addresses are those of documentation.

use aegis_api::{Ban, Flow, FlowRate, Place, Standing, Total, Why};
use jiff::Timestamp;
use serde_json::json;

/// An established connection that a peer began to port 443 of this host.
pub fn flow(peer: &str, peer_port: u16) -> Flow {
    let peer = peer.parse().expect("an address");
    Flow {
        id: format!("tcp/{peer}:{peer_port}/198.51.100.1:443"),
        direction: "in".to_owned(),
        state: "established".to_owned(),
        proto: "tcp".to_owned(),
        peer,
        peer_port,
        local: "198.51.100.1".parse().expect("an address"),
        local_port: 443,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        age_seconds: 187,
        idle_seconds: 2,
        received: Total {
            packets: 120,
            bytes: 15_300,
        },
        sent: Total {
            packets: 1_340,
            bytes: 1_900_000,
        },
        bytes_per_second: 10_000,
        now: FlowRate {
            received_bytes_per_second: 1_200,
            sent_bytes_per_second: 2_400_000,
            packets_per_second: 1_800,
        },
        verdict: "pass".to_owned(),
        standing: Standing::Free,
        reason: None,
        place: Some(place("DE", "Germany", 3320, "Deutsche Telekom AG")),
    }
}

/// Where somebody is.
pub fn place(country: &str, name: &str, asn: u32, organisation: &str) -> Place {
    Place {
        country: Some(country.to_owned()),
        country_name: Some(name.to_owned()),
        asn: Some(asn),
        organisation: Some(organisation.to_owned()),
        ..Place::default()
    }
}

/// A ban of everything, by an operator, for good.
pub fn ban(target: &str) -> Ban {
    let ban = json!({
        "target": target,
        "port": null,
        "protocol": null,
        "part": "everything",
        "causes": [{
            "origin": "operator",
            "reason": null,
            "since": "1970-01-01T00:00:00Z",
            "expires": null,
            "expires_in_seconds": null,
        }],
        "reason": null,
        "rule": 1,
        "expires": null,
        "expires_in_seconds": null,
    });
    serde_json::from_value(ban).expect("a ban")
}

/// An address of which nothing is known.
pub fn why(address: &str) -> Why {
    let why = json!({
        "address": address,
        "standing": "free",
        "bans": [],
        "allowlisted": null,
        "protected": [],
        "cooling_down": null,
        "counted": null,
        "evidence": null,
        "events": [],
        "flows": 1,
    });
    serde_json::from_value(why).expect("what is known of an address")
}

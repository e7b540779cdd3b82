// SPDX-License-Identifier: MIT
//! What a LAPI is told of those that Aegis bans itself.

use super::subject::Subject;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the scenarios of Aegis begin with.
const SCENARIOS: &str = "aegis/";

/// What was found about a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Kind of offence, such as `port_scan`.
    pub kind: &'static str,
    /// Who it was: an address, or a network that is as good as one.
    pub source: Subject,
    /// Packets that nobody had asked for.
    pub packets: u64,
    /// The same in words.
    pub figures: String,
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
}

/// An alert, as a LAPI reads it (`POST /v1/alerts` takes a list of them).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    scenario: String,
    scenario_hash: String,
    scenario_version: String,
    message: String,
    events_count: i32,
    start_at: Timestamp,
    stop_at: Timestamp,
    capacity: i32,
    leakspeed: String,
    simulated: bool,
    /// Whether the LAPI's profiles may decide about the source.
    remediation: bool,
    events: Vec<Event>,
    source: Source,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Event {
    timestamp: Timestamp,
    meta: Vec<Meta>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Meta {
    key: String,
    value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    scope: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
}

impl Alert {
    /// What was found; with `remediation`, the profiles of the LAPI may make it a decision, for every
    /// bouncer there is.
    #[must_use]
    pub fn of(evidence: &Evidence, remediation: bool) -> Self {
        let message = format!(
            "{}: {} by {}",
            evidence.kind, evidence.figures, evidence.source
        );
        Self {
            scenario: scenario(evidence.kind),
            scenario_hash: String::new(),
            scenario_version: env!("CARGO_PKG_VERSION").to_owned(),
            message,
            events_count: i32::try_from(evidence.packets.max(1)).unwrap_or(i32::MAX),
            start_at: evidence.first,
            stop_at: evidence.last,
            capacity: 0,
            leakspeed: "0s".to_owned(),
            simulated: false,
            remediation,
            events: vec![Event::of(evidence)],
            source: Source::of(&evidence.source),
        }
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &str {
        &self.scenario
    }
}

impl Event {
    fn of(evidence: &Evidence) -> Self {
        let meta = |key: &str, value: String| Meta {
            key: key.to_owned(),
            value,
        };
        Self {
            timestamp: evidence.last,
            meta: vec![
                meta("source_ip", evidence.source.to_string()),
                meta("service", "aegis".to_owned()),
                meta("figures", evidence.figures.clone()),
            ],
        }
    }
}

impl Source {
    fn of(subject: &Subject) -> Self {
        let (scope, value) = (subject.scope(), subject.to_string());
        Self {
            scope: scope.to_owned(),
            ip: (scope == "Ip").then(|| value.clone()),
            range: (scope == "Range").then(|| value.clone()),
            value,
        }
    }
}

/// The scenario of a kind of offence: `aegis/port-scan` of `port_scan`.
#[must_use]
pub fn scenario(kind: &str) -> String {
    format!("{SCENARIOS}{}", kind.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(source: (&str, &str)) -> serde_json::Value {
        let evidence = Evidence {
            kind: "port_scan",
            source: Subject::read(source.0, source.1).unwrap(),
            packets: 53,
            figures: "51 ports, 53 packets within 0 s".to_owned(),
            first: Timestamp::UNIX_EPOCH,
            last: Timestamp::from_second(1).unwrap(),
        };
        serde_json::to_value(Alert::of(&evidence, false)).unwrap()
    }

    #[test]
    fn an_alert_has_every_field_that_a_lapi_insists_on() {
        let alert = alert(("ip", "192.0.2.1"));
        for field in [
            "capacity",
            "events",
            "events_count",
            "leakspeed",
            "message",
            "scenario",
            "scenario_hash",
            "scenario_version",
            "simulated",
            "source",
            "start_at",
            "stop_at",
        ] {
            assert!(!alert[field].is_null(), "{field}: {alert}");
        }
        assert_eq!(alert["scenario"], "aegis/port-scan");
        assert_eq!(alert["start_at"], "1970-01-01T00:00:00Z");
        assert_eq!(
            alert["source"],
            serde_json::json!({"scope": "Ip", "value": "192.0.2.1", "ip": "192.0.2.1"})
        );
        assert_eq!(alert["remediation"], false);
    }

    #[test]
    fn a_network_that_is_one_source_is_a_range() {
        let alert = alert(("range", "2001:db8::/64"));
        let expected = serde_json::json!({"scope": "Range", "value": "2001:db8::/64", "range": "2001:db8::/64"});
        assert_eq!(alert["source"], expected);
    }
}

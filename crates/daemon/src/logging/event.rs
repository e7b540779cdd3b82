// SPDX-License-Identifier: MIT
//! Security events, written down.

use super::file::RotatingFile;
use super::queue::{self, Queue};
use super::target::{path, rotation};
use aegis_api::{SecurityEvent, ecs};
use aegis_policy::config::{EventFormat, EventTarget, Logging};
use std::io;

/// Where security events go, besides those who ask for them.
#[derive(Clone, Debug)]
pub(super) enum EventLog {
    Off,
    Log,
    File { lines: Queue, format: EventFormat },
}

impl EventLog {
    pub(super) fn start(logging: &Logging, instance: &str) -> io::Result<Self> {
        match logging.events {
            EventTarget::Off => Ok(Self::Off),
            EventTarget::Log => Ok(Self::Log),
            EventTarget::File => {
                let path = path(&logging.events_file, instance);
                let name = path.display().to_string();
                let file = Box::new(RotatingFile::new(path, rotation(logging)));
                let lines = queue::start("aegis-events", name, file, events_lost)?;
                let format = logging.events_format;
                Ok(Self::File { lines, format })
            }
        }
    }

    pub(super) fn queue(&self) -> Option<&Queue> {
        match self {
            Self::File { lines, .. } => Some(lines),
            Self::Off | Self::Log => None,
        }
    }

    pub(super) fn note(&self, event: &SecurityEvent) {
        match self {
            Self::Off => {}
            Self::Log => log(event),
            Self::File { lines, format } => match line(event, *format) {
                Ok(line) => lines.push(line),
                Err(error) => tracing::error!(%error, "an event cannot be written"),
            },
        }
    }
}

/// The event as one line.
fn line(event: &SecurityEvent, format: EventFormat) -> serde_json::Result<Vec<u8>> {
    let mut line = match format {
        EventFormat::Aegis => serde_json::to_vec(event)?,
        EventFormat::Ecs => serde_json::to_vec(&ecs::document(event))?,
    };
    line.push(b'\n');
    Ok(line)
}

/// With the fields of the file, as far as the event has them.
fn log(event: &SecurityEvent) {
    tracing::info!(
        src_ip = event.src_ip.map(tracing::field::display),
        dst_ip = event.dst_ip.map(tracing::field::display),
        src_port = event.src_port,
        dst_port = event.dst_port,
        proto = event.proto,
        tcp_flags = event.tcp_flags,
        action = event.action,
        reason = event.reason,
        threat_type = event.threat_type,
        packet_len = event.packet_len,
        hook = event.hook,
        interface = event.interface,
        rule = event.rule,
        suppressed = event.suppressed,
        icmp_type = event.icmp_type,
        icmp_code = event.icmp_code,
        hop_limit = event.hop_limit,
        src_place = event.src_place.as_ref().map(tracing::field::display),
        dst_place = event.dst_place.as_ref().map(tracing::field::display),
        geo_rule = event.geo_rule,
        "event"
    );
}

fn events_lost(untold: u64, total: u64) {
    tracing::warn!(
        lost = untold,
        total,
        "security events are missing in their file"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_clients_get_or_a_document_of_ecs() {
        let event = serde_json::json!({
            "timestamp": "2026-01-01T10:11:12.5Z", "src_ip": "192.0.2.1", "dst_ip": "192.0.2.2",
            "src_port": 40_000, "dst_port": 80, "proto": "tcp", "tcp_flags": "FPU",
            "action": "drop", "reason": "TCP_ANOMALY", "threat_type": "tcp_xmas",
            "packet_len": 54, "hook": "xdp_ingress", "interface": "eth0", "rule": null,
            "suppressed": 0, "icmp_type": null, "icmp_code": null, "hop_limit": 64,
        });
        let event: SecurityEvent = serde_json::from_value(event).expect("it has every field");
        let of = |format| line(&event, format).expect("plain fields");
        let expected = serde_json::to_string(&event).expect("plain fields") + "\n";
        assert_eq!(of(EventFormat::Aegis), expected.as_bytes());
        let ecs: serde_json::Value =
            serde_json::from_slice(&of(EventFormat::Ecs)).expect("it is JSON");
        assert_eq!(ecs, aegis_api::ecs::document(&event));
        assert_eq!(ecs["source"]["ip"], "192.0.2.1");
    }
}

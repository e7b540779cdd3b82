// SPDX-License-Identifier: MIT
//! Security events, one a line.

use super::places;
use super::units::number;
use aegis_api::{EventList, SecurityEvent, StreamLine};
use std::net::IpAddr;

/// Recent events.
pub fn list(answer: &EventList) -> String {
    if answer.events.is_empty() {
        return "no event yet".to_owned();
    }
    answer
        .events
        .iter()
        .map(event)
        .collect::<Vec<_>>()
        .join("\n")
}

/// One line of the stream.
pub fn line(line: &StreamLine) -> String {
    match line {
        StreamLine::Event(told) => event(told),
        StreamLine::Missed { missed } => {
            format!(
                "{} events were not shown: this client reads too slowly",
                number(*missed)
            )
        }
    }
}

/// One of them.
pub fn event(event: &SecurityEvent) -> String {
    let mut words = vec![
        format!("{:.0}", event.timestamp),
        event.action.clone(),
        event.interface.clone(),
        event.threat_type.clone(),
    ];
    if let (Some(source), Some(destination)) = (event.src_ip, event.dst_ip) {
        let from = end(source, event.src_port) + &places::beside(&event.src_place);
        let to = end(destination, event.dst_port) + &places::beside(&event.dst_place);
        words.push(format!("{from} > {to}"));
    }
    words.extend(event.proto.clone());
    if let Some(flags) = &event.tcp_flags {
        words.push(format!(
            "[{}]",
            if flags.is_empty() { "no flags" } else { flags }
        ));
    }
    if let (Some(kind), Some(code)) = (event.icmp_type, event.icmp_code) {
        words.push(format!("type {kind} code {code}"));
    }
    words.push(format!("{} B", event.packet_len));
    match (&event.list, &event.geo_rule, event.rule) {
        (Some(list), ..) => words.push(format!("list {list}")),
        (None, Some(region), _) => words.push(format!("geo {region}")),
        (None, None, Some(rule)) => words.push(format!("rule {rule}")),
        (None, None, None) => {}
    }
    if event.suppressed > 0 {
        words.push(format!(
            "(and {} before it)",
            number(event.suppressed.into())
        ));
    }
    words.join(" ")
}

fn end(address: IpAddr, port: Option<u16>) -> String {
    match (address, port) {
        (address, None) => address.to_string(),
        (IpAddr::V4(address), Some(port)) => format!("{address}:{port}"),
        (IpAddr::V6(address), Some(port)) => format!("[{address}]:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::Place;

    #[test]
    fn an_event_is_one_line() {
        let told = SecurityEvent {
            timestamp: "2026-01-01T10:11:12.5Z".parse().expect("RFC 3339"),
            src_ip: Some("2001:db8::1".parse().expect("an address")),
            dst_ip: Some("2001:db8::2".parse().expect("an address")),
            src_port: Some(40_000),
            dst_port: Some(80),
            proto: Some("tcp".to_owned()),
            tcp_flags: Some(String::new()),
            action: "drop".to_owned(),
            reason: "TCP_ANOMALY".to_owned(),
            threat_type: "tcp_null".to_owned(),
            packet_len: 74,
            hook: "xdp_ingress".to_owned(),
            interface: "eth0".to_owned(),
            rule: None,
            list: None,
            category: None,
            suppressed: 1_200,
            icmp_type: None,
            icmp_code: None,
            hop_limit: Some(64),
            src_place: None,
            dst_place: None,
            geo_rule: None,
        };
        assert_eq!(
            event(&told),
            "2026-01-01T10:11:12Z drop eth0 tcp_null [2001:db8::1]:40000 > [2001:db8::2]:80 tcp [no flags] 74 B (and 1,200 before it)"
        );
        let place = |country: &str| {
            Some(Place {
                country: Some(country.to_owned()),
                ..Place::default()
            })
        };
        let placed = SecurityEvent {
            src_place: place("DE"),
            dst_place: place("FR"),
            threat_type: "place".to_owned(),
            rule: Some(7),
            geo_rule: Some("DE".to_owned()),
            ..told
        };
        let line_of = event(&placed);
        let ends = "place [2001:db8::1]:40000 (DE) > [2001:db8::2]:80 (FR) tcp";
        assert!(
            line_of.contains(ends) && line_of.contains(" geo DE "),
            "{line_of}"
        );
        assert!(line(&StreamLine::Missed { missed: 9 }).starts_with("9 events were not shown"));
    }
}

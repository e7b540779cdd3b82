// SPDX-License-Identifier: MIT
//! Things that tests are about, made of what matters in them. Addresses are those of documentation.

use crate::command::{Does, Meaning, Reader};
use crate::message::{Effect, Message, Told};
use crate::model::{Link, Model, Tab};
use crate::theme::Theme;
use crate::update::update;
use crate::view;
use aegis_api::{
    Attack, AttackKind, AttackSource, Ban, BanList, Flow, FlowGroup, FlowRate, ListDetail,
    ListStatus, Place, SecurityEvent, Standing, Status, Total, Why,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

/// An hour after midnight of the first day, which is the present in tests.
pub const NOW: i64 = 3_600;

/// So many seconds after [`NOW`], or before it.
pub fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).expect("in range")
}

/// A model with a tab open, in the present.
pub fn model(tab: Tab) -> Model {
    let mut model = Model::new(crate::model::About::default(), moment(0));
    model.about.instance = "eth0".to_owned();
    model.about.reader = Reader(read);
    model.tab = tab;
    model
}

/// A program with few verbs.
pub fn read(line: &str) -> Meaning {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    match words.first().map(String::as_str) {
        Some("quit") => Meaning::Quit,
        Some("tui") | None => Meaning::NotHere("elsewhere".to_owned()),
        Some("status" | "events") => Meaning::Obey(words, Does::Looks),
        Some("detach") => Meaning::Obey(words, Does::Ends),
        Some(_) => Meaning::Obey(words, Does::Changes),
    }
}

/// Ctrl-R, as [`press`] takes it.
pub const REDO: &str = "\u{12}";

/// Presses keys: letters, `\n` for Enter, `\u{1b}` for Esc, `\t` for Tab, [`REDO`]; returns what they
/// asked for.
pub fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let key = |letter| match letter {
        '\n' => KeyEvent::from(KeyCode::Enter),
        '\u{1b}' => KeyEvent::from(KeyCode::Esc),
        '\t' => KeyEvent::from(KeyCode::Tab),
        '\u{12}' => KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL),
        letter => KeyEvent::from(KeyCode::Char(letter)),
    };
    let event = |letter| Message::Key(key(letter));
    keys.chars()
        .flat_map(|letter| update(model, event(letter)))
        .collect()
}

/// The daemon tells something.
pub fn tell(model: &mut Model, told: Told) {
    model.link = Link::Live;
    let effects = update(model, Message::Told(told));
    assert_eq!(effects, []);
}

/// The daemon tells its bans.
pub fn tell_bans(model: &mut Model, bans: Vec<Ban>) {
    let list = BanList {
        bans,
        ..BanList::default()
    };
    let query = model.bans.query();
    tell(model, Told::Bans(query, list));
}

/// What is on a screen of that size.
pub fn screen(model: &Model, width: u16, height: u16) -> TestBackend {
    screen_in(model, (width, height), Theme::default())
}

/// The same in a theme.
pub fn screen_in(model: &Model, (width, height): (u16, u16), theme: Theme) -> TestBackend {
    let backend = TestBackend::new(width, height);
    let mut terminal = Terminal::new(backend).expect("a screen");
    let drawn = terminal.draw(|frame| view::draw(frame, model, theme));
    drawn.expect("a picture");
    terminal.backend().clone()
}

/// A TCP segment to port 22 of this host, dropped at that second.
pub fn event(source: &str, reason: &str, seconds: i64) -> SecurityEvent {
    let class = match reason {
        "port_scan" => "PORTSCAN",
        reason if reason.starts_with("tcp_") => "TCP_ANOMALY",
        _ => "RATELIMIT",
    };
    let event = json!({
        "timestamp": moment(seconds),
        "src_ip": source,
        "dst_ip": "198.51.100.1",
        "src_port": 40_000,
        "dst_port": 22,
        "proto": "tcp",
        "tcp_flags": "S",
        "action": "drop",
        "reason": class,
        "threat_type": reason,
        "packet_len": 60,
        "hook": "xdp_ingress",
        "interface": "eth0",
        "rule": 3,
        "suppressed": 0,
        "icmp_type": null,
        "icmp_code": null,
        "hop_limit": 52,
    });
    serde_json::from_value(event).expect("an event")
}

/// A list that drops and is in order.
pub fn list(name: &str) -> ListStatus {
    let list = json!({
        "name": name,
        "origin": format!("https://lists.example/{name}.txt"),
        "format": "plain",
        "category": "attack",
        "action": "block",
        "direction": "both",
        "enabled": true,
        "switched": false,
        "busy": false,
        "interval_seconds": 86_400,
        "next": moment(7_500),
        "failures": 0,
        "last": { "at": moment(-600), "outcome": "updated", "why": null },
        "copy": {
            "fetched": moment(-600),
            "age_seconds": 600,
            "entries": 1_200,
            "refused": 2,
            "addresses_v4": 20_000,
            "unique_v4": 5_000,
            "networks_v6": 0,
            "unique_v6": 0,
        },
        "quarantine": null,
        "warning": null,
        "hits": {
            "total": { "packets": 9_000, "bytes": 540_000 },
            "day": { "packets": 310, "bytes": 18_600 },
            "last": moment(-60),
        },
        "would_hit": {
            "total": { "packets": 0, "bytes": 0 },
            "day": { "packets": 0, "bytes": 0 },
            "last": null,
        },
    });
    serde_json::from_value(list).expect("a list")
}

/// A list that was put aside, with a warning.
pub fn aside(name: &str) -> ListStatus {
    let quarantine = json!({
        "at": moment(-3_000),
        "why": "it names 198.51.100.1, an address of this host",
        "entries": 90_000,
    });
    ListStatus {
        quarantine: serde_json::from_value(quarantine).expect("a copy"),
        warning: Some(format!("{name}: a copy was put aside")),
        ..list(name)
    }
}

/// Everything about a list.
pub fn detail(status: ListStatus) -> ListDetail {
    let detail = json!({
        "status": status,
        "categories": ["attack"],
        "refusals": [{ "why": "a private address", "count": 2 }],
        "refused": [{ "line": 7, "text": "10.0.0.1", "why": "a private address" }],
        "peers": [{
            "address": "203.0.113.77",
            "category": "attack",
            "first": moment(-900),
            "last": moment(-30),
            "connections": 2,
            "bytes": 15_300,
        }],
        "more_peers": 4,
    });
    serde_json::from_value(detail).expect("a detail")
}

/// A ban of new connections, by a detector, for ten minutes more.
pub fn detected(target: &str) -> Ban {
    let ban = json!({
        "target": target,
        "port": null,
        "protocol": null,
        "part": "new connections",
        "causes": [{
            "origin": "port_scan",
            "reason": "51 ports, 53 packets within 0 s",
            "since": moment(-120),
            "expires": moment(600),
            "expires_in_seconds": 600,
        }],
        "reason": "51 ports, 53 packets within 0 s",
        "rule": 7,
        "expires": moment(600),
        "expires_in_seconds": 600,
        "place": place("RU", "Russia", 64_500, "Example Hosting"),
    });
    serde_json::from_value(ban).expect("a ban")
}

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

/// A daemon that guards eth0, with every module on but `verbose`.
pub fn status() -> Status {
    let module = |name: &str| json!({ "name": name, "on": name != "verbose", "summary": "" });
    let program = |hook: &str, mode: &str| {
        json!({
            "interface": "eth0", "index": 2, "hook": hook, "mode": mode, "program_id": 7,
            "program_tag": "", "link_id": null, "attached": true,
        })
    };
    let names = [
        "port_scan",
        "rate_limit",
        "threat_feeds",
        "conn_track",
        "scan_detect",
        "verbose",
    ];
    let status = json!({
        "api_version": 1, "version": "0.1.0", "abi_version": 7, "instance": "eth0", "pid": 1,
        "uptime_seconds": 60, "healthy": true, "problems": [], "warnings": [], "egress": true,
        "attachments": [program("xdp_ingress", "native"), program("tc_egress", "tcx")],
        "tables": [{ "name": "FLOWS_V4", "entries": 52_000, "capacity": 65_536 }],
        "bans": 0, "allow": 0,
        "events": { "sent": 10, "suppressed": 90, "lost": 0, "undecodable": 0 },
        "modules": names.map(module),
    });
    serde_json::from_value(status).expect("a status")
}

/// A daemon that meets a SYN flood of three sources.
pub fn attacked() -> Box<Status> {
    let source = |target: &str, share: u32| AttackSource {
        target: target.to_owned(),
        share_percent: share,
        addresses: 3,
        place: Some(place("RU", "Russia", 64_500, "Example Hosting")),
    };
    let attack = Attack {
        kind: AttackKind::SynFlood,
        summary: AttackKind::SynFlood.summary().to_owned(),
        since: moment(-12),
        seconds: 12,
        packets_per_second: 84_000,
        peak_packets_per_second: 120_000,
        packets: 1_000_000,
        share_percent: 97,
        sources: vec![source("203.0.113.0/24", 80), source("198.51.100.7", 10)],
        sources_seen: 40,
        response: vec!["SYNs beyond the gauge are answered with cookies.".to_owned()],
        remedy: Some("block 203.0.113.0/24 --for 1h".to_owned()),
    };
    Box::new(Status {
        attacks: vec![attack],
        ..status()
    })
}

/// Connections that have something in common, and what they receive a second.
pub fn group(key: &str, connections: usize, rate: u64) -> FlowGroup {
    FlowGroup {
        key: key.to_owned(),
        connections,
        now: FlowRate {
            received_bytes_per_second: rate,
            ..FlowRate::default()
        },
        ..FlowGroup::default()
    }
}

// SPDX-License-Identifier: MIT
//! nmap, before Aegis and after.

use std::net::IpAddr;

use super::{Attack, watched};
use crate::scene::Scene;
use aegis_testbed::peers::PortState;
use aegis_testbed::{Daemon, Nmap, Scan, peers::NmapReport};
use anyhow::Result;

/// Ports of every scan; the open one, 80, is among them.
const PORTS: &str = "1-100";

struct Kind {
    scan: Scan,
    name: &'static str,
    expected: Option<&'static str>,
    v6: bool,
}

const KINDS: [Kind; 5] = [
    Kind {
        scan: Scan::Null,
        name: "nmap -sN",
        expected: Some("tcp_null"),
        v6: false,
    },
    Kind {
        scan: Scan::Xmas,
        name: "nmap -sX",
        expected: Some("tcp_xmas"),
        v6: false,
    },
    Kind {
        scan: Scan::Xmas,
        name: "nmap -6 -sX",
        expected: Some("tcp_xmas"),
        v6: true,
    },
    Kind {
        scan: Scan::Fin,
        name: "nmap -sF",
        expected: Some("tcp_fin_no_ack"),
        v6: false,
    },
    Kind {
        scan: Scan::Syn,
        name: "nmap -sS",
        expected: None,
        v6: false,
    },
];

/// A null scan of the host while nobody guards it.
pub fn unguarded(scene: &Scene) -> Result<NmapReport> {
    scan(scene, &KINDS[0])
}

/// Every kind of scan, one after the other.
pub fn run(scene: &Scene, daemon: &Daemon) -> Result<Vec<Attack>> {
    KINDS
        .iter()
        .map(|kind| attack(scene, daemon, kind))
        .collect()
}

fn attack(scene: &Scene, daemon: &Daemon, kind: &Kind) -> Result<Attack> {
    let (report, drops) = watched(daemon, || scan(scene, kind))?;
    Ok(Attack {
        name: kind.name.to_owned(),
        sent: report.packets_sent,
        drops,
        expected: kind.expected,
        outcome: learned(&report),
    })
}

fn scan(scene: &Scene, kind: &Kind) -> Result<NmapReport> {
    let guarded = scene.guarded();
    let target = if kind.v6 {
        IpAddr::from(guarded.v6())
    } else {
        IpAddr::from(guarded.v4())
    };
    // Without a lowest rate nmap slows down when nobody answers, and the show takes a minute.
    let scan = Nmap::new(scene.attacking_host(), target, kind.scan)
        .ports(PORTS)
        .option("--min-rate=500");
    Ok(scan.run()?)
}

/// What a scan found out of the ports.
pub fn learned(report: &NmapReport) -> String {
    match (report.open.as_slice(), report.count(PortState::Closed)) {
        ([], 0) => "learned nothing".to_owned(),
        ([], closed) => format!("saw {closed} ports closed"),
        ([port], _) => format!("found port {port} open"),
        (ports, _) => format!("found {} ports open", ports.len()),
    }
}

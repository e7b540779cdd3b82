// SPDX-License-Identifier: MIT
//! nmap, before Aegis and after.

use std::net::IpAddr;

use super::{Attack, forgive, watched};
use crate::scene::Scene;
use aegis_testbed::peers::PortState;
use aegis_testbed::{Daemon, Nmap, Scan, peers::NmapReport};
use anyhow::Result;

/// Ports of scans with segments that no stack sends; the open one, 80, is among them.
const FEW: &str = "1-100";
/// Ports of scans with segments as any client sends them.
const MANY: &str = "1-1000";

struct Kind {
    scan: Scan,
    name: &'static str,
    ports: &'static str,
    expected: &'static [&'static str],
    least: u64,
    v6: bool,
}

const fn malformed(scan: Scan, name: &'static str, expected: &'static [&'static str]) -> Kind {
    Kind {
        scan,
        name,
        ports: FEW,
        expected,
        least: 95,
        v6: false,
    }
}

/// Up to the fifty-first port they look like a client.
const fn sound(scan: Scan, name: &'static str) -> Kind {
    Kind {
        scan,
        name,
        ports: MANY,
        expected: &["port_scan", "cool_down", "ban_unsolicited"],
        least: 85,
        v6: false,
    }
}

const KINDS: [Kind; 5] = [
    malformed(Scan::Null, "nmap -sN", &["tcp_null"]),
    Kind {
        v6: true,
        ..malformed(Scan::Xmas, "nmap -6 -sX", &["tcp_xmas"])
    },
    malformed(Scan::Fin, "nmap -sF", &["tcp_fin_no_ack"]),
    Kind {
        v6: true,
        ..sound(Scan::Syn, "nmap -6 -sS")
    },
    SYN,
];

/// Lines of `why` that are shown; what follows are packets.
const SAID: usize = 7;

const SYN: Kind = sound(Scan::Syn, "nmap -sS");

/// A scan of the host while nobody guards it.
pub fn unguarded(scene: &Scene) -> Result<NmapReport> {
    scan(scene, &SYN)
}

/// Every kind of scan, one after the other.
pub fn run(scene: &Scene, daemon: &Daemon) -> Result<Vec<Attack>> {
    let attack = |kind| {
        forgive(scene, daemon)?;
        attack(scene, daemon, kind)
    };
    KINDS.iter().map(attack).collect()
}

/// What `aegis-cli why` says of the attacker, down to the evidence.
pub fn why(scene: &Scene, daemon: &Daemon) -> Result<Vec<String>> {
    let address = scene.attacker().v4().to_string();
    let said = daemon.cli(&["why", &address])?.success()?.stdout;
    Ok(said.lines().take(SAID).map(str::to_owned).collect())
}

fn attack(scene: &Scene, daemon: &Daemon, kind: &Kind) -> Result<Attack> {
    let (report, stopped) = watched(daemon, || scan(scene, kind))?;
    Ok(Attack {
        name: kind.name.to_owned(),
        sent: report.packets_sent,
        stopped,
        expected: kind.expected,
        least: kind.least,
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
        .ports(kind.ports)
        .option("--min-rate=500");
    Ok(scan.run()?)
}

/// What a scan found out of the ports.
pub fn learned(report: &NmapReport) -> String {
    let open = report.open.len();
    match open as u64 + report.count(PortState::Closed) {
        0 => "learned nothing".to_owned(),
        known => format!("{known} ports, {open} open"),
    }
}

// SPDX-License-Identifier: MIT
//! hping3 as fast as it can, at the port that the client fetches its page from.

use super::{Attack, forgive, watched};
use crate::scene::Scene;
use aegis_testbed::peers::FloodReport;
use aegis_testbed::{Daemon, Flood, FloodKind};
use anyhow::Result;

/// How long each lasts.
const SECONDS: u64 = 3;

struct Kind {
    flood: FloodKind,
    name: &'static str,
    invented: bool,
    expected: &'static [&'static str],
}

const KINDS: [Kind; 4] = [
    Kind {
        flood: FloodKind::Syn,
        name: "hping3 -S --rand-source",
        invented: true,
        expected: &["syn_cookie", "bogus_source"],
    },
    Kind {
        flood: FloodKind::Syn,
        name: "hping3 -S --flood",
        invented: false,
        expected: &["syn_rate", "cool_down", "ban_unsolicited"],
    },
    Kind {
        flood: FloodKind::Udp,
        name: "hping3 -2 --flood",
        invented: false,
        expected: &["udp_rate", "cool_down", "ban_unsolicited"],
    },
    Kind {
        flood: FloodKind::Ack,
        name: "hping3 -A --flood",
        invented: false,
        expected: &["tcp_out_of_state"],
    },
];

/// Each kind of flood, one after the other.
pub fn run(scene: &Scene, daemon: &Daemon) -> Result<Vec<Attack>> {
    let attack = |kind| {
        forgive(scene, daemon)?;
        flood(scene, daemon, kind)
    };
    KINDS.iter().map(attack).collect()
}

fn flood(scene: &Scene, daemon: &Daemon, kind: &Kind) -> Result<Attack> {
    let way = scene.way();
    let flood = Flood::new(&way, scene.guarded().v4().into(), kind.flood).seconds(SECONDS);
    let flood = match kind.invented {
        true => flood.random_sources(),
        false => flood,
    };
    let (report, stopped) = watched(daemon, || Ok(flood.start()?.wait()?))?;
    Ok(Attack {
        name: kind.name.to_owned(),
        sent: report.packets,
        stopped,
        expected: kind.expected,
        least: 90,
        outcome: speed(&report),
    })
}

fn speed(report: &FloodReport) -> String {
    format!("at {:.0},000 a second", report.rate() / 1e3)
}

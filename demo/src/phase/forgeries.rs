// SPDX-License-Identifier: MIT
//! hping3: packets that no stack sends.

use super::{Attack, watched};
use crate::scene::Scene;
use aegis_testbed::{Daemon, Hping};
use anyhow::Result;

/// Packets of each kind.
const COUNT: u64 = 500;
/// Microseconds between two of them.
const INTERVAL: u64 = 1_000;

/// Each kind of forgery, one after the other.
pub fn run(scene: &Scene, daemon: &Daemon) -> Result<Vec<Attack>> {
    let own = scene.guarded().v4().to_string();
    let kinds: [(&str, &[&str], &'static [&'static str]); 4] = [
        ("hping3 -S -F", &["-S", "-F", "-p", "80"], &["tcp_syn_fin"]),
        ("hping3 -S -R", &["-S", "-R", "-p", "80"], &["tcp_syn_rst"]),
        (
            "hping3 -S -a TARGET",
            &["-S", "-p", "80", "-a", &own],
            &["land"],
        ),
        (
            "hping3 -S -a 127.0.0.1",
            &["-S", "-p", "80", "-a", "127.0.0.1"],
            &["bogus_source"],
        ),
    ];
    let attack = |(name, options, expected)| forge(scene, daemon, (name, options, expected));
    kinds.into_iter().map(attack).collect()
}

fn forge(
    scene: &Scene,
    daemon: &Daemon,
    (name, options, expected): (&str, &[&str], &'static [&'static str]),
) -> Result<Attack> {
    let hping = Hping::new(scene.attacking_host(), scene.guarded().v4(), COUNT);
    let hping = hping.every_micros(INTERVAL).options(options);
    let (report, stopped) = watched(daemon, || Ok(hping.run()?))?;
    Ok(Attack {
        name: name.to_owned(),
        sent: report.sent,
        stopped,
        expected,
        least: 95,
        outcome: format!("{} answers", report.received),
    })
}

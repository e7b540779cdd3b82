// SPDX-License-Identifier: MIT
//! Reloads are one step for every packet: whatever a packet meets, it is judged by one configuration
//! or the other, never by half of each.

use aegis_abi::{Action, Hook, Link, Settings};
use aegis_api::{Client, Instance, ReloadRequest};
use aegis_core::Nanos;
use aegis_core::emit::Frame;
use aegis_engine::rig::Rig;
use aegis_policy::{Policy, Target};
use aegis_testbed::{Daemon, Need, require};
use aegis_tests::configuration::File;
use aegis_tests::guarded::Guarded;
use anyhow::{Context as _, Result};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;
use tokio::runtime::Builder;

/// Passes under either configuration: impossible flags are looked for in the first one only, and
/// there its source is allowed.
const NULL: &str = "192.0.2.7";
/// Likewise the other way round: sources that are lies are looked for in the second one only.
const LAND: &str = "192.0.2.8";
/// Likewise within the settings, one field far behind the other: rates are held to in the first one
/// only, and there they are high.
const FAST: &str = "192.0.2.10";
const FIRST: &str = "[modules]
scan_detect = true\nthreat_feeds = false\nrate_limit = true\nconn_track = false\nport_scan = false
[rates]
udp_source = 1000000\nudp_source_burst = 1000000\nudp_host = 1000000\nudp_host_burst = 1000000
[allowlist]
ips = [\"192.0.2.7\"]
";
const SECOND: &str = "[modules]
scan_detect = false\nthreat_feeds = true\nrate_limit = false\nconn_track = false\nport_scan = false
[rates]
udp_source = 1\nudp_source_burst = 1\nudp_host = 1\nudp_host_burst = 1
[allowlist]
ips = [\"192.0.2.8\", \"192.0.2.0/29\", \"198.51.100.0/24\"]
";
const BANNED: &str = "192.0.2.99";
/// Where the connection goes.
const PORT: u16 = 7_007;
const RELOADS: usize = 200;
/// Frames of each kind that are sent at once.
const AT_ONCE: u16 = 41;
/// What only a mixture is dropped for.
const MIXED: [&str; 4] = ["tcp_null", "land", "udp_rate", "udp_host_rate"];
const PASSED: [&str; 2] = ["allowlist", "default"];

/// Reloads one configuration after the other.
fn storm(daemon: &Daemon, file: &File) -> Result<()> {
    let client = Client::new(&Instance::named("eth0", daemon.run_dir()).expect("a name"));
    let runtime = Builder::new_current_thread().enable_all().build()?;
    for turn in 0..RELOADS {
        file.write([SECOND, FIRST][turn % 2]);
        let answer = runtime.block_on(client.reload(&ReloadRequest::default()))?;
        let keys: HashSet<&str> = answer.changed.iter().map(|it| it.key.as_str()).collect();
        assert!(keys.contains("modules.scan_detect"), "{keys:?}");
        assert!(keys.contains("allowlist.ips"), "{keys:?}");
    }
    Ok(())
}

/// Frames of every kind that passes.
fn passing(lab: &Guarded) -> Vec<Vec<u8>> {
    let ports = (0..AT_ONCE).map(|number| 40_000 + number);
    let kinds = ports.flat_map(|port| {
        [
            lab.from(NULL).tcp(port, 80, "").bytes(),
            lab.from_to(LAND, LAND).udp(port, 9_000).bytes(),
            lab.from(FAST).udp(port, 9_000).bytes(),
        ]
    });
    kinds.collect()
}

/// A connection to the guarded host.
struct Connection {
    near: TcpStream,
    far: TcpStream,
}

impl Connection {
    fn open(lab: &Guarded) -> Result<Self> {
        let address = (lab.link.b.v4(), PORT);
        let listener = lab.host.enter(|| TcpListener::bind(address))??;
        let near = lab.attacker.enter(|| TcpStream::connect(address))??;
        let (far, _) = listener.accept()?;
        Ok(Self { near, far })
    }

    fn says_something(&mut self) -> Result<()> {
        let mut heard = [0; 4];
        self.near.write_all(b"ping")?;
        self.far.read_exact(&mut heard)?;
        assert_eq!(&heard, b"ping");
        Ok(())
    }
}

/// Sends for as long as the storm lasts; returns how many frames should have passed, and been
/// dropped.
fn send_all_along(lab: &Guarded, file: &File, connection: &mut Connection) -> Result<(u64, u64)> {
    let banned = lab.from(BANNED).udp(1, 2).bytes();
    let frames = [passing(lab), vec![banned]].concat();
    let (mut passed, mut dropped) = (0, 0);
    std::thread::scope(|scope| -> Result<(u64, u64)> {
        let daemon = &lab.daemon;
        let storm = scope.spawn(move || storm(daemon, file));
        while !storm.is_finished() {
            lab.past(&frames)?;
            passed += frames.len() as u64 - 1;
            dropped += 1;
            connection.says_something()?;
        }
        storm.join().expect("it does not panic")?;
        Ok((passed, dropped))
    })
}

#[test]
fn no_packet_is_judged_by_half_of_each_configuration_in_a_storm_of_reloads() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let file = File::new(FIRST);
    let lab = file.start()?;
    lab.cli(&["block", BANNED])?;
    let mut connection = Connection::open(&lab)?;
    let (before, began) = (lab.steady()?, Instant::now());
    let (passed, dropped) = send_all_along(&lab, &file, &mut connection)?;
    let rate = passed as f64 / began.elapsed().as_secs_f64();
    println!("{RELOADS} reloads, {passed} packets, {rate:.0} a second");
    let after = lab.steady()?;
    let moved = |reason: &str| {
        let name = format!("xdp_ingress/ipv4/{reason}");
        after.get(&name).unwrap_or(&0) - before.get(&name).unwrap_or(&0)
    };
    assert_eq!(MIXED.map(moved), [0; MIXED.len()], "{MIXED:?}: {after:?}");
    assert_eq!(PASSED.map(moved).iter().sum::<u64>(), passed, "{after:?}");
    assert!(
        PASSED.map(moved).iter().all(|count| *count > 0),
        "{after:?}"
    );
    assert_eq!(moved("ban_address"), dropped);
    let flows = lab.daemon.json(&["flows", "--port", "7007"])?;
    let flows = flows["flows"].as_array().cloned().unwrap_or_default();
    assert_eq!(flows.len(), 1, "{flows:?}");
    assert_eq!(flows[0]["state"], "established", "{flows:?}");
    let allowed = lab.daemon.json(&["allow", "list"])?;
    assert_eq!(allowed["allow"].as_array().map(Vec::len), Some(1));
    assert_eq!(lab.daemon.json(&["status"])?["healthy"], true);
    Ok(())
}

/// What becomes of SYNs without flags from an address.
fn is_allowed(rig: &mut Rig, source: [u8; 4]) -> Result<bool> {
    let frame = Frame::raw_ip().ipv4(source, [198, 51, 100, 1]);
    let action = rig.run(Hook::XdpIngress, &frame.tcp(40_000, 80, "").bytes())?;
    Ok(action.context("it is judged")? == Action::Pass)
}

#[test]
fn what_a_crash_left_staged_is_tidied_and_never_comes_into_force_by_another_switch() -> Result<()> {
    require!(Need::Root);
    let mut rig = Rig::load(Link::RawIp, false)?;
    let mut policy = Policy::new();
    let (old, new): ([Target; 2], [Target; 2]) = (
        ["192.0.2.0/24".parse()?, "192.0.2.7".parse()?],
        ["192.0.2.0/28".parse()?, "203.0.113.9".parse()?],
    );
    let settings = Settings::DEFAULT;
    let first = policy.stage_allowlist((&[], &old), settings.generation, Nanos(1))?;
    rig.apply(&[first.stage, first.tidy].concat())?;
    let next = settings.next_generation();
    let staged = policy.stage_allowlist((&old, &new), next, Nanos(1))?;
    rig.apply(&staged.stage)?;
    let everybody = [[192, 0, 2, 7], [192, 0, 2, 99], [203, 0, 113, 9]];
    let judged = |rig: &mut Rig| -> Result<Vec<bool>> {
        let all = everybody.iter().map(|source| is_allowed(rig, *source));
        all.collect()
    };
    assert_eq!(judged(&mut rig)?, [true, true, false], "staged");
    rig.settle()?;
    assert_eq!(judged(&mut rig)?, [true, true, false], "tidied");
    for generation in [next, settings.generation, next] {
        let settings = Settings {
            generation,
            ..settings
        };
        rig.set_settings(&settings)?;
        assert_eq!(judged(&mut rig)?, [true, true, false], "{generation}");
    }
    rig.apply(&staged.stage)?;
    assert_eq!(judged(&mut rig)?, [true, false, true], "in force");
    rig.settle()?;
    assert_eq!(judged(&mut rig)?, [true, false, true], "tidied");
    rig.set_settings(&settings)?;
    assert_eq!(judged(&mut rig)?, [true, false, true], "for good");
    Ok(())
}

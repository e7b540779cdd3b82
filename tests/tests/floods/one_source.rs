// SPDX-License-Identifier: MIT
//! Floods from one source: it is cut off by name, at once, and nobody else is.

use crate::siege::Siege;
use aegis_testbed::{Counters, Download, Flood, FloodKind, Need, Result, require};
use aegis_tests::guarded::counters;
use aegis_tests::told::{moved, say, until, why};
use serde_json::Value;
use std::time::Duration;

/// Within which a source has to be cut off, and for which it is watched then.
const SECOND: Duration = Duration::from_secs(1);
const DOWNLOAD: Duration = Duration::from_secs(30);

/// What was counted of the second second of a flood, and of the whole.
struct Course {
    whole: (Counters, Counters),
    second: (Counters, Counters),
    /// As `status` tells them while it goes on.
    attacks: Value,
}

impl Course {
    fn whole(&self, reason: &str) -> u64 {
        moved(&self.whole.0, &self.whole.1, &named(reason))
    }

    fn second(&self, reason: &str) -> u64 {
        moved(&self.second.0, &self.second.1, &named(reason))
    }
}

fn named(reason: &str) -> String {
    format!("xdp_ingress/ipv4/{reason}")
}

/// A flood of two seconds that nobody else is on the wire with, and a third with visitors.
fn flood(siege: &Siege, kind: FloodKind) -> Result<Course> {
    let link = siege.link();
    let begin = counters(siege.daemon())?;
    let flooding = Flood::new(&link, siege.guarded.v4().into(), kind)
        .seconds(20)
        .start()?;
    until("the first packets", || flooding.sent(), |sent| *sent > 0)?;
    std::thread::sleep(SECOND);
    let first = counters(siege.daemon())?;
    std::thread::sleep(SECOND);
    let second = counters(siege.daemon())?;
    let download = Download::start(siege.client.host(), siege.server(false))?;
    let visits = siege.visits(25, 1)?.wait();
    assert!(download.is_sound() && download.moves_within(DOWNLOAD));
    let attacks = siege.daemon().json(&["status"])?["attacks"].take();
    let report = flooding.stop()?;
    say(format_args!(
        "{kind:?} flood from one source: {:.0} packets/s; {} of {} visits, p99 {:?}",
        report.rate(),
        visits.successes,
        visits.successes + visits.failures,
        visits.p99().unwrap_or_default(),
    ));
    assert_eq!((visits.successes, visits.failures), (25, 0), "{visits:?}");
    Ok(Course {
        whole: (begin, second.clone()),
        second: (first, second),
        attacks,
    })
}

/// Fails unless a flood is told of for what it is, with its source and what helps against it.
fn is_told(siege: &Siege, attacks: &Value, kind: FloodKind) -> Result<()> {
    let expected = match kind {
        FloodKind::Syn => "syn_flood",
        FloodKind::Udp => "udp_flood",
        FloodKind::Icmp => "icmp_flood",
        FloodKind::Ack => "tcp_flood",
    };
    let source = siege.attacker.v4().to_string();
    let told = &attacks[0];
    assert_eq!(told["kind"], expected, "{attacks}");
    assert_eq!(told["sources"][0]["target"], source, "{attacks}");
    assert!(
        told["packets_per_second"].as_u64() > Some(1_000),
        "{attacks}"
    );
    assert_eq!(told["remedy"], format!("block {source} --for 1h"));
    siege.daemon().cli(&["status"])?.success().map(|shown| {
        let line = "if it troubles you: aegis-cli block";
        assert!(shown.stdout.contains(line), "{}", shown.stdout);
    })
}

/// Fails unless a flood was cut off within a second, for `reason`, and its source alone.
fn is_cut_off(kind: FloodKind, reason: &str, burst: u64) -> Result<()> {
    let siege = Siege::with(&[])?;
    let course = flood(&siege, kind)?;
    let passed = course.whole("default") + course.whole("established");
    let [refused, cooling, banned] =
        [reason, "cool_down", "ban_unsolicited"].map(|reason| course.whole(reason));
    say(format_args!(
        "{kind:?}: {passed} passed, {refused} {reason}, {cooling} cool_down, {banned} ban_unsolicited"
    ));
    for passing in ["default", "established", "picked_up"] {
        assert_eq!(course.second(passing), 0, "{passing} after a second");
    }
    let later = course.second("cool_down") + course.second("ban_unsolicited");
    assert!(
        later > 10_000,
        "{later} of the flood were dropped for its source"
    );
    // The bucket is full at first, and goes on filling until the source has gone too far. Whatever
    // passed may have been answered, and the answer reset.
    assert!(passed >= burst && passed <= burst * 3, "{passed} passed");
    assert_eq!(refused, 201, "one too many is the offence");
    let attacker = why(siege.daemon(), siege.attacker.v4().into())?;
    assert_eq!(attacker["standing"], "banned_in_part", "{attacker}");
    assert_eq!(attacker["bans"][0]["part"], "new connections", "{attacker}");
    assert_eq!(
        attacker["evidence"]["charges"][0]["kind"], reason,
        "{attacker}"
    );
    assert!(attacker["cooling_down"].is_object(), "{attacker}");
    is_told(&siege, &course.attacks, kind)?;
    let client = why(siege.daemon(), siege.client.v4().into())?;
    assert_eq!(client["standing"], "free", "{client}");
    assert!(client["evidence"].is_null(), "{client}");
    Ok(())
}

#[test]
fn a_syn_flood_from_one_source_is_cut_off_within_a_second() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("hping3"));
    is_cut_off(FloodKind::Syn, "syn_rate", 200)
}

#[test]
fn a_udp_flood_from_one_source_is_cut_off_within_a_second() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("hping3"));
    is_cut_off(FloodKind::Udp, "udp_rate", 4_000)
}

#[test]
fn an_icmp_flood_from_one_source_is_cut_off_within_a_second() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("hping3"));
    is_cut_off(FloodKind::Icmp, "icmp_rate", 100)
}

#[test]
fn an_ack_flood_from_one_source_is_out_of_state_from_its_first_packet_on() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("hping3"));
    let siege = Siege::with(&[])?;
    let course = flood(&siege, FloodKind::Ack)?;
    assert!(course.whole("tcp_out_of_state") > 10_000);
    for reason in ["default", "picked_up", "established", "port_scan"] {
        assert_eq!(course.whole(reason), 0, "{reason}");
    }
    is_told(&siege, &course.attacks, FloodKind::Ack)
}

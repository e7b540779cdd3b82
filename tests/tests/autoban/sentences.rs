// SPDX-License-Identifier: MIT
//! A scan bans whom it comes from: on evidence, for a while, and for longer each time.

use crate::scanned::{PORTS_ALLOWED, Scanned, detected, moment, origins, source, v4, v6};
use aegis_testbed::{Need, Result, require};
use aegis_tests::told::until;
use jiff::Timestamp;
use serde_json::Value;
use std::net::IpAddr;
use std::time::Duration;

/// Seconds between the ends of what a cause tells.
fn length(cause: &Value) -> i64 {
    let (since, until) = (moment(&cause["since"]), moment(&cause["expires"]));
    until.duration_since(since).as_secs_f64().round() as i64
}

/// Everything that `why` tells of a scanner that was banned a moment ago, for five minutes.
fn is_explained(scanned: &Scanned, from: IpAddr, began: Timestamp) -> Result<()> {
    let why = scanned.convict(from)?;
    let ended = Timestamp::now();
    assert_eq!(why["standing"], "banned_in_part", "{why}");
    let ban = &why["bans"][0];
    let facts = [&ban["target"], &ban["part"], &why["evidence"]["source"]];
    let name = source(from);
    assert_eq!(facts, [&*name, "new connections", &*name], "{why}");
    assert_eq!(origins(&why), ["port_scan"], "{why}");
    let cause = detected(&why)[0];
    assert_eq!(length(cause), 300, "{why}");
    assert_eq!(ban["expires"], cause["expires"], "{why}");
    let during = |moment: Timestamp| {
        let slack = jiff::SignedDuration::from_secs(1);
        assert!(moment >= began - slack && moment <= ended + slack, "{why}");
    };
    during(moment(&cause["since"]));
    let figures = cause["reason"].as_str().unwrap_or_default();
    assert!(figures.contains("51 ports"), "{why}");
    let charge = &why["evidence"]["charges"][0];
    assert_eq!(charge["kind"], "port_scan", "{why}");
    let number = |name: &str| charge[name].as_u64().expect("it is a number");
    let told = ["offences", "proven", "ports", "refused"].map(number);
    assert_eq!(told, [1, 0, PORTS_ALLOWED + 1, 0], "{why}");
    assert!(
        (PORTS_ALLOWED + 1..80).contains(&number("packets")),
        "{why}"
    );
    during(moment(&charge["first"]));
    during(moment(&charge["last"]));
    assert_eq!(why["evidence"]["bans_unproven"], 1, "{why}");
    assert_eq!(why["evidence"]["bans_proven"], 0, "{why}");
    ports_are_of_the_scan(&charge["recent_ports"]);
    samples_are_of_the_scan(&why, (from, scanned.target(from)));
    Ok(())
}

#[track_caller]
fn ports_are_of_the_scan(ports: &Value) {
    let ports = ports.as_array().expect("ports are a list");
    let of_the_scan = |port: &Value| port.as_u64().is_some_and(|port| (1..=100).contains(&port));
    assert!(
        !ports.is_empty() && ports.iter().all(of_the_scan),
        "{ports:?}"
    );
}

/// Packets that this address sent, SYNs to ports of the scan, and one at least refused as a scan.
#[track_caller]
fn samples_are_of_the_scan(why: &Value, (from, to): (IpAddr, IpAddr)) {
    let samples = why["events"].as_array().expect("events are a list");
    assert!(!samples.is_empty(), "{why}");
    for sample in samples {
        let ends = [&sample["src_ip"], &sample["dst_ip"]];
        assert_eq!(ends, [&*from.to_string(), &*to.to_string()], "{sample}");
        let what = [&sample["proto"], &sample["tcp_flags"], &sample["action"]];
        assert_eq!(what, ["tcp", "S", "drop"], "{sample}");
        ports_are_of_the_scan(&Value::from(vec![sample["dst_port"].clone()]));
    }
    // The last straw, or what came right after it and was refused for it.
    let straw = samples.iter().any(|sample| sample["reason"] == "PORTSCAN");
    assert!(straw, "{why}");
}

#[test]
fn a_scan_bans_its_source_and_why_tells_everything() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&[])?;
    for from in [v4(1), v6(1)] {
        is_explained(&scanned, from, Timestamp::now())?;
    }
    Ok(())
}

/// Four seconds, eight, and then never more than ten. Each ends by itself, and lets its source begin
/// again.
fn grows(from: IpAddr) -> Result<()> {
    let scanned = Scanned::start(&[
        "--set",
        "autoban.unproven_ttl=4s",
        "--set",
        "autoban.unproven_ttl_max=10s",
        "--set",
        "port_scan.cool_down=1s",
    ])?;
    let family = if from.is_ipv4() { "ipv4" } else { "ipv6" };
    let [banned, passes] =
        ["ban_unsolicited", "default"].map(|reason| format!("xdp_ingress/{family}/{reason}"));
    let syn = scanned.lab.syn(&from.to_string());
    let mut ended = Timestamp::MIN;
    for (number, seconds) in [(1, 4), (2, 8), (3, 10)] {
        let why = scanned.convict(from)?;
        let cause = detected(&why)[0];
        assert_eq!(length(cause), seconds, "ban number {number}: {why}");
        assert!(moment(&cause["since"]) >= ended, "anew, not longer: {why}");
        assert_eq!(why["evidence"]["bans_unproven"], number, "{why}");
        scanned.lab.drops("banned", &syn, &banned)?;
        ended = moment(&cause["expires"]);
        is_free_at(&scanned, from, ended)?;
        assert_eq!(scanned.bans()?, Vec::<[String; 3]>::new());
        scanned.lab.passes("free again", &syn, &passes)?;
    }
    Ok(())
}

/// It is banned until that moment, and free soon after.
fn is_free_at(scanned: &Scanned, from: IpAddr, end: Timestamp) -> Result<()> {
    let early = Duration::from_millis(1_500);
    let left = Duration::try_from(end.duration_since(Timestamp::now())).unwrap_or_default();
    std::thread::sleep(left.saturating_sub(early));
    let why = scanned.why(from)?;
    let seen = Timestamp::now();
    // A busy machine may be too late to see it.
    assert!(seen >= end || !detected(&why).is_empty(), "{seen}: {why}");
    let free = |why: &Value| why["standing"] == "free";
    until("the end of the ban", || scanned.why(from), free)?;
    assert!(Timestamp::now() >= end, "no sooner than was told: {why}");
    Ok(())
}

#[test]
fn bans_over_ipv4_end_by_themselves_and_grow_up_to_the_longest() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    grows(v4(2))
}

#[test]
fn bans_over_ipv6_end_by_themselves_and_grow_up_to_the_longest() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    grows(v6(2))
}

/// Who has been quiet for longer than offenders are remembered begins with a first ban again.
#[test]
fn a_source_that_was_forgotten_is_banned_as_if_for_the_first_time() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&[
        "--set",
        "autoban.unproven_ttl=2s",
        "--set",
        "autoban.memory=2s",
        "--set",
        "port_scan.cool_down=1s",
    ])?;
    for _ in 0..2 {
        let why = scanned.convict(v4(3))?;
        assert_eq!(length(detected(&why)[0]), 2, "{why}");
        assert_eq!(why["evidence"]["bans_unproven"], 1, "{why}");
        let forgotten = |why: &Value| why["evidence"].is_null();
        until("oblivion", || scanned.why(v4(3)), forgotten)?;
    }
    Ok(())
}

// SPDX-License-Identifier: MIT
//! Countries and autonomous systems that are not let through, with the real daemon. One daemon is
//! taken from policy to policy by reloads; addresses are loaded once.

use super::placed::{PASSED, Placed, until};
use super::said;
use aegis_testbed::{Need, Result, require};
use aegis_tests::configuration::File;
use serde_json::Value;

#[test]
fn countries_and_systems_are_blocked_and_allowed_from_one_packet_to_the_next() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let placed = Placed::start("block = [\"CN\"]\n", |_| Ok(()))?;
    for (source, reason) in [
        ("81.2.69.1", "place"),
        ("2a02:100::1", "place"),
        ("89.160.20.1", PASSED),
        ("2a02:101:1::1", PASSED),
        ("1.1.1.1", PASSED),
        ("10.9.9.9", PASSED),
    ] {
        placed.arriving(source, reason)?;
    }
    told(&placed)?;
    placed.reload("block = [\"AS4134\"]\n")?;
    for (source, reason) in [
        ("81.2.69.2", PASSED),
        ("89.160.20.2", "place"),
        ("89.160.21.2", PASSED),
        ("2a02:101:1::2", "place"),
        ("2a02:101::2", PASSED),
    ] {
        placed.arriving(source, reason)?;
    }
    placed.reload("allow_only = [\"SE\"]\n")?;
    for (source, reason) in [
        ("81.2.69.3", "place"),
        ("2a02:100::3", "place"),
        ("89.160.20.3", PASSED),
        ("1.1.1.3", PASSED),
        ("10.9.9.3", PASSED),
    ] {
        placed.arriving(source, reason)?;
    }
    placed.reload("allow_only = [\"SE\"]\nunknown = \"block\"\n")?;
    for (source, reason) in [
        ("1.1.1.4", "place"),
        ("2606:4700::4", "place"),
        ("89.160.20.4", PASSED),
        ("10.9.9.4", PASSED),
        ("fd00::4", PASSED),
    ] {
        placed.arriving(source, reason)?;
    }
    placed.reload("")?;
    placed.arriving("81.2.69.5", PASSED)?;
    said::verbs_hold_from_one_packet_to_the_next(&placed)?;
    let placed = said::they_hold_over_a_start(placed)?;
    refused(&placed)
}

/// What is told of those that were dropped.
fn told(placed: &Placed) -> Result<()> {
    let daemon = &placed.lab.daemon;
    let events = until(
        "the events",
        || daemon.json(&["events"]),
        |answer| answer["events"].to_string().contains("2a02:100::1"),
    )?;
    let events = events["events"].as_array().cloned().unwrap_or_default();
    let event = events.iter().find(|event| event["src_ip"] == "81.2.69.1");
    let event = event.unwrap_or_else(|| panic!("{events:#?}"));
    assert_eq!(event["reason"], "PLACE", "{event:#}");
    assert_eq!(event["geo_rule"], "CN", "{event:#}");
    assert_eq!(event["src_place"]["country_name"], "China", "{event:#}");
    let why = daemon.json(&["why", "81.2.69.1"])?;
    assert_eq!(
        (&why["geo_rule"], &why["place"]["country"]),
        (&"CN".into(), &"CN".into()),
        "{why:#}"
    );
    let text = placed.lab.cli(&["why", "89.160.20.1"])?;
    assert!(
        text.contains("place: SE Sweden, AS4134 A Provider"),
        "{text}"
    );
    let geo = placed.geo()?;
    let hits = &geo["policy"]["hits"][0];
    assert_eq!(
        (&hits["country"], &hits["packets"]),
        (&"CN".into(), &2.into()),
        "{geo:#}"
    );
    assert_eq!(geo["warnings"], Value::Array(Vec::new()), "{geo:#}");
    let maker = geo["databases"][0]["attribution"].to_string();
    assert!(maker.contains("IP Geolocation by DB-IP"), "{geo:#}");
    placed.lab.cli(&["block", "89.160.20.77"])?;
    let bans = placed.lab.cli(&["list"])?;
    assert!(bans.contains("SE AS4134 A Provider"), "{bans}");
    placed.lab.cli(&["unblock", "89.160.20.77"])?;
    Ok(())
}

/// What a reload does not take.
fn refused(placed: &Placed) -> Result<()> {
    for (policy, words) in [
        ("block = [\"UK\"]\n", "did you mean GB (United Kingdom)?"),
        ("block = [\"CN\"]\nallow_only = [\"SE\"]\n", "are both set"),
    ] {
        placed.file.write(&format!("{}{policy}", placed.databases));
        let answer = placed.lab.daemon.cli(&["reload"])?;
        assert_eq!(answer.code(), Some(2), "{answer:?}");
        assert!(answer.stderr.contains(words), "{answer:?}");
    }
    Ok(())
}

/// Every country there is, as the package tor-geoipdb has them.
#[test]
fn every_country_is_loaded_at_once() -> Result<()> {
    const TOR: &str = "/usr/share/tor/geoip";
    // Two seconds, of which a build that is not optimised needs a multiple.
    const MOST_MS: u64 = if cfg!(debug_assertions) {
        20_000
    } else {
        2_000
    };
    require!(Need::Root, Need::AegisCli);
    if !std::path::Path::new(TOR).is_file() {
        println!("the package tor-geoipdb is not installed: nothing is that large here");
        return Ok(());
    }
    let file = File::new(&format!("[geo]\ncountry = {TOR:?}\nblock = [\"CN\"]\n"));
    let lab = file.start()?;
    let loaded = |geo: &Value| geo["policy"]["pieces_v4"].as_u64() > Some(100_000);
    let geo = until(
        "every country",
        || lab.daemon.json(&["geo", "status"]),
        loaded,
    )?;
    let policy = &geo["policy"];
    let figure = |name: &str| policy[name].as_u64().unwrap_or(u64::MAX);
    let (v4, v6, took) = (
        figure("pieces_v4"),
        figure("pieces_v6"),
        figure("loaded_in_ms"),
    );
    println!("{v4} ranges of IPv4 and {v6} of IPv6 in {took} ms");
    assert!(v6 > 100_000 && took <= MOST_MS, "{geo:#}");
    for (source, reason) in [("1.0.1.1", "place"), ("2001:250::1", "place")] {
        let family = if source.contains(':') { "ipv6" } else { "ipv4" };
        let counter = format!("xdp_ingress/{family}/{reason}");
        lab.drops(source, &lab.syn(source), &counter)?;
    }
    lab.passes("Australia", &lab.syn("1.0.0.1"), "xdp_ingress/ipv4/default")
}

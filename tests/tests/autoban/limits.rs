// SPDX-License-Identifier: MIT
//! As many are banned at once as there may be; what an operator bans is not among them.

use crate::scanned::{Scanned, source, v4, v6};
use aegis_testbed::{Need, Result, require};
use aegis_tests::told::{PATIENCE, until};
use std::net::IpAddr;

/// Few bans, and cool-downs that no test outlasts.
const CAP: [&str; 4] = [
    "--set",
    "autoban.max_entries=3",
    "--set",
    "port_scan.cool_down=10m",
];
const COOL: &str = "cool_down";
const BANNED: &str = "ban_unsolicited";
/// Those of the operator: more than detectors may have, and ending sooner than any of theirs.
const OPERATORS: [&str; 4] = ["192.0.2.1", "192.0.2.2", "192.0.2.0/28", "2001:db8:1::/48"];

fn by_detector(addresses: &[IpAddr]) -> Vec<[String; 3]> {
    let ban = |address: &IpAddr| {
        [
            source(*address),
            "new connections".into(),
            "port_scan".into(),
        ]
    };
    sorted(addresses.iter().map(ban).collect())
}

fn by_operator() -> Vec<[String; 3]> {
    let ban = |target: &str| [target, "everything", "operator"].map(str::to_owned);
    sorted(OPERATORS.map(ban).to_vec())
}

fn sorted(mut bans: Vec<[String; 3]>) -> Vec<[String; 3]> {
    bans.sort();
    bans
}

fn split(bans: Vec<[String; 3]>) -> [Vec<[String; 3]>; 2] {
    let (by_operator, by_detector) = bans.into_iter().partition(|ban| ban[2] == "operator");
    [sorted(by_operator), sorted(by_detector)]
}

/// The ban that ends soonest gives way: of those that hold equally long, the oldest.
#[test]
fn of_six_offenders_the_last_three_are_banned_and_what_an_operator_banned_stays() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&CAP)?;
    for target in OPERATORS {
        scanned.lab.cli(&["block", target, "--for", "4m"])?;
    }
    let offenders = [v4(11), v6(12), v4(13), v6(14), v4(15), v6(16)];
    for (number, offender) in offenders.iter().enumerate() {
        scanned.convict(*offender)?;
        let first = (number + 1).saturating_sub(3);
        let expected = [by_operator(), by_detector(&offenders[first..=number])];
        assert_eq!(split(scanned.bans()?), expected, "after {offender}");
        if first > 0 {
            gave_way(&scanned, offenders[first - 1])?;
        }
    }
    // In the kernel too: three are refused by rule, and those that gave way still cool down.
    for (offender, reason) in offenders.iter().zip([[COOL; 3], [BANNED; 3]].concat()) {
        let family = if offender.is_ipv4() { "ipv4" } else { "ipv6" };
        let syn = scanned.lab.syn(&offender.to_string());
        let counter = format!("xdp_ingress/{family}/{reason}");
        scanned.lab.drops(reason, &syn, &counter)?;
        let why = scanned.why(*offender)?;
        assert_eq!(why["evidence"]["bans_unproven"], 1, "remembered: {why}");
    }
    Ok(())
}

/// The log names whoever gave way, once.
fn gave_way(scanned: &Scanned, offender: IpAddr) -> Result<()> {
    let told = format!("gave way to another subject={} ", source(offender));
    scanned.lab.daemon.wait_for_line(&told, PATIENCE)?;
    let log = scanned.lab.daemon.log();
    assert_eq!(log.matches(&told).count(), 1, "{log}");
    Ok(())
}

/// Whoever was banned before is banned for longer: eight seconds, then thirteen minutes.
#[test]
fn the_ban_that_ends_soonest_gives_way_and_not_the_one_that_was_made_first() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&[
        "--set",
        "autoban.max_entries=2",
        "--set",
        "autoban.unproven_ttl=8s",
        "--set",
        "autoban.factor=100",
        "--set",
        "port_scan.cool_down=1s",
    ])?;
    let [stubborn, brief, last] = [v4(21), v6(22), v4(23)];
    scanned.convict(stubborn)?;
    until("the end of the ban", || scanned.bans(), Vec::is_empty)?;
    scanned.convict(stubborn)?;
    scanned.convict(brief)?;
    scanned.convict(last)?;
    gave_way(&scanned, brief)?;
    let why = scanned.why(stubborn)?;
    assert_eq!(why["standing"], "banned_in_part", "{why}");
    Ok(())
}

/// Of a source that both have banned, the detector's cause gives way and the operator's stays.
#[test]
fn where_both_ban_a_source_only_the_cause_of_the_detector_gives_way() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&CAP)?;
    let both = v4(31);
    scanned.convict(both)?;
    scanned
        .lab
        .cli(&["block", &both.to_string(), "--for", "4m"])?;
    let others = [v4(32), v4(33), v4(34)];
    for other in others {
        scanned.convict(other)?;
    }
    let [operators, detectors] = split(scanned.bans()?);
    let own = [both.to_string(), "everything".into(), "operator".into()];
    assert_eq!((operators, detectors), (vec![own], by_detector(&others)));
    Ok(())
}

#[test]
fn where_there_is_room_for_none_nobody_is_banned() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&["--set", "autoban.max_entries=0"])?;
    scanned.scan(v4(41))?;
    crate::spared::is_held_against_but_not_banned(&scanned, v4(41))
}

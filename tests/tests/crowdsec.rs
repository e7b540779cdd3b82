// SPDX-License-Identifier: MIT
//! Decisions of CrowdSec, with Debian's own local API on the guarded host's loopback, and what becomes of
//! real packets; and what that is told of a scan by nmap.

#[path = "crowdsec/outage.rs"]
mod outage;
#[path = "crowdsec/watched.rs"]
mod watched;

use aegis_testbed::{Need, Nmap, Result, Scan, require};
use aegis_tests::told::until;
use watched::Watched;

const ADDRESS: &str = "xdp_ingress/ipv4/ban_address";
const ADDRESS_V6: &str = "xdp_ingress/ipv6/ban_address";
const PREFIX: &str = "xdp_ingress/ipv4/ban_prefix";
const DEFAULT: &str = "xdp_ingress/ipv4/default";

#[test]
fn what_crowdsec_decides_is_what_becomes_of_packets() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::CrowdSec);
    let lab = Watched::start(|lapi| {
        lapi.cscli(&[
            "decisions",
            "add",
            "--ip",
            "192.0.2.1",
            "-d",
            "1h",
            "-R",
            "test/brute-force",
        ])?;
        lapi.cscli(&["decisions", "add", "--ip", "2001:db8::1", "-d", "1h"])?;
        lapi.cscli(&["decisions", "add", "--range", "198.51.100.0/24", "-d", "1h"])?;
        lapi.cscli(&[
            "decisions",
            "add",
            "--ip",
            "192.0.2.77",
            "--type",
            "captcha",
        ])?;
        Ok(())
    })?;
    stands(&lab)?;
    places(&lab)?;
    comes_and_goes(&lab)?;
    is_told(&lab)?;
    spares_the_host(&lab)?;
    stays_unblocked(&lab)?;
    outage::goes_on(lab)
}

/// What was decided before the daemon started.
fn stands(lab: &Watched) -> Result<()> {
    lab.banned("192.0.2.1")?;
    lab.drops("an address", "192.0.2.1", ADDRESS)?;
    lab.drops("an IPv6 address", "2001:db8::1", ADDRESS_V6)?;
    lab.drops("within a range", "198.51.100.9", PREFIX)?;
    lab.passes("a captcha is no ban", "192.0.2.77")?;
    let status = lab.status()?;
    assert_eq!(status["decisions"], 3, "{status}");
    let scopes = serde_json::json!({"Ip": 2, "Range": 1});
    assert_eq!(status["scopes"], scopes, "{status}");
    assert_eq!(
        status["unusable"]["it asks for something other than a ban"], 1,
        "{status}"
    );
    Ok(())
}

/// Countries and systems are for a database, and there is none: that is told.
fn places(lab: &Watched) -> Result<()> {
    let told = || {
        let output = lab.guarded.daemon.cli(&["status"])?;
        Ok(format!("{}{}", output.stdout, output.stderr))
    };
    let expected = "countries CN, 1 autonomous system: NOT ENFORCED";
    lab.lapi
        .cscli(&["decisions", "add", "--scope", "country", "--value", "CN"])?;
    lab.lapi
        .cscli(&["decisions", "add", "--scope", "as", "--value", "64496"])?;
    until("the places", told, |told| told.contains(expected))?;
    lab.lapi.cscli(&["decisions", "delete", "--value", "CN"])?;
    lab.lapi
        .cscli(&["decisions", "delete", "--value", "64496"])?;
    until("no places", told, |told| !told.contains("NOT ENFORCED")).map(drop)
}

/// A decision bans within one poll and a bit, and an end of all that there are on an address frees it.
fn comes_and_goes(lab: &Watched) -> Result<()> {
    lab.lapi
        .cscli(&["decisions", "add", "--ip", "192.0.2.2", "-d", "1h"])?;
    lab.lapi
        .cscli(&["decisions", "add", "--ip", "192.0.2.2", "-d", "2h"])?;
    lab.lapi
        .cscli(&["decisions", "add", "--ip", "192.0.2.3", "-d", "4s"])?;
    lab.banned("192.0.2.2")?;
    lab.drops("decided later", "192.0.2.2", ADDRESS)?;
    let longest = lab.decision("192.0.2.2")?["id"].to_string();
    lab.lapi.cscli(&["decisions", "delete", "--id", &longest])?;
    // Nobody is banned by that: there is no such decision.
    lab.lapi
        .cscli(&["decisions", "delete", "--ip", "203.0.113.250"])?;
    let other = until(
        "the other decision",
        || Ok(lab.decision("192.0.2.2")?["id"].to_string()),
        |id| *id != longest,
    )?;
    lab.drops("of two decisions one is left", "192.0.2.2", ADDRESS)?;
    lab.lapi.cscli(&["decisions", "delete", "--id", &other])?;
    lab.free("192.0.2.2")?;
    lab.passes("no decision is left", "192.0.2.2")?;
    lab.free("192.0.2.3")?;
    lab.passes("its time is over", "192.0.2.3")?;
    lab.drops("nobody has touched that", "192.0.2.1", ADDRESS)
}

/// Lists do not drown, and say who decided what.
fn is_told(lab: &Watched) -> Result<()> {
    let brief = lab.guarded.daemon.json(&["list"])?;
    assert_eq!(
        brief,
        serde_json::json!({"bans": [], "others": {"crowdsec": 3}})
    );
    let list = lab.guarded.daemon.json(&["list", "--origin", "crowdsec"])?;
    let targets: Vec<&str> = list["bans"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|ban| ban["target"].as_str())
        .collect();
    assert_eq!(targets, ["192.0.2.1", "198.51.100.0/24", "2001:db8::1"]);
    let why = lab.guarded.daemon.json(&["why", "192.0.2.1"])?;
    assert_eq!(why["bans"][0]["causes"][0]["origin"], "crowdsec", "{why}");
    assert_eq!(
        why["bans"][0]["causes"][0]["reason"], "test/brute-force",
        "{why}"
    );
    let decision = &why["decisions"][0];
    assert_eq!(decision["origin"], "cscli", "{why}");
    assert!(decision["id"].as_u64().is_some_and(|id| id > 0), "{why}");
    Ok(())
}

/// Neither the host's own address nor everybody is banned, whoever decides.
fn spares_the_host(lab: &Watched) -> Result<()> {
    let own = lab.guarded.link.b.v4().to_string();
    lab.lapi.cscli(&["decisions", "add", "--ip", &own])?;
    lab.lapi
        .cscli(&["decisions", "add", "--range", "0.0.0.0/0"])?;
    let status = until(
        "the refusal",
        || lab.status(),
        |status| {
            status["refused"] == 1
                && !status["unusable"]["it is about every address there is"].is_null()
        },
    )?;
    let refusal = status["refusals"][0].as_str().unwrap_or_default();
    assert!(
        refusal.starts_with(&own) && refusal.contains("of this host"),
        "{status}"
    );
    let why = lab.guarded.daemon.json(&["why", &own])?;
    assert_eq!(why["standing"], "free", "{why}");
    assert!(
        why["decisions"][0]["state"]
            .as_str()
            .is_some_and(|state| state.starts_with("not banned")),
        "{why}"
    );
    lab.lapi.cscli(&["decisions", "delete", "--ip", &own])?;
    lab.lapi
        .cscli(&["decisions", "delete", "--range", "0.0.0.0/0"])
        .map(drop)
}

/// Whom an operator lets go is not banned again by the next answer, nor by another decision.
fn stays_unblocked(lab: &Watched) -> Result<()> {
    lab.guarded.cli(&["unblock", "198.51.100.0/24"])?;
    lab.passes("unblocked", "198.51.100.9")?;
    lab.lapi
        .cscli(&["decisions", "add", "--range", "198.51.100.0/24", "-d", "3h"])?;
    lab.lapi
        .cscli(&["decisions", "add", "--ip", "192.0.2.4", "-d", "1h"])?;
    lab.banned("192.0.2.4")?;
    lab.passes("unblocked before it was decided again", "198.51.100.9")?;
    assert_eq!(
        lab.decision("198.51.100.9")?["state"],
        "let go by an operator"
    );
    assert_eq!(lab.status()?["lifted"], 1);
    Ok(())
}

#[test]
fn crowdsec_is_told_of_a_scan_and_never_of_whom_it_has_banned() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::CrowdSec,
        Need::Tool("nmap")
    );
    let lab = Watched::start(|_| Ok(()))?;
    let (attacker, target) = (&lab.guarded.attacker, lab.guarded.link.b.v4());
    Nmap::new(attacker, target.into(), Scan::Syn)
        .ports("1-100")
        .run()?;
    let scanner = lab.guarded.link.a.v4().to_string();
    let alerts = until(
        "the alert",
        || lab.lapi.alerts(),
        |alerts| !alerts.is_empty(),
    )?;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let alert = &alerts[0];
    assert_eq!(alert["scenario"], "aegis/port-scan", "{alert}");
    assert_eq!(
        alert["source"]["value"].as_str(),
        Some(scanner.as_str()),
        "{alert}"
    );
    assert!(
        alert["decisions"].as_array().is_none_or(Vec::is_empty),
        "{alert}"
    );
    assert!(
        alert["events_count"]
            .as_u64()
            .is_some_and(|count| count > 50),
        "{alert}"
    );
    let status = lab.status()?;
    assert_eq!(
        (&status["alerts"]["sent"], &status["alerts"]["lost"]),
        (&1.into(), &0.into())
    );
    // Another scanner, whom CrowdSec has banned from the beginning, in part of what it sends.
    lab.lapi.cscli(&["decisions", "add", "--ip", "192.0.2.1"])?;
    lab.banned("192.0.2.1")?;
    let scan = |port| lab.guarded.from("192.0.2.1").tcp(40_000, port, "S").bytes();
    let scan: Vec<Vec<u8>> = (1..=100).map(scan).collect();
    assert_eq!(lab.guarded.past(&scan)?, Vec::<Vec<u8>>::new());
    assert_eq!(
        lab.lapi
            .alerts()?
            .iter()
            .filter(|alert| alert["scenario"] == "aegis/port-scan")
            .count(),
        1
    );
    Ok(())
}

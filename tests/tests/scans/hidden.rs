// SPDX-License-Identifier: MIT
//! Scans that hide: by taking their time, in fragments, or among decoys. What is hidden in another's
//! name must not cut that one off.

use crate::watched::{Family, OPEN, Watched};
use crate::{PROBES, Target};
use aegis_testbed::peers::PortState;
use aegis_testbed::{Download, Need, Result, Scan, curl, require};
use aegis_tests::told::say;
use std::net::IpAddr;
use std::time::Duration;

/// How long something may take to go on on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than may be tried, and fewer SYNs than a source has at once.
const MANY: &str = "1-100";
/// Somebody far away, of whom nobody here has heard.
const STRANGERS: [&str; 2] = ["198.51.100.7", "2001:db8:7::7"];

#[test]
fn a_scan_that_takes_a_second_for_each_port_is_detected() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let watched = Watched::start(Family::V4)?;
    let nmap = watched.nmap(Scan::Syn, "1-70").seconds(120);
    let found = watched.watch(&nmap.scan_delay(Duration::from_secs(1)))?;
    found.is_accounted_for(&[
        "default",
        "established",
        "port_scan",
        "cool_down",
        "ban_unsolicited",
    ]);
    assert_eq!(found.count("port_scan"), 1, "{:?}", found.moved);
    let passed = found.count("default") - found.visits.successes;
    assert!((50..70).contains(&passed), "{:?}", found.moved);
    let source = watched.source(watched.attacker());
    let sentence = [&source, "new connections", "port_scan"].map(str::to_owned);
    assert_eq!(watched.bans(1)?, [sentence]);
    let (open, closed) = found.learnt();
    say(format_args!(
        "slow: told after {} probes; nmap knows {open} open, {closed} closed",
        passed + 1
    ));
    assert!(open + closed <= passed, "{:?}", found.report);
    Ok(())
}

/// Eight bytes a fragment: the first hides the flags, the second would bring them.
#[test]
fn a_scan_in_fragments_learns_nothing_and_is_reported() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    let target = Target::v4()?;
    let found = target.scan(Scan::Syn, &["-f"])?;
    found.moved(&[
        (target.arriving("fragment_tiny"), PROBES),
        (target.arriving("fragment_overlap"), PROBES),
        (target.arriving("later_fragment"), PROBES),
    ]);
    assert_eq!(found.report.count(PortState::Filtered), PROBES);
    let attacker = target.lab.link.a.v4().to_string();
    let why = target.lab.daemon.json(&["why", &attacker])?;
    let events = why["events"].as_array().expect("events are a list");
    for reason in ["fragment_tiny", "fragment_overlap"] {
        let told = events.iter().any(|event| event["threat_type"] == reason);
        assert!(told, "{reason}: {why}");
    }
    target.serves()
}

/// The gateway, a stranger and the scanner itself send the same probes.
fn hides_among_decoys(family: Family) -> Result<()> {
    let watched = Watched::prepared(family, |calm| calm.b.route_all_through(&calm.a))?;
    let gateway = watched.visitor();
    let stranger: IpAddr = STRANGERS[usize::from(family == Family::V6)]
        .parse()
        .expect("an address");
    let nmap = watched.nmap(Scan::Syn, MANY).decoys(&[gateway, stranger]);
    let found = watched.watch(&nmap.option("-T4").option("--min-rate").option("100"))?;
    found.is_accounted_for(&[
        "default",
        "established",
        "port_scan",
        "cool_down",
        "ban_unsolicited",
        "tcp_out_of_state",
    ]);
    assert_eq!(found.count("port_scan"), 3, "{:?}", found.moved);
    let mut guilty = [watched.source(watched.attacker()), watched.source(stranger)];
    guilty.sort();
    let mut banned = watched.bans(2)?;
    banned.sort();
    let sentence = |source: String| [source, "new connections".into(), "port_scan".into()];
    assert_eq!(banned, guilty.map(sentence));
    let why = watched.why(gateway)?;
    assert_eq!(why["standing"], "free", "{why}");
    assert!(why["protected"].to_string().contains("gateway"), "{why}");
    let counters = &watched.lab.daemon.json(&["status"])?["state"]["counters"];
    let told = ["offences", "offences_protected"].map(|counter| counters[counter].as_u64());
    assert_eq!(told, [Some(2), Some(1)], "{counters}");
    let (open, closed) = found.learnt();
    say(format_args!(
        "among decoys: nmap knows {open} open, {closed} closed of 100"
    ));
    Ok(())
}

#[test]
fn among_decoys_over_ipv4_the_scanner_is_found_and_the_gateway_is_spared() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    hides_among_decoys(Family::V4)
}

#[test]
fn among_decoys_over_ipv6_the_scanner_is_found_and_the_gateway_is_spared() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    hides_among_decoys(Family::V6)
}

/// Who is not protected can be kept from beginning, and from nothing else.
#[test]
fn a_scan_in_the_name_of_another_does_not_end_what_that_one_has() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    let watched = Watched::start(Family::V4)?;
    let (victim, host) = (watched.visitor(), watched.family.of(&watched.calm.b));
    let download = Download::start(watched.calm.a.host(), (host, OPEN[1]).into())?;
    let nmap = watched.nmap(Scan::Syn, MANY).decoys(&[victim]);
    nmap.option("-T4")
        .option("--min-rate")
        .option("100")
        .run()?;
    assert_eq!(watched.bans(2)?.len(), 2);
    assert_eq!(watched.why(victim)?["standing"], "banned_in_part");
    assert!(download.moves_within(PATIENCE) && download.is_sound());
    watched.lab.cli(&["unblock", &victim.to_string()])?;
    let page = format!("http://{host}/");
    assert_eq!(curl(watched.calm.a.host(), &page)?.status, 200);
    assert!(download.moves_within(PATIENCE) && download.is_sound());
    Ok(())
}

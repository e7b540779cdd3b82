// SPDX-License-Identifier: MIT
//! Countries and autonomous systems that an operator blocks and lets through while the daemon runs.

use super::placed::{PASSED, Placed, until};
use aegis_testbed::Result;
use serde_json::Value;

/// The rule of a region.
fn rule(placed: &Placed, region: &str) -> Result<Value> {
    let policy = placed.lab.daemon.json(&["geo", "policy"])?;
    let rules = policy["rules"].as_array().cloned().unwrap_or_default();
    let found = rules.into_iter().find(|rule| rule["region"] == region);
    Ok(found.unwrap_or_default())
}

/// On a daemon whose configuration lets every place through, and which has loaded places before.
pub fn verbs_hold_from_one_packet_to_the_next(placed: &Placed) -> Result<()> {
    let loaded = placed.geo()?["policy"]["loaded_in_ms"].clone();
    at_once(placed)?;
    by_direction(placed)?;
    mistakes_change_nothing(placed)?;
    let now = placed.geo()?["policy"]["loaded_in_ms"].clone();
    assert_eq!(now, loaded, "no address was loaded again");
    beside_the_configuration(placed)
}

fn at_once(placed: &Placed) -> Result<()> {
    let answer = placed.lab.daemon.json(&["geo", "block", "cn"])?;
    assert_eq!(
        (&answer["region"], &answer["blocked"], &answer["enforced"]),
        (&"CN".into(), &"in".into(), &true.into()),
        "{answer:#}"
    );
    placed.arriving("81.2.69.6", "place")?;
    placed.arriving("2a02:100::6", "place")?;
    placed.arriving("89.160.20.6", PASSED)?;
    let again = placed.lab.cli(&["geo", "block", "CN"])?;
    assert!(again.contains("as it was before"), "{again}");
    let china = rule(placed, "CN")?;
    for (field, expected) in [
        ("name", Value::from("China")),
        ("action", "block".into()),
        ("origin", "operator".into()),
        ("ranges_v4", 1.into()),
        ("ranges_v6", 1.into()),
    ] {
        assert_eq!(china[field], expected, "{china:#}");
    }
    let table = placed.lab.cli(&["geo", "policy"])?;
    assert!(
        table.contains("CN      China  block  in   operator"),
        "{table}"
    );
    let said = placed.lab.cli(&["geo", "unblock", "CN"])?;
    assert!(said.contains("CN (China) is let through"), "{said}");
    placed.arriving("81.2.69.6", PASSED)
}

fn by_direction(placed: &Placed) -> Result<()> {
    let daemon = &placed.lab.daemon;
    let blocked = |args: &[&str]| Ok(daemon.json(args)?["blocked"].clone());
    let out = blocked(&["geo", "block", "AS4134", "--egress"])?;
    assert_eq!(out, "out");
    placed.arriving("89.160.20.7", PASSED)?;
    // What is blocked already stays so.
    assert_eq!(blocked(&["geo", "block", "AS4134", "--ingress"])?, "both");
    placed.arriving("89.160.20.8", "place")?;
    let less = blocked(&["geo", "unblock", "AS4134", "--egress"])?;
    assert_eq!(less, "in");
    placed.arriving("89.160.20.9", "place")?;
    assert_eq!(blocked(&["geo", "unblock", "AS4134"])?, Value::Null);
    placed.arriving("89.160.20.10", PASSED)
}

fn mistakes_change_nothing(placed: &Placed) -> Result<()> {
    for (args, code, words) in [
        (
            ["geo", "block", "UK"],
            2,
            "did you mean GB (United Kingdom)?",
        ),
        (["geo", "block", "4134"], 2, "write AS4134"),
        (["geo", "unblock", "FR"], 5, "FR is not blocked"),
    ] {
        let answer = placed.lab.daemon.cli(&args)?;
        assert_eq!(answer.code(), Some(code), "{answer:?}");
        assert!(answer.stderr.contains(words), "{answer:?}");
    }
    let policy = placed.lab.cli(&["geo", "policy"])?;
    assert!(policy.contains("every place is let through"), "{policy}");
    Ok(())
}

fn beside_the_configuration(placed: &Placed) -> Result<()> {
    placed.lab.cli(&["geo", "block", "CN"])?;
    placed.reload("block = [\"SE\"]\n")?;
    placed.arriving("81.2.69.11", "place")?;
    placed.arriving("89.160.21.11", "place")?;
    assert_eq!(rule(placed, "SE")?["origin"], "configuration");
    let said = placed.lab.cli(&["geo", "unblock", "SE"])?;
    assert!(said.contains("has SE in geo.block"), "{said}");
    placed.arriving("89.160.21.12", PASSED)?;
    assert_eq!(rule(placed, "SE")?["action"], "pass");
    // What the configuration has otherwise than it had, it has the last word on.
    let answer = placed.reload("block = [\"CN\"]\n")?;
    let notes = answer["notes"].to_string();
    assert!(
        notes.contains("said of CN is over") && notes.contains("said of SE is over"),
        "{answer:#}"
    );
    assert_eq!(rule(placed, "CN")?["origin"], "configuration");
    placed.reload("")?;
    placed.arriving("81.2.69.13", PASSED)?;
    let only = placed.reload("allow_only = [\"SE\"]\n")?;
    assert_eq!(only["notes"], Value::Array(Vec::new()), "{only:#}");
    let refused = placed.lab.daemon.cli(&["geo", "unblock", "CN"])?;
    assert_eq!(refused.code(), Some(4), "{refused:?}");
    assert!(refused.stderr.contains("geo.allow_only"), "{refused:?}");
    placed.reload("").map(drop)
}

/// What was said, and the places of peers, are there after a crash and a start; in between, the kernel
/// goes on by itself.
pub fn they_hold_over_a_start(mut placed: Placed) -> Result<Placed> {
    placed.lab.cli(&["geo", "block", "CN", "--ingress"])?;
    placed.lab.cli(&["block", "89.160.20.77"])?;
    placed.lab.daemon.kill()?;
    let syn = placed.lab.syn("81.2.69.14");
    assert!(placed.lab.past(&[syn])?.is_empty(), "the kernel goes on");
    placed.lab.daemon = placed.lab.daemon.restart()?;
    placed.arriving("81.2.69.15", "place")?;
    let known = |geo: &Value| geo["databases"].as_array().map_or(0, Vec::len) == 2;
    until("places are known again", || placed.geo(), known)?;
    let china = rule(&placed, "CN")?;
    assert_eq!(
        (&china["origin"], &china["direction"]),
        (&"operator".into(), &"in".into()),
        "{china:#}"
    );
    let bans = placed.lab.cli(&["list"])?;
    assert!(bans.contains("SE AS4134 A Provider"), "{bans}");
    placed.lab.cli(&["unblock", "89.160.20.77"])?;
    placed.lab.cli(&["geo", "unblock", "CN"])?;
    placed.arriving("81.2.69.16", PASSED)?;
    Ok(placed)
}

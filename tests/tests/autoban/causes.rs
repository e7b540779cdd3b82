// SPDX-License-Identifier: MIT
//! What a detector and an operator hold against one source: it is banned until neither does.

use crate::scanned::{Scanned, origins, v4, v6};
use aegis_testbed::{Need, Result, require};
use aegis_tests::told::until;
use serde_json::Value;
use std::net::IpAddr;

/// By a detector: it begins nothing.
const IN_PART: (&str, &str) = ("banned_in_part", "ban_unsolicited");
/// By an operator: nothing of it passes.
const WHOLLY: (&str, &str) = ("banned", "ban_address");

/// Fails unless these are the causes, and what follows from them is what is told and done.
#[track_caller]
fn stands(
    scanned: &Scanned,
    address: IpAddr,
    (expected, (standing, reason)): (&[&str], (&str, &str)),
) -> Result<()> {
    let why = scanned.why(address)?;
    let mut found = origins(&why);
    found.sort_unstable();
    assert_eq!(found, expected, "{why}");
    assert_eq!(why["standing"], standing, "{why}");
    let family = if address.is_ipv4() { "ipv4" } else { "ipv6" };
    let syn = scanned.lab.syn(&address.to_string());
    let counter = format!("xdp_ingress/{family}/{reason}");
    scanned.lab.drops(standing, &syn, &counter)
}

/// Waits until so many causes are left.
fn left(scanned: &Scanned, address: IpAddr, count: usize) -> Result<()> {
    let few = |why: &Value| origins(why).len() == count;
    until("the end of a cause", || scanned.why(address), few).map(drop)
}

fn is_free(scanned: &Scanned, address: IpAddr) -> Result<()> {
    let why = scanned.why(address)?;
    assert_eq!(why["standing"], "free", "{why}");
    let family = if address.is_ipv4() { "ipv4" } else { "ipv6" };
    let syn = scanned.lab.syn(&address.to_string());
    let counter = format!("xdp_ingress/{family}/default");
    scanned.lab.passes("free", &syn, &counter)
}

#[test]
fn what_a_detector_found_holds_when_the_operators_ban_has_ended() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&[])?;
    for address in [v4(1), v6(1)] {
        scanned.convict(address)?;
        stands(&scanned, address, (&["port_scan"], IN_PART))?;
        let text = address.to_string();
        scanned.lab.cli(&["block", &text, "--for", "8s"])?;
        stands(&scanned, address, (&["operator", "port_scan"], WHOLLY))?;
        left(&scanned, address, 1)?;
        stands(&scanned, address, (&["port_scan"], IN_PART))?;
    }
    Ok(())
}

#[test]
fn an_operators_ban_holds_when_the_detectors_has_ended() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&["--set", "autoban.unproven_ttl=9s"])?;
    for address in [v4(2), v6(2)] {
        scanned.convict(address)?;
        let text = address.to_string();
        scanned.lab.cli(&["block", &text])?;
        stands(&scanned, address, (&["operator", "port_scan"], WHOLLY))?;
        left(&scanned, address, 1)?;
        stands(&scanned, address, (&["operator"], WHOLLY))?;
        scanned.lab.cli(&["unblock", &text])?;
        is_free(&scanned, address)?;
    }
    Ok(())
}

/// Lifting what an operator banned lifts nothing else, where that is named: a part, or a prefix.
#[test]
fn an_operator_who_lifts_another_ban_leaves_the_detectors_alone() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&[])?;
    let address = v4(3);
    scanned.convict(address)?;
    let text = address.to_string();
    for (ban, standing) in [
        (&[&*text, "22", "tcp"][..], IN_PART),
        (&["198.51.100.0/28"], ("banned", "ban_prefix")),
    ] {
        scanned.lab.cli(&[&["block"], ban].concat())?;
        let both: &[&str] = &["operator", "port_scan"];
        stands(&scanned, address, (both, standing))?;
        scanned.lab.cli(&[&["unblock"], ban].concat())?;
        stands(&scanned, address, (&["port_scan"], IN_PART))?;
    }
    Ok(())
}

/// The address alone stands for everything that is held against it.
#[test]
fn an_operator_who_lifts_all_bans_of_a_source_pardons_it() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&[])?;
    let address = v4(4);
    scanned.convict(address)?;
    let text = address.to_string();
    scanned.lab.cli(&["block", &text])?;
    let lifted = scanned.lab.daemon.json(&["unblock", &text])?;
    assert_eq!(lifted["removed"].as_array().map(Vec::len), Some(2));
    assert_eq!(lifted["pardoned"], true, "{lifted}");
    is_free(&scanned, address)
}

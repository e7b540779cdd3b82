// SPDX-License-Identifier: MIT
//! Where peers are and whose connections these are, on every tab that tells, from databases, peers and
//! programs that are real.

use super::{WIDE, open, shell};
use aegis_testbed::{Download, Host, HttpServer, Link, Need, Process, Result, Tmux, require};
use aegis_tests::configuration::File;
use aegis_tests::guarded::Guarded;
use aegis_tests::published::{self, OWN};
use std::net::SocketAddr;

/// Who visits the guarded host, and whom a program of that host visits.
const VISITOR: &str = "81.2.69.7";
const VISITED: &str = "89.160.20.5";
/// Another of the same country, whose packets no stack sends.
const SPOILER: &str = "89.160.20.9";
/// Bytes that outlast the test.
const LONG: u64 = 1 << 34;
/// Bytes a second that curl may take.
const SLOW: &str = "64k";

#[test]
fn peers_are_told_by_country_system_and_program() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("tmux"),
        Need::Tool("curl")
    );
    let file = File::new("[attach]\ngrace = \"0s\"\n");
    published::places(
        &file,
        &[("81.2.69.0/24", "GB"), ("89.160.0.0/17", "SE")],
        &[
            ("81.2.69.0/24", 20_712, "A Provider"),
            ("89.160.0.0/17", 29_518, "Another"),
        ],
    );
    let place = published::host()?;
    reachable(&place.1)?;
    let lab = published::guarded(place, &file)?;
    let _visitor = visitor(&lab)?;
    let _visiting = visiting(&lab.host, &lab.attacker)?;
    let tmux = shell(&lab, WIDE)?;
    open(&tmux, "")?;
    shown(&tmux)?;
    grouped(&tmux)?;
    filtered(&tmux)?;
    spoiled(&lab, &tmux)
}

/// Peers have their addresses, and know the way.
fn reachable(link: &Link) -> Result<()> {
    let peer = link.a.host();
    for address in [VISITOR, VISITED] {
        peer.add_address("eth0", &format!("{address}/32"))?;
    }
    let mac = link.b.mac().to_string();
    let own = ["neighbour", "replace", OWN, "lladdr", &mac, "nud"];
    peer.ip(&[&own[..], &["permanent", "dev", "eth0"]].concat())?;
    let way = ["route", "add", OWN, "dev", "eth0", "src", VISITOR];
    peer.ip(&way).map(drop)
}

/// A peer that has begun a connection.
fn visitor(lab: &Guarded) -> Result<(HttpServer, Download)> {
    let server = HttpServer::start(&lab.host, 0)?;
    let end: SocketAddr = format!("{OWN}:{}", server.port()).parse().expect("an end");
    let download = Download::of(&lab.attacker, end, LONG)?;
    Ok((server, download))
}

/// A program of the guarded host that has begun one.
fn visiting(host: &Host, peer: &Host) -> Result<(HttpServer, Process)> {
    let server = HttpServer::start(peer, 0)?;
    let page = format!("http://{VISITED}:{}/bytes/{LONG}", server.port());
    let arguments = ["-s", "-o", "/dev/null", "--limit-rate", SLOW, &page];
    let curl = host.spawn("curl", &arguments)?;
    Ok((server, curl))
}

/// Waits for a line that has all of this.
fn line_of(tmux: &Tmux, words: &[&str]) -> Result<String> {
    let is_it = |line: &str| words.iter().all(|word| line.contains(word));
    tmux.wait_until(&words.join(" … "), |screen| screen.lines().any(is_it))
}

fn shown(tmux: &Tmux) -> Result<()> {
    line_of(tmux, &[VISITOR, "GB", "A Provider"])?;
    line_of(tmux, &[VISITED, "SE", "Another", "/curl"])?;
    Ok(())
}

fn grouped(tmux: &Tmux) -> Result<()> {
    tmux.press(&["c", "c", "c"])?;
    line_of(tmux, &["2 by country"])?;
    line_of(tmux, &["GB", "1"])?;
    tmux.press(&["c"])?;
    line_of(tmux, &["AS20712", "A Provider"])?;
    line_of(tmux, &["AS29518", "Another"])?;
    tmux.press(&["c", "c"])?;
    line_of(tmux, &["2 connections"])?;
    Ok(())
}

/// By country, and by system; what is left alone is told at length beside the table.
fn filtered(tmux: &Tmux) -> Result<()> {
    for (filter, peer, other) in [
        ("country:gb", VISITOR, VISITED),
        ("asn:29518", VISITED, VISITOR),
    ] {
        tmux.press(&["/", "C-u"])?;
        tmux.enter(filter)?;
        tmux.wait_until(filter, |screen| {
            screen.contains("1 of 2 connections")
                && screen.contains(peer)
                && !screen.contains(other)
        })?;
    }
    tmux.press(&["Home"])?;
    line_of(tmux, &["process", "curl of root", "curl -s"])?;
    line_of(tmux, &["place", "SE", "AS29518", "Another"])?;
    tmux.press(&["Escape"])?;
    line_of(tmux, &["2 connections"])?;
    Ok(())
}

/// Somebody sends what no stack does, and is blocked for it.
fn spoiled(lab: &Guarded, tmux: &Tmux) -> Result<()> {
    let frame = lab.from_to(SPOILER, OWN).tcp(40_000, 80, "SF").bytes();
    (0..50).try_for_each(|_| lab.wire.send(&frame))?;
    tmux.press(&["Tab"])?;
    line_of(tmux, &[SPOILER, "SE"])?;
    tmux.press(&["Tab", "/"])?;
    tmux.enter("country:gb")?;
    tmux.wait_until("no event of that country", |screen| {
        screen.contains("0 of ") && !screen.contains(SPOILER)
    })?;
    tmux.press(&["/", "C-u"])?;
    tmux.enter("country:se")?;
    line_of(tmux, &[SPOILER, "SE", "Another"])?;
    lab.cli(&["block", SPOILER])?;
    tmux.press(&["Tab", "/"])?;
    tmux.enter("country:se")?;
    line_of(tmux, &[SPOILER, "SE", "Another"])?;
    Ok(())
}

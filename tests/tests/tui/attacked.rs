// SPDX-License-Identifier: MIT
//! Attacks, as they are named on top while real attackers attack, and the key that helps.

use super::{USUAL, WIDE, open, shell};
use aegis_api::AttackKind;
use aegis_testbed::cleanup::{self, Deferred};
use aegis_testbed::{Flood, FloodKind, HttpServer, Need, RawFlood, Result, Tmux, require};
use aegis_tests::configuration::File;
use aegis_tests::guarded::Guarded;
use aegis_tests::published::{self, Published, configuration, source};
use aegis_tests::told::{say, until};
use std::any::Any;
use std::fs;
use std::io;

/// Whoever attacks, each in another way.
const PLACED: &str = "45.3.0.7";
const LISTED: &str = "45.1.0.7";
const BANNED: &str = "45.4.0.7";
const SPOILER: &str = "45.5.0.7";
const STRANGER: &str = "45.6.0.7";
const RESOLVER: &str = "45.7.0.53";
const PINGER: &str = "45.8.0.7";
const TALKER: &str = "45.9.0.7";
/// What packets of whoever is banned by hand count under.
const CUT: &str = "xdp_ingress/ipv4/ban_address";
/// Packets a second: very much more than is worth noticing of any kind.
const RATE: u64 = 3_000;
/// Seconds after which an attacker ends by itself.
const MOST: u64 = 20;

#[test]
fn an_attack_is_named_on_top_and_the_key_that_helps_does() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("tmux"),
        Need::Tool("hping3")
    );
    let lab = Guarded::start()?;
    let tmux = shell(&lab, USUAL)?;
    open(&tmux, "")?;
    let target = lab.link.b.v4().into();
    let flood = Flood::new(&lab.link, target, FloodKind::Syn);
    let flood = flood.seconds(MOST).start()?;
    let screen = tmux.wait_for("ATTACK: a SYN flood")?;
    assert!(screen.contains("peak"), "{screen}");
    tmux.press(&["Tab"])?;
    tmux.wait_for("drops by reason")?;
    let attacker = lab.link.a.v4().to_string();
    tmux.wait_for(&attacker)?;
    defended(&lab, &tmux, &attacker)?;
    flood.stop()?;
    tmux.wait_until("the end of it", |screen| !screen.contains("ATTACK"))?;
    Ok(())
}

/// The command that helps is put on the command line, and obeyed.
fn defended(lab: &Guarded, tmux: &Tmux, attacker: &str) -> Result<()> {
    let remedy = format!("block {attacker} --for 1h");
    tmux.wait_for(&remedy)?;
    tmux.press(&["D"])?;
    tmux.wait_for(&format!(":{remedy}"))?;
    tmux.press(&["Enter"])?;
    tmux.wait_for(&format!("blocked {attacker}"))?;
    let list = lab.daemon.json(&["list"])?;
    let bans = list["bans"].as_array().cloned().unwrap_or_default();
    let ban = bans.iter().find(|ban| ban["target"] == attacker);
    assert!(
        ban.is_some_and(|ban| ban["expires_in_seconds"].as_u64() > Some(3_000)),
        "{list:#}"
    );
    // It goes on, and ends at the ban.
    let cut = || Ok(lab.counters()?.get(CUT).copied());
    until("packets of who is banned", cut, |packets| {
        *packets > Some(0)
    })?;
    // It is taken back like any other.
    tmux.press(&["u"])?;
    tmux.wait_for(&format!("unblocked {attacker}"))?;
    Ok(())
}

#[test]
fn every_kind_of_attack_is_named_and_the_worst_of_several() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("tmux"),
        Need::Tool("hping3"),
        Need::Tool("nmap")
    );
    let counting = count_runs();
    let published = Published::default();
    published.say("/worst", "45.1.0.0/16\n");
    let file = File::new(&configuration(&[source("worst", "")]));
    published::place(&file, &[("45.3.0.0/16", "SE")]);
    file.write(&format!(
        "{}block = [\"SE\"]\n[attach]\ngrace = \"0s\"\n",
        file.read()
    ));
    let place = published::host()?;
    let _publisher = published.publish(place.1.b.host())?;
    let lab = published::guarded(place, &file)?;
    lab.cli(&["feeds", "update"])?;
    // What no one listens at has no half-open connections, and needs no cookies.
    let _server = HttpServer::start(&lab.host, 80)?;
    let tmux = shell(&lab, WIDE)?;
    open(&tmux, "")?;
    // What asks most for attention comes last: it is named although others still go on.
    for &kind in AttackKind::ALL.iter().rev() {
        let attacker = attack(&lab, kind)?;
        tmux.wait_for(&format!("ATTACK: {}", kind.summary()))?;
        is_told(&lab, &tmux, kind)?;
        drop(attacker);
    }
    if counting.is_some() {
        tmux.press(&["Tab"])?;
        tmux.wait_for(" ns a packet")?;
    }
    Ok(())
}

/// Begins an attack of that kind, which ends when it is dropped.
fn attack(lab: &Guarded, kind: AttackKind) -> Result<Box<dyn Any>> {
    let from = |source: &str| lab.from(source);
    let frame = match kind {
        AttackKind::PlaceFlood => from(PLACED).tcp(40_000, 80, "S"),
        AttackKind::ListFlood => from(LISTED).tcp(40_000, 80, "S"),
        AttackKind::BanFlood => {
            lab.cli(&["block", BANNED])?;
            from(BANNED).tcp(40_000, 80, "S")
        }
        AttackKind::Scan => return scan(lab),
        AttackKind::MalformedFlood => from(SPOILER).tcp(40_000, 80, "SF"),
        AttackKind::TcpFlood => from(STRANGER).tcp(40_000, 80, "A"),
        AttackKind::Reflection => return reflection(lab),
        AttackKind::IcmpFlood => from(PINGER).echo(8, 1, 1),
        AttackKind::UdpFlood => from(TALKER).udp(40_000, 9),
        AttackKind::SynFlood => {
            let target = lab.link.b.v4().into();
            let flood = Flood::new(&lab.link, target, FloodKind::Syn).random_sources();
            return Ok(Box::new(flood.seconds(MOST).start()?));
        }
    };
    let flood = RawFlood::new(&lab.link.a, frame.bytes()).rate(RATE);
    Ok(Box::new(flood.seconds(MOST).start()?))
}

/// Somebody tries ports.
fn scan(lab: &Guarded) -> Result<Box<dyn Any>> {
    let (target, seconds) = (lab.link.b.v4().to_string(), format!("{MOST}s"));
    let how = ["-n", "-Pn", "--disable-arp-ping", "-sS", "-p", "1-2000"];
    let bounds = ["--max-retries", "1", "--host-timeout", &seconds, &target];
    let nmap = lab.attacker.spawn("nmap", &[&how[..], &bounds].concat())?;
    Ok(Box::new(nmap))
}

/// A name server answers what this host has not asked.
fn reflection(lab: &Guarded) -> Result<Box<dyn Any>> {
    let (target, most) = (lab.link.b.v4().to_string(), (RATE * MOST).to_string());
    let (from, to) = (
        ["-a", RESOLVER, "-s", "53", "-k"],
        ["-p", "40000", "-d", "400"],
    );
    let pace = ["-n", "-q", "-2", "-i", "u300", "-c", &most];
    let hping = [&pace[..], &from, &to, &[&target]].concat();
    Ok(Box::new(lab.attacker.spawn("hping3", &hping)?))
}

/// With whoever does it and where they are; of forged sources with what is done.
fn is_told(lab: &Guarded, tmux: &Tmux, kind: AttackKind) -> Result<()> {
    let source = match kind {
        AttackKind::PlaceFlood => format!("{PLACED} SE"),
        AttackKind::ListFlood => LISTED.to_owned(),
        AttackKind::BanFlood => BANNED.to_owned(),
        AttackKind::Scan => lab.link.a.v4().to_string(),
        AttackKind::MalformedFlood => SPOILER.to_owned(),
        AttackKind::TcpFlood => STRANGER.to_owned(),
        AttackKind::Reflection => RESOLVER.to_owned(),
        AttackKind::IcmpFlood => PINGER.to_owned(),
        AttackKind::UdpFlood => TALKER.to_owned(),
        AttackKind::SynFlood => return tmux.wait_for("answered with SYN cookies").map(drop),
    };
    let named = format!("ATTACK: {}", kind.summary());
    let is_it = |line: &str| line.starts_with(&named) && line.contains(&source);
    let screen = tmux.wait_until(&source, |screen| screen.lines().any(is_it))?;
    assert!(screen.contains("peak"), "{screen}");
    Ok(())
}

/// Has the kernel count what programs take, until this is dropped; `None` where it may not be told to.
fn count_runs() -> Option<Deferred> {
    const SWITCH: &str = "/proc/sys/kernel/bpf_stats_enabled";
    let counts = || -> io::Result<Deferred> {
        let before = fs::read_to_string(SWITCH)?;
        fs::write(SWITCH, "1")?;
        Ok(cleanup::defer(move || drop(fs::write(SWITCH, before))))
    };
    match counts() {
        Ok(counting) => Some(counting),
        Err(error) => {
            say(format_args!(
                "what a packet costs is not looked at: {SWITCH}: {error}"
            ));
            None
        }
    }
}

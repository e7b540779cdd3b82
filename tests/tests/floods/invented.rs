// SPDX-License-Identifier: MIT
//! Floods from invented sources: none of them can be stopped by name.

use crate::siege::Siege;
use aegis_core::emit::Frame;
use aegis_testbed::peers::{FetchReport, FloodReport};
use aegis_testbed::{Download, Flood, FloodKind, Need, RawFlood, Result, require};
use aegis_tests::guarded::counters;
use aegis_tests::stay::processors;
use aegis_tests::told::{drops, moved, say, state};
use std::net::IpAddr;
use std::time::Duration;

/// Packets a second that any flood reaches, however busy the machine is.
const WORTH_THE_NAME: f64 = 10_000.0;
const VISITS: u64 = 25;
const SECONDS: u64 = 5;
/// What a download takes during a flood.
const BYTES: u64 = 16 << 20;
const DOWNLOAD: Duration = Duration::from_secs(60);
/// What the daemon may come to need while it is flooded.
const GROWTH_KIB: u64 = 16 << 10;

/// Visits while the guarded host is flooded with SYNs, each from another source.
fn flooded(siege: &Siege) -> Result<(FetchReport, FloodReport)> {
    let link = siege.link();
    let flood = Flood::new(&link, siege.guarded.v4().into(), FloodKind::Syn);
    let flooding = flood.random_sources().seconds(SECONDS + 10).start()?;
    // Until then the queue of the listener has room.
    std::thread::sleep(Duration::from_secs(1));
    let visits = siege.visits(VISITS, SECONDS)?.wait();
    Ok((visits, flooding.stop()?))
}

fn told(label: &str, (visits, flood): &(FetchReport, FloodReport)) {
    say(format_args!(
        "SYN flood from any source, {label}: {:.0} packets/s; {} of {} visits, p50 {:?}, p99 {:?}",
        flood.rate(),
        visits.successes,
        visits.successes + visits.failures,
        visits.p50().unwrap_or_default(),
        visits.p99().unwrap_or_default(),
    ));
}

/// Memory of the daemon, KiB.
fn resident(siege: &Siege) -> u64 {
    let pid = siege.daemon().pid().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let figure = line.and_then(|line| line.split_whitespace().nth(1));
    figure
        .and_then(|figure| figure.parse().ok())
        .expect("the kernel tells")
}

/// Tables that hold more than they can.
fn overfull(siege: &Siege) -> Result<Vec<String>> {
    let status = siege.daemon().json(&["status"])?;
    let tables = status["tables"].as_array().cloned().unwrap_or_default();
    assert!(!tables.is_empty(), "{status}");
    let over = tables
        .iter()
        .filter(|table| table["entries"].as_u64() > table["capacity"].as_u64());
    Ok(over.map(ToString::to_string).collect())
}

#[test]
fn visitors_and_transfers_get_through_a_syn_flood_from_anywhere() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("hping3"));
    let mut siege = Siege::unguarded()?;
    told("without Aegis", &flooded(&siege)?);
    siege.guard(&[])?;
    let calm = siege.visits(VISITS, 1)?.wait();
    say(format_args!(
        "no flood, with Aegis: p99 {:?}",
        calm.p99().unwrap_or_default()
    ));
    let slow = Download::start(siege.client.host(), siege.server(false))?;
    let fast = Download::of(siege.client.host(), siege.server(true), BYTES)?;
    let (memory, before) = (resident(&siege), slow.bytes());
    let with = flooded(&siege)?;
    told("with Aegis", &with);
    let (visits, flood) = with;
    let (grown, gained) = (
        resident(&siege).saturating_sub(memory),
        slow.bytes() - before,
    );
    let [sent, passed, valid] = ["cookies_sent", "cookies_passed", "cookies_valid"];
    say(format_args!(
        "{} SYNs beyond the gauge, {} cookies sent, {} left to the kernel, {} valid; daemon {memory} KiB, {grown:+} KiB",
        state(siege.daemon(), "gauge_exceeded")?,
        state(siege.daemon(), sent)?,
        state(siege.daemon(), passed)?,
        state(siege.daemon(), valid)?,
    ));
    assert!(flood.rate() > WORTH_THE_NAME, "{flood:?}");
    let asked = visits.successes + visits.failures;
    assert!(
        asked > 0 && visits.successes * 100 >= asked * 99,
        "{visits:?}"
    );
    assert!(
        slow.is_sound() && gained > 0,
        "{gained} bytes during the flood"
    );
    assert_eq!(fast.finish(DOWNLOAD)?.bytes, BYTES);
    assert!(grown < GROWTH_KIB, "{grown} KiB more than before");
    assert_eq!(overfull(&siege)?, [""; 0]);
    for counter in ["gauge_exceeded", sent, valid] {
        assert!(state(siege.daemon(), counter)? > 0, "{counter}");
    }
    Ok(())
}

#[test]
fn acknowledgements_from_anywhere_are_all_out_of_state() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("hping3"));
    let siege = Siege::with(&[])?;
    let download = Download::start(siege.client.host(), siege.server(false))?;
    let before = counters(siege.daemon())?;
    let link = siege.link();
    let flood = Flood::new(&link, siege.guarded.v4().into(), FloodKind::Ack);
    let flooding = flood.random_sources().start()?;
    let visits = siege.visits(VISITS, 2)?.wait();
    let flood = flooding.stop()?;
    let after = counters(siege.daemon())?;
    let of = |reason: &str| moved(&before, &after, &format!("xdp_ingress/ipv4/{reason}"));
    say(format_args!(
        "ACK flood from any source: {:.0} packets/s, {} out of state, {} bogus; visits p99 {:?}",
        flood.rate(),
        of("tcp_out_of_state"),
        of("bogus_source"),
        visits.p99().unwrap_or_default(),
    ));
    assert!(flood.rate() > WORTH_THE_NAME, "{flood:?}");
    // Some sources cannot be any. What is not counted here was lost before it arrived.
    assert!(of("tcp_out_of_state") > of("bogus_source") * 4);
    assert!(of("tcp_out_of_state") > 10_000);
    // A SYN a visit, and what the attacker's stack has to say of it.
    assert!(of("default") <= visits.successes * 2, "{}", of("default"));
    assert_eq!(of("picked_up"), 0);
    assert_eq!(visits.failures, 0, "{visits:?}");
    assert!(download.is_sound() && download.moves_within(DOWNLOAD));
    Ok(())
}

/// Floods with `frame` from a million sources; returns how many packets passed, how many were more
/// than the host takes, and how many of either rate it may have taken.
fn bounded(siege: &Siege, frame: &[u8], (family, reason): (&str, &str)) -> Result<()> {
    let (rate, burst) = (2_000, 2_000);
    let before = counters(siege.daemon())?;
    let began = std::time::Instant::now();
    let flood = RawFlood::new(&siege.attacker, frame.to_vec()).sources(1 << 20);
    let flood = flood.packets(200_000).seconds(2).start()?.wait()?;
    let seconds = began.elapsed().as_secs() + 1;
    let after = counters(siege.daemon())?;
    let of = |reason: &str| moved(&before, &after, &format!("xdp_ingress/{family}/{reason}"));
    let (passed, refused) = (of("default"), of(reason));
    let most = processors() * (burst + rate * seconds);
    say(format_args!(
        "{reason}, {family}: {:.0} packets/s, {passed} passed, {refused} refused",
        flood.rate()
    ));
    assert!(passed <= most, "{passed} passed, of at most {most}");
    assert!(passed >= burst, "{passed} passed of what the host takes");
    assert!(passed + refused <= flood.packets);
    assert!(
        refused > flood.packets / 2,
        "{refused} refused of {}",
        flood.packets
    );
    Ok(())
}

#[test]
fn the_host_takes_only_so_much_udp_and_icmp_from_all_sources_together() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let keys = ["udp_host", "udp_host_burst", "icmp_host", "icmp_host_burst"];
    let set = keys.map(|key| ["--set".to_owned(), format!("rates.{key}=2000")]);
    let options: Vec<&str> = set.iter().flatten().map(String::as_str).collect();
    let siege = Siege::with(&options)?;
    let download = Download::start(siege.client.host(), siege.server(false))?;
    let (from, to) = (siege.attacker.mac().octets(), siege.guarded.mac().octets());
    let sources = ["198.18.0.0", "2001:db8::1"].map(|text| text.parse::<IpAddr>().expect("one"));
    for source in sources {
        let (target, family, echo): (IpAddr, _, _) = match source {
            IpAddr::V4(_) => (siege.guarded.v4().into(), "ipv4", 8),
            IpAddr::V6(_) => (siege.guarded.v6().into(), "ipv6", 128),
        };
        let frame = || Frame::ethernet(from, to).ip(source, target);
        bounded(
            &siege,
            &frame().udp(40_000, 7).bytes(),
            (family, "udp_host_rate"),
        )?;
        bounded(
            &siege,
            &frame().icmp(echo, 0).bytes(),
            (family, "icmp_host_rate"),
        )?;
    }
    assert!(download.is_sound() && download.moves_within(DOWNLOAD));
    let cut: Vec<String> = drops(siege.daemon())?.into_keys().collect();
    assert!(
        cut.iter().all(|name| name.ends_with("_host_rate")),
        "{cut:?}"
    );
    Ok(())
}

// SPDX-License-Identifier: MIT
//! Floods: they reach the other end at a rate worth the name, end in time, and say what they sent.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aegis_core::emit::Frame;
use aegis_testbed::{Error, Flood, FloodKind, Lab, Link, Need, RawFlood, Result, require};

/// Packets a second that every flood reaches even where two tests share a CPU.
const WORTH_THE_NAME: f64 = 10_000.0;
const KINDS: [FloodKind; 4] = [
    FloodKind::Syn,
    FloodKind::Ack,
    FloodKind::Udp,
    FloodKind::Icmp,
];

fn pair() -> Result<(Lab, Link)> {
    let lab = Lab::new()?;
    let (attacker, target) = (lab.host("attacker")?, lab.host("target")?);
    let link = lab.veth(&attacker, "eth0", &target, "eth0").quiet().up()?;
    link.b.route_all_through(&link.a)?;
    Ok((lab, link))
}

fn frame(link: &Link) -> Frame {
    Frame::ethernet(link.a.mac().octets(), link.b.mac().octets())
}

/// Floods for a moment; the packets of the tool and of the interface that received them must agree.
fn flows(link: &Link, flood: &Flood) -> Result<()> {
    let before = link.b.packets()?.received;
    let flooding = flood.start()?;
    std::thread::sleep(Duration::from_millis(400));
    assert!(flooding.sent()? > 0, "{flood:?}");
    let report = flooding.stop()?;
    assert!(report.rate() > WORTH_THE_NAME, "{flood:?}: {report:?}");
    let received = link.b.packets()?.received - before;
    assert!(
        received >= report.packets / 2,
        "{flood:?}: {report:?}, {received} received"
    );
    Ok(())
}

#[test]
fn hping_floods_from_one_source_and_from_any() -> Result<()> {
    require!(Need::Root, Need::Tool("hping3"));
    let (_lab, link) = pair()?;
    for kind in KINDS {
        let flood = Flood::new(&link, link.b.v4().into(), kind);
        flows(&link, &flood)?;
        flows(&link, &flood.random_sources())?;
    }
    Ok(())
}

#[test]
fn trafgen_floods_over_ipv6_from_one_source_and_from_any() -> Result<()> {
    require!(Need::Root, Need::Tool("trafgen"));
    let (_lab, link) = pair()?;
    for kind in [FloodKind::Syn, FloodKind::Ack, FloodKind::Udp] {
        let flood = Flood::new(&link, link.b.v6().into(), kind).port(53);
        flows(&link, &flood)?;
        flows(&link, &flood.random_sources())?;
    }
    let icmp = Flood::new(&link, link.b.v6().into(), FloodKind::Icmp).start();
    assert!(matches!(icmp, Err(Error::Unsupported { .. })));
    Ok(())
}

#[test]
fn a_flood_by_a_tool_ends_in_time_and_when_dropped() -> Result<()> {
    require!(Need::Root, Need::Tool("hping3"));
    let (_lab, link) = pair()?;
    let flood = Flood::new(&link, link.b.v4().into(), FloodKind::Udp);
    let began = Instant::now();
    let report = flood.clone().seconds(1).start()?.wait()?;
    assert!(report.packets > 0 && began.elapsed() < Duration::from_secs(3));
    let flooding = flood.start()?;
    std::thread::sleep(Duration::from_millis(200));
    drop(flooding);
    let after = link.a.packets()?.sent;
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(link.a.packets()?.sent, after);
    Ok(())
}

#[test]
fn a_raw_flood_sends_exactly_what_it_is_told_at_the_rate_it_is_told() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let wire = link.b.raw()?;
    let syn = frame(&link)
        .ipv6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], link.b.v6())
        .tcp(1, 80, "S");
    let flood = RawFlood::new(&link.a, syn.bytes())
        .sources(100)
        .packets(500)
        .rate(1_000);
    let report = flood.start()?.wait()?;
    assert_eq!(report.packets, 500);
    assert!(report.rate() < 1_100.0, "{report:?}");
    let frames = wire.collect(Duration::from_millis(100), |frame| frame[20] == 6)?;
    let sources: BTreeSet<&[u8]> = frames.iter().map(|frame| &frame[22..38]).collect();
    assert_eq!((frames.len(), sources.len()), (500, 100));
    Ok(())
}

#[test]
fn raw_floods_of_every_kind_over_both_families_are_fast() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let (a, b) = (&link.a, &link.b);
    let frames = [
        frame(&link).ipv4(a.v4(), b.v4()).tcp(1, 80, "S"),
        frame(&link).ipv4([198, 18, 0, 0], b.v4()).udp(1, 53),
        frame(&link).ipv6(a.v6(), b.v6()).tcp(1, 80, "A"),
        frame(&link).ipv6(a.v6(), b.v6()).icmp(128, 0),
    ];
    for frame in frames {
        let flooding = RawFlood::new(a, frame.bytes()).sources(65_536).start()?;
        std::thread::sleep(Duration::from_millis(300));
        let report = flooding.stop()?;
        assert!(report.rate() > WORTH_THE_NAME, "{report:?}");
    }
    Ok(())
}

#[test]
fn no_flood_goes_beyond_its_bounds() -> Result<()> {
    require!(Need::Root);
    let (_lab, link) = pair()?;
    let udp = frame(&link).ipv4(link.a.v4(), link.b.v4()).udp(1, 53);
    let raw = RawFlood::new(&link.a, udp.bytes());
    let tool = Flood::new(&link, link.b.v4().into(), FloodKind::Udp);
    let refused = [
        raw.clone().seconds(3_600).start(),
        raw.packets(1 << 40).start(),
        tool.clone().seconds(3_600).start(),
        tool.seconds(0).start(),
    ];
    for outcome in refused {
        assert!(
            matches!(outcome, Err(Error::OutOfBounds { .. })),
            "{outcome:?}"
        );
    }
    Ok(())
}

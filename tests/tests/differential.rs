// SPDX-License-Identifier: MIT
//! The kernel judges as the host does: the embedded programs and `aegis_core` on the host are given
//! the same frames, policy, settings and time, and must say the same of every frame and count the
//! same.
//!
//! With `AEGIS_SEED=n` other frames are made; a failure names the seed, the frame and its number.

#[path = "differential/conversations.rs"]
mod conversations;
#[path = "differential/sets.rs"]
mod sets;
#[path = "differential/sockets.rs"]
mod sockets;

use aegis_abi::{Family, Flags, Hook, Link, Rate, Reason, Settings};
use aegis_core::Site;
use aegis_core::emit::Frame;
use aegis_engine::rig::Runnable;
use aegis_testbed::{Need, require};
use aegis_tests::captures;
use aegis_tests::pair::Pair;
use aegis_tests::random::Random;
use aegis_tests::scenario::{SPAN, Scenario, host, near};
use anyhow::{Context as _, Result};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Frames of each hook and kind of interface, every one of which is reported and compared.
const TOLD: usize = 110_000;
/// Frames of each hook under tight budgets and a moving clock.
const HELD_BACK: usize = 60_000;
/// Frames of what differs little from the rest.
const FEW: usize = 20_000;
const LIMITED: Settings = Settings {
    event_source: Rate::per_second(2, 3),
    event_reason: Rate::per_second(40, 20),
    infrastructure: Rate::per_second(2, 4),
    ..Settings::DEFAULT
};

/// Everything is told; infrastructure is still bounded by the usual rate.
fn told() -> Settings {
    Settings {
        flags: Settings::DEFAULT.flags.with(Flags::VERBOSE),
        event_source: Rate::UNLIMITED,
        event_reason: Rate::UNLIMITED,
        ..Settings::DEFAULT
    }
}

fn scenario(seed: u64) -> Scenario {
    Scenario::random(&mut Random::new(seed))
}

fn site(runnable: Runnable, link: Link) -> Site {
    let hook = if runnable == Runnable::Egress {
        Hook::TcEgress
    } else {
        Hook::XdpIngress
    };
    Site {
        hook,
        link,
        loopback: false,
        interface: 1,
    }
}

#[expect(
    clippy::print_stdout,
    reason = "shown beside the name of the test that fails"
)]
fn alike(
    runnable: Runnable,
    link: Link,
    frames: (usize, usize),
    usual_seed: u64,
) -> Result<BTreeSet<Reason>> {
    let seed = Random::seed(usual_seed);
    let mut pair = Pair::load(runnable, site(runnable, link), told(), scenario(seed))?;
    pair.run(seed, frames, |_| 0)?;
    println!("{}, seed {seed}", pair.summary());
    Ok(pair.reasons())
}

/// A test run refuses frames that are shorter than their link header.
const REFUSED: Reason = Reason::EthernetTruncated;
/// Reasons that take more than one frame, or other settings: conversations see them.
const LATER: [Reason; 14] = [
    Reason::Established,
    Reason::Related,
    Reason::PickedUp,
    Reason::Untracked,
    Reason::BanUnsolicited,
    // Those take sets.
    Reason::List,
    Reason::ListUnsolicited,
    Reason::Place,
    Reason::FlowKilled,
    Reason::SynRate,
    Reason::UdpRate,
    Reason::IcmpRate,
    Reason::UdpHostRate,
    Reason::SynCookie,
];
/// Reasons for which only what arrives is dropped.
const ARRIVING: [Reason; 10] = [
    Reason::InfrastructureRate,
    Reason::Land,
    Reason::BogusSource,
    Reason::Amplification,
    Reason::PortScan,
    Reason::CoolDown,
    Reason::TcpOutOfState,
    Reason::IcmpUnrelated,
    Reason::IcmpUnsolicited,
    Reason::IcmpHostRate,
];

/// The reasons that are possible and were not seen.
fn missing(seen: &BTreeSet<Reason>, impossible: &[Reason]) -> Vec<Reason> {
    let possible = Reason::ALL
        .iter()
        .filter(|reason| !impossible.contains(reason));
    possible
        .filter(|reason| !seen.contains(reason))
        .copied()
        .collect()
}

#[test]
fn arriving_ethernet_frames_are_judged_alike_and_for_every_reason_there_is() -> Result<()> {
    require!(Need::Root);
    let seen = alike(Runnable::Ingress, Link::Ethernet, (TOLD, 1_400), 1)?;
    assert_eq!(
        missing(&seen, &[&LATER[..], &[REFUSED]].concat()),
        [],
        "reasons that no frame was judged by"
    );
    Ok(())
}

#[test]
fn departing_ethernet_frames_are_judged_alike_and_for_every_reason_there_is() -> Result<()> {
    require!(Need::Root);
    let seen = alike(Runnable::Egress, Link::Ethernet, (TOLD, 1_400), 2)?;
    let impossible = [&LATER[..], &ARRIVING, &[REFUSED]].concat();
    assert_eq!(
        missing(&seen, &impossible),
        [],
        "reasons that no frame was judged by"
    );
    Ok(())
}

#[test]
fn arriving_packets_without_link_header_are_judged_alike() -> Result<()> {
    require!(Need::Root);
    alike(Runnable::Ingress, Link::RawIp, (TOLD, 1_400), 3).map(drop)
}

#[test]
fn departing_packets_without_link_header_are_judged_alike() -> Result<()> {
    require!(Need::Root);
    alike(Runnable::Egress, Link::RawIp, (TOLD, 1_400), 4).map(drop)
}

#[test]
fn frames_in_several_buffers_are_judged_alike() -> Result<()> {
    require!(Need::Root, Need::Kernel(5, 18));
    alike(Runnable::IngressFrags, Link::Ethernet, (FEW, 9_000), 5).map(drop)
}

/// Budgets, rates and expiries: what depends on the time and on what came before.
fn limited(runnable: Runnable, usual_seed: u64) -> Result<()> {
    let seed = Random::seed(usual_seed);
    let mut pair = Pair::load(
        runnable,
        site(runnable, Link::Ethernet),
        LIMITED,
        scenario(seed),
    )?;
    let longest_step = 2 * SPAN as usize / HELD_BACK;
    pair.run(seed, (HELD_BACK, 64), |random| {
        if random.chance(30) {
            random.below(3 * longest_step) as u64
        } else {
            0
        }
    })?;
    let counts = pair.host().event_counters();
    let sent: u64 = counts.iter().map(|(_, count)| count.sent).sum();
    let suppressed: u64 = counts.iter().map(|(_, count)| count.suppressed).sum();
    assert!(
        sent > 100 && suppressed > 1_000,
        "{sent} sent, {suppressed} suppressed"
    );
    Ok(())
}

#[test]
fn tight_budgets_and_a_moving_clock_hold_back_the_same_events_on_arrival() -> Result<()> {
    require!(Need::Root);
    limited(Runnable::Ingress, 6)
}

#[test]
fn tight_budgets_and_a_moving_clock_hold_back_the_same_events_on_departure() -> Result<()> {
    require!(Need::Root);
    limited(Runnable::Egress, 7)
}

#[test]
fn on_a_loopback_and_with_every_switch_the_other_way_frames_are_judged_alike() -> Result<()> {
    require!(Need::Root);
    let seed = Random::seed(8);
    let flags = Flags::VERBOSE.with(Flags::DROP_LATER_FRAGMENTS);
    let settings = Settings { flags, ..told() };
    for loopback in [false, true] {
        let site = Site {
            loopback,
            ..site(Runnable::Ingress, Link::Ethernet)
        };
        Pair::load(Runnable::Ingress, site, settings, scenario(seed))?.run(
            seed,
            (FEW, 64),
            |_| 0,
        )?;
    }
    Ok(())
}

#[test]
fn captured_frames_are_judged_alike_by_every_program() -> Result<()> {
    require!(Need::Root);
    let captures = captures::corpus()?;
    if captures.is_empty() {
        aegis_testbed::skip(
            aegis_testbed::test_name!(),
            "there is no corpus beside the project",
        );
        return Ok(());
    }
    for runnable in [Runnable::Ingress, Runnable::IngressFrags, Runnable::Egress] {
        for link in [Link::Ethernet, Link::RawIp] {
            let mut pair = Pair::load(runnable, site(runnable, link), told(), scenario(9))?;
            for capture in captures.iter().filter(|capture| capture.link == link) {
                for (number, frame) in capture.frames.iter().enumerate() {
                    let compared = pair.compare(frame);
                    compared.with_context(|| {
                        format!("frame {} of {}", number + 1, capture.path.display())
                    })?;
                }
                pair.compare_counters()
                    .with_context(|| capture.path.display().to_string())?;
            }
            println!("{}, captured", pair.summary());
        }
    }
    Ok(())
}

/// The kernel's table of exact bans is made of lines that fill up and spill; the host's is a plain map.
#[test]
fn a_hundred_thousand_bans_a_family_are_each_found_and_nobody_else_is() -> Result<()> {
    require!(Need::Root);
    const MANY: usize = 110_000;
    let seed = Random::seed(10);
    let mut random = Random::new(seed);
    let scenario = Scenario::crowded(MANY, &mut random);
    let banned: Vec<IpAddr> = scenario.banned().collect();
    let mut pair = Pair::load(
        Runnable::Ingress,
        site(Runnable::Ingress, Link::RawIp),
        told(),
        scenario,
    )?;
    for address in banned {
        for source in [address, near(address, &mut random)] {
            let destination = host(
                0,
                if address.is_ipv4() {
                    Family::V4
                } else {
                    Family::V6
                },
            );
            let frame = Frame::raw_ip()
                .ip(source, destination)
                .tcp(40_000, 80, "A")
                .bytes();
            pair.compare(&frame)
                .with_context(|| format!("from {source}, seed {seed}"))?;
        }
    }
    pair.compare_counters()?;
    println!("{}, seed {seed}", pair.summary());
    let counts = pair.host().counters();
    let bans = counts
        .iter()
        .filter(|(slot, _)| slot.reason == Reason::BanAddress);
    assert!(bans.map(|(_, count)| count.packets).sum::<u64>() >= 2 * MANY as u64);
    Ok(())
}

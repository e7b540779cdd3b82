// SPDX-License-Identifier: MIT
//! What depends on what came before: conversations at both hooks, and a clock that goes past every
//! timeout.

use super::{missing, scenario, site, told};
use aegis_abi::{
    Allow, Ban, Family, Flags, Hook, Link, Rate, Reason, Scope, ScopeKey, Settings, StateCounter,
};
use aegis_core::Nanos;
use aegis_core::model::HostTables;
use aegis_engine::rig::Runnable;
use aegis_testbed::{Need, require};
use aegis_tests::conversation::{PEERS, peer, widened};
use aegis_tests::pair::Pair;
use aegis_tests::random::Random;
use aegis_tests::scenario::BEGIN;
use anyhow::Result;
use ipnet::IpNet;
use std::net::IpAddr;

/// Frames of the conversations that see every reason.
const MANY: usize = 60_000;
/// Frames of each variety of settings.
const SOME: usize = 12_000;
pub const SECOND: u64 = 1_000_000_000;
/// A group that no other policy names.
const GROUP: u32 = 20;

/// Rates that floods go over, and connections that are soon forgotten.
pub fn tight() -> Settings {
    Settings {
        flags: told().flags.with(Flags::SYN_COOKIES),
        seed: 0x00c0_ffee,
        syn_source: Rate::per_second(20, 40),
        syn_host: Rate::per_second(10, 30),
        udp_source: Rate::per_second(20, 40),
        udp_host: Rate::per_second(20, 70),
        icmp_source: Rate::per_second(10, 20),
        icmp_host: Rate::per_second(10, 50),
        flood_refusals: 30,
        ..told()
    }
}

/// Mostly a moment, at times long enough for tokens to be earned.
fn pace(random: &mut Random) -> u64 {
    match random.below(2_000) {
        0..1_200 => 0,
        1_200..1_800 => random.word() % 2_000_000,
        1_800..1_980 => random.word() % (SECOND / 5),
        _ => random.word() % (5 * SECOND),
    }
}

fn leave_alone(_: &mut Pair, _: &mut Random) -> Result<()> {
    Ok(())
}

fn load(link: Link, settings: Settings, room: u32, seed: u64) -> Result<Pair> {
    let place = (Runnable::Ingress, site(Runnable::Ingress, link));
    Pair::with_flow_room(place, settings, scenario(seed), room)
}

#[expect(
    clippy::print_stdout,
    reason = "shown beside the name of the test that fails"
)]
fn say(pair: &Pair, what: &str, seed: u64) {
    let counted = pair.host().state_counters();
    println!("{what}: {}, seed {seed}, {counted:?}", pair.summary());
}

/// Conversations under settings that differ little from the usual.
fn vary(what: &str, settings: Settings, usual_seed: u64) -> Result<Pair> {
    let seed = Random::seed(usual_seed);
    let mut pair = load(Link::Ethernet, settings, 65_536, seed)?;
    pair.converse(seed, SOME, pace, leave_alone)?;
    say(&pair, what, seed);
    Ok(pair)
}

fn kill_some(pair: &mut Pair, random: &mut Random) -> Result<()> {
    let flows = pair.host().flows();
    for _ in 0..flows.len().min(3) {
        let (tuple, _) = flows[random.below(flows.len())];
        pair.kill(&tuple)?;
    }
    Ok(())
}

fn some_peer(random: &mut Random) -> IpAddr {
    let family = random.one_of(&[Family::V4, Family::V6]);
    peer(random.below(PEERS), family)
}

/// Bans a peer, or bars it from beginning connections, for a while.
fn ban_somebody(pair: &mut Pair, random: &mut Random) -> Result<()> {
    let soon = pair.now().0 + random.word() % (30 * SECOND);
    let (address, whole) = (some_peer(random), random.chance(40));
    let ban = Ban {
        expires_ns: if whole { soon } else { 0 },
        rule: 6_001,
        scopes: GROUP,
    };
    let scope = Scope {
        expires_ns: soon,
        rule: 6_002,
        reserved: 0,
    };
    pair.amend(|scenario| {
        let scenario = scenario.ban(address, ban);
        scenario.scope(ScopeKey::unsolicited(GROUP), scope)
    })
}

fn other_switches(pair: &mut Pair, random: &mut Random) -> Result<()> {
    let usual = tight();
    let without = [
        Flags::CONN_TRACK,
        Flags::SCAN_DETECT,
        Flags::THREATS,
        Flags::RATE_LIMIT,
        Flags::PORT_SCAN,
        Flags::SYN_COOKIES,
        Flags::default(),
    ];
    let flags = usual.flags.without(random.one_of(&without));
    let grace_until_ns = match random.chance(40) {
        true => pair.now().0 + random.word() % (200 * SECOND),
        false => 0,
    };
    let loose = random.chance(20);
    pair.set_settings(Settings {
        flags: if loose {
            flags.with(Flags::LOOSE)
        } else {
            flags
        },
        generation: pair.settings().generation + 1,
        grace_until_ns,
        ..usual
    })
}

/// Something else every thousand frames.
fn meddle(pair: &mut Pair, random: &mut Random) -> Result<()> {
    kill_some(pair, random)?;
    match random.below(32) {
        0..12 => ban_somebody(pair, random),
        12..20 => other_switches(pair, random),
        20..23 => pair.set_settings(Settings {
            generation: pair.settings().generation + 1,
            ..tight()
        }),
        23..27 => {
            pair.pardon_everybody();
            Ok(())
        }
        27 => {
            let whole = IpNet::from(some_peer(random));
            let waiting = Allow {
                before: 6_005,
                after: 6_004,
                since: pair.settings().generation + 1,
            };
            pair.amend(|scenario| scenario.allow(whole, waiting))
        }
        _ => Ok(()),
    }
}

/// The last peers: nothing makes one cool down, and everything is let through from the other.
fn privilege(pair: &mut Pair) -> Result<()> {
    let mut protected = Vec::new();
    for family in [Family::V4, Family::V6] {
        protected.push(widened(peer(PEERS - 1, family)));
        let whole = IpNet::from(peer(PEERS - 3, family));
        pair.amend(|scenario| scenario.allow(whole, Allow::always(6_003)))?;
    }
    pair.protect(&protected)
}

/// Reasons for which something must have come before.
const LATER: [Reason; 20] = [
    Reason::Established,
    Reason::Related,
    Reason::PickedUp,
    Reason::Untracked,
    Reason::BanUnsolicited,
    Reason::Amplification,
    Reason::PortScan,
    Reason::CoolDown,
    Reason::TcpOutOfState,
    Reason::IcmpUnrelated,
    Reason::IcmpUnsolicited,
    Reason::FlowKilled,
    Reason::SynRate,
    Reason::UdpRate,
    Reason::IcmpRate,
    Reason::UdpHostRate,
    Reason::IcmpHostRate,
    Reason::SynCookie,
    Reason::Default,
    Reason::Allowlist,
];

/// Of them, those that a departing packet may have: this side is not bounded.
const DEPARTING: [Reason; 5] = [
    Reason::Established,
    Reason::PickedUp,
    Reason::FlowKilled,
    Reason::Default,
    Reason::Allowlist,
];

fn unseen(tables: &Pair, hook: Hook, wanted: &[Reason]) -> Vec<Reason> {
    let elsewhere: Vec<Reason> = Reason::ALL
        .iter()
        .filter(|reason| !wanted.contains(reason))
        .copied()
        .collect();
    missing(&tables.reasons_at(hook), &elsewhere)
}

fn busy(link: Link, usual_seed: u64) -> Result<()> {
    let seed = Random::seed(usual_seed);
    let mut pair = load(link, tight(), 65_536, seed)?;
    privilege(&mut pair)?;
    pair.converse(seed, MANY, pace, meddle)?;
    say(&pair, "an operator who changes everything", seed);
    assert_eq!(unseen(&pair, Hook::XdpIngress, &LATER), []);
    assert_eq!(unseen(&pair, Hook::TcEgress, &DEPARTING), []);
    Ok(())
}

#[test]
fn conversations_are_judged_alike_while_an_operator_changes_everything() -> Result<()> {
    require!(Need::Root);
    busy(Link::Ethernet, 21)
}

#[test]
fn conversations_without_link_header_are_judged_alike() -> Result<()> {
    require!(Need::Root);
    busy(Link::RawIp, 22)
}

#[test]
fn conversations_under_the_usual_settings_are_judged_alike() -> Result<()> {
    require!(Need::Root);
    vary("usual", told(), 23)?;
    let quiet = Settings {
        seed: 7,
        ..Settings::DEFAULT
    };
    vary("nothing told of what passes", quiet, 24).map(drop)
}

#[test]
fn conversations_are_judged_alike_by_the_program_for_several_buffers() -> Result<()> {
    require!(Need::Root, Need::Kernel(5, 18));
    let seed = Random::seed(26);
    let site = site(Runnable::IngressFrags, Link::Ethernet);
    let mut pair = Pair::load(Runnable::IngressFrags, site, tight(), scenario(seed))?;
    pair.converse(seed, SOME, pace, meddle)?;
    say(&pair, "several buffers", seed);
    Ok(())
}

#[test]
fn conversations_for_which_there_is_no_room_are_judged_alike() -> Result<()> {
    require!(Need::Root);
    let seed = Random::seed(25);
    let mut pair = load(Link::Ethernet, tight(), 64, seed)?;
    pair.converse(seed, SOME, pace, meddle)?;
    say(&pair, "room for 64", seed);
    let full = has_counted(pair.host(), StateCounter::FlowsFull);
    assert!(full > 100, "{full} connections found no room");
    Ok(())
}

pub fn has_counted(tables: &HostTables, what: StateCounter) -> u64 {
    let counters = tables.state_counters();
    let found = counters.iter().find(|(counter, _)| *counter == what);
    found.map_or(0, |(_, count)| *count)
}

#[test]
fn conversations_are_judged_alike_whichever_module_is_off() -> Result<()> {
    require!(Need::Root);
    let modules = [
        ("no connection tracking", Flags::CONN_TRACK),
        ("no anomalies", Flags::SCAN_DETECT),
        ("no threats", Flags::THREATS),
        ("no rates", Flags::RATE_LIMIT),
        ("no port scans", Flags::PORT_SCAN),
        (
            "neither rates nor port scans",
            Flags::RATE_LIMIT.with(Flags::PORT_SCAN),
        ),
    ];
    for ((what, module), usual_seed) in modules.into_iter().zip(30..) {
        let flags = tight().flags.without(module);
        vary(what, Settings { flags, ..tight() }, usual_seed)?;
    }
    Ok(())
}

#[test]
fn conversations_are_judged_alike_where_little_is_seen_of_them() -> Result<()> {
    require!(Need::Root);
    let loose = Settings {
        flags: told().flags.with(Flags::LOOSE),
        ..told()
    };
    vary("loose", loose, 40)?;
    let grace = Settings {
        grace_until_ns: BEGIN + 4_000 * SECOND,
        ..tight()
    };
    let pair = vary("a grace period", grace, 41)?;
    assert!(pair.now() > Nanos(grace.grace_until_ns), "it never ended");
    Ok(())
}

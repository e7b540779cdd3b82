// SPDX-License-Identifier: MIT
//! Lists and places, among bans and the allowlist: what drops a packet, and what only watches it.

use super::conversations::tight;
use super::{scenario, site, told};
use aegis_abi::{Family, Flags, Link, Reason, Settings};
use aegis_core::tables::Hit;
use aegis_engine::rig::Runnable;
use aegis_testbed::{Need, require};
use aegis_tests::conversation::{PEERS, peer};
use aegis_tests::pair::Pair;
use aegis_tests::random::Random;
use aegis_tests::scenario::host;
use aegis_tests::sets::Sets;
use anyhow::Result;
use std::net::IpAddr;

/// Frames between two changes.
const FRAMES: usize = 3_000;
/// Changes of every kind.
const ROUNDS: usize = 2;

const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

fn hosts() -> Vec<IpAddr> {
    let hosts = (0..40).flat_map(|index| FAMILIES.map(|family| host(index, family)));
    hosts.collect()
}

fn peers() -> Vec<IpAddr> {
    let peers = (0..PEERS).flat_map(|index| FAMILIES.map(|family| peer(index, family)));
    peers.collect()
}

/// Frames of every kind, while lists and places are exchanged and switched.
fn exchanged(runnable: Runnable, link: Link, usual_seed: u64) -> Result<Pair> {
    let seed = Random::seed(usual_seed);
    let mut random = Random::new(seed);
    let settings = Settings {
        flags: told().flags.with(Flags::PLACES),
        ..told()
    };
    let mut pair = Pair::load(runnable, site(runnable, link), settings, scenario(seed))?;
    for round in 1..=ROUNDS {
        let mut lists = Sets::around(&hosts(), &mut random);
        pair.set_lists(&lists)?;
        pair.set_places(&Sets::around(&hosts(), &mut random))?;
        pair.run(
            seed + round as u64,
            ((2 * round - 1) * FRAMES, 1_400),
            |_| 0,
        )?;
        pair.switch_lists(&mut lists, &mut random)?;
        pair.run(seed - round as u64, (2 * round * FRAMES, 64), |_| 0)?;
    }
    pair.set_lists(&Sets::default())?;
    pair.run(seed, ((2 * ROUNDS + 1) * FRAMES, 64), |_| 0)?;
    Ok(pair)
}

fn require_every_hit(pair: &Pair) {
    let hits = pair.host().hits();
    for hit in [Hit::List, Hit::Watched, Hit::Place] {
        let classes = hits.keys().filter(|(known, _)| *known == hit).count();
        assert!(classes > 5, "{hit:?} of {classes} classes only: {hits:?}");
    }
    let reasons = pair.reasons();
    for reason in [Reason::List, Reason::ListUnsolicited, Reason::Place] {
        assert!(reasons.contains(&reason), "{reason:?}");
    }
}

#[test]
fn lists_and_places_drop_and_watch_alike_what_arrives() -> Result<()> {
    require!(Need::Root);
    require_every_hit(&exchanged(Runnable::Ingress, Link::Ethernet, 21)?);
    Ok(())
}

#[test]
fn lists_and_places_drop_and_watch_alike_what_departs() -> Result<()> {
    require!(Need::Root);
    require_every_hit(&exchanged(Runnable::Egress, Link::RawIp, 22)?);
    Ok(())
}

/// Connections of every age, which lists cut and places do not.
#[test]
fn conversations_go_on_or_end_alike_while_lists_and_places_are_exchanged() -> Result<()> {
    require!(Need::Root);
    const CONVERSATION: usize = 8_000;
    let seed = Random::seed(23);
    let settings = Settings {
        flags: tight().flags.with(Flags::PLACES),
        ..tight()
    };
    let place = (Runnable::Ingress, site(Runnable::Ingress, Link::Ethernet));
    let mut pair = Pair::with_flow_room(place, settings, scenario(seed), 65_536)?;
    let meddle = |pair: &mut Pair, random: &mut Random| {
        // Mostly of nobody, or nothing would ever be talked of.
        let some: Vec<IpAddr> = peers().into_iter().filter(|_| random.chance(40)).collect();
        pair.set_lists(&Sets::around(&some, random))?;
        pair.set_places(&Sets::around(&some, random))?;
        let (with, without) = (settings.flags, settings.flags.without(Flags::PLACES));
        pair.set_settings(Settings {
            flags: if random.chance(70) { with } else { without },
            generation: pair.settings().generation + 1,
            ..settings
        })
    };
    pair.converse(
        seed,
        CONVERSATION,
        |random| random.word() % 2_000_000,
        meddle,
    )?;
    let reasons = pair.reasons();
    for reason in [
        Reason::List,
        Reason::ListUnsolicited,
        Reason::Place,
        Reason::Established,
    ] {
        assert!(reasons.contains(&reason), "{reason:?}");
    }
    Ok(())
}

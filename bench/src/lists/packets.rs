// SPDX-License-Identifier: MIT
//! One packet, whose source is on a list or is not, with much on lists or with next to nothing.
//!
//! A packet of an unlisted source is one whose TCP offset lies, which is found out right after the
//! lists have been asked: so that what they cost is not lost in what the rest of the path does.

use super::Figure;
use super::generated::{self, Prefix, Random};
use crate::cpu::{Pinned, own_ns, usable};
use crate::frames;
use crate::measure::{Samples, interleave};
use crate::policies::{Peer, guarded};
use aegis_abi::{Family, Link, Reason, SetAction};
use aegis_core::address::{Address as _, V4, V6};
use aegis_core::set::look_up;
use aegis_engine::rig::{Rig, Runnable};
use aegis_lists::image::{Image, lists_v4, lists_v6};
use aegis_lists::set::compile;
use aegis_lists::{Classes, IpSpan, Label};
use anyhow::{Context as _, Result, ensure};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const V4_ENTRIES: usize = 1_000_000;
const V6_ENTRIES: usize = 200_000;
const SOURCES: usize = 1 << 16;
const RUNS: u32 = 200_000;
/// What the kernel's trie takes for one of 200,000 IPv6 prefixes, nanoseconds, measured here.
const TRIE_V6: f64 = 770.0;

/// Which lists are loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    One,
    Many,
}

/// Sources that packets have in turn, by place in the list of them.
#[derive(Clone, Copy)]
enum Sources {
    Unlisted,
    Listed,
    OneInTen,
    ListedV6,
}

/// What is run over and over.
struct Subject {
    load: Load,
    program: Runnable,
    frame: Vec<u8>,
    sources: Option<Sources>,
}

/// Measures all of it.
pub(super) fn measure(rounds: usize) -> Result<Vec<Figure>> {
    let (v4, v6) = (generated::v4(V4_ENTRIES), generated::v6(V6_ENTRIES));
    let many = images(&v4, &v6)?;
    let sources = sources(&many.0, (&v4, &v6));
    let mut rigs = [rig(&images(&v4[..1], &v6[..1])?)?, rig(&many)?];
    drop(many);
    let subjects = subjects(&v4, &v6)?;
    prove(&mut rigs[Load::Many as usize], &subjects)?;
    let pinned = usable()?.last().copied().map(Pinned::to).transpose()?;
    let samples = interleave(rounds, subjects.len(), |at| {
        let subject = &subjects[at];
        let rig = &mut rigs[subject.load as usize];
        if let Some(which) = subject.sources {
            rig.set_sources(&sources[which as usize])?;
        }
        let begin = own_ns();
        rig.time(subject.program, &subject.frame, RUNS)?;
        Ok((own_ns() - begin) / f64::from(RUNS))
    });
    drop(pinned);
    Ok(figures(&samples?))
}

fn images(v4: &[Prefix<u32>], v6: &[Prefix<u128>]) -> Result<(Image, Image)> {
    let spans = v4.iter().map(|one| one.span());
    let spans: Vec<IpSpan> = spans.chain(v6.iter().map(|one| one.span())).collect();
    // As if they came from several lists.
    let labelled = spans.iter().zip((0..5).map(Label).cycle());
    let labelled = labelled.map(|(span, label)| (label, *span));
    let compiled = compile(labelled, &mut Classes::default());
    let seed = Random(7).next() as u32;
    let v4 = lists_v4(&compiled.v4, |_| SetAction::ARRIVING, seed)?;
    Ok((v4, lists_v6(&compiled.v6, |_| SetAction::ARRIVING, seed)?))
}

fn rig((v4, v6): &(Image, Image)) -> Result<Rig> {
    let mut rig = Rig::load(Link::Ethernet, false)?;
    rig.set_lists(Some(v4), Some(v6))?;
    Ok(rig)
}

fn wide(address: u32) -> [u8; 16] {
    V4::new(address.to_be_bytes()).widen()
}

/// In the order of [`Sources`].
fn sources(lists: &Image, (v4, v6): (&[Prefix<u32>], &[Prefix<u128>])) -> [Vec<[u8; 16]>; 4] {
    let mut random = Random(0xbb67_ae85_84ca_a73b);
    let mut unlisted = || loop {
        let address = random.v4();
        let host = V4::new(address.to_be_bytes());
        if look_up(lists, host, lists.touched.marks(host.group())) == 0 {
            break wide(address);
        }
    };
    let none: Vec<_> = (0..SOURCES).map(|_| unlisted()).collect();
    let listed: Vec<_> = v4.iter().take(SOURCES).map(|one| wide(one.first)).collect();
    let pairs = none.iter().zip(&listed).enumerate();
    let mixed = pairs.map(|(at, (none, listed))| if at % 10 == 0 { *listed } else { *none });
    let mixed = mixed.collect();
    let listed_v6 = v6.iter().take(SOURCES);
    let listed_v6 = listed_v6.map(|one| V6::new(one.first.to_be_bytes()).octets());
    [none, listed, mixed, listed_v6.collect()]
}

/// In the order of the constants of [`place`].
fn subjects(v4: &[Prefix<u32>], v6: &[Prefix<u128>]) -> Result<Vec<Subject>> {
    let frame = |peer: IpAddr, family| frames::tcp_with_a_lying_offset(peer, guarded(family));
    let stranger = |family| frame(Peer::Stranger.address(family), family);
    let listed_v4 = |length: u32| {
        let entry = v4.iter().find(|entry| entry.length == length);
        let entry = entry.context("no such prefix was generated")?;
        anyhow::Ok(frame(Ipv4Addr::from_bits(entry.first).into(), Family::V4))
    };
    let listed_v6 = |length: u32| {
        let entry = v6.iter().find(|entry| entry.length == length);
        let entry = entry.context("no such prefix was generated")?;
        anyhow::Ok(frame(Ipv6Addr::from_bits(entry.first).into(), Family::V6))
    };
    let hot = |load, program, frame| Subject {
        load,
        program,
        frame,
        sources: None,
    };
    let mut subjects = vec![
        hot(Load::Many, Runnable::Empty, stranger(Family::V4)),
        hot(Load::One, Runnable::Ingress, stranger(Family::V4)),
        hot(Load::Many, Runnable::Ingress, stranger(Family::V4)),
        hot(Load::Many, Runnable::Ingress, listed_v4(32)?),
        hot(Load::Many, Runnable::Ingress, listed_v4(24)?),
        hot(Load::Many, Runnable::Ingress, listed_v6(128)?),
        hot(Load::Many, Runnable::Ingress, listed_v6(64)?),
    ];
    let varied = [
        (Sources::Unlisted, Family::V4),
        (Sources::Listed, Family::V4),
        (Sources::OneInTen, Family::V4),
        (Sources::ListedV6, Family::V6),
    ];
    for (sources, family) in varied {
        subjects.extend([Load::One, Load::Many].map(|load| Subject {
            sources: Some(sources),
            ..hot(load, Runnable::Pick, stranger(family))
        }));
    }
    Ok(subjects)
}

/// Where [`subjects`] has what.
mod place {
    pub const EMPTY: usize = 0;
    pub const UNLISTED: [usize; 2] = [1, 2];
    pub const DROPS: [usize; 4] = [3, 4, 5, 6];
    pub const COLD_UNLISTED: [usize; 2] = [7, 8];
    pub const COLD_LISTED: [usize; 2] = [9, 10];
    pub const COLD_MIXED: [usize; 2] = [11, 12];
    pub const COLD_V6: [usize; 2] = [13, 14];
}

/// Sees that listed sources are dropped because they are listed.
fn prove(rig: &mut Rig, subjects: &[Subject]) -> Result<()> {
    for at in place::DROPS {
        let before = rig.counters()?;
        rig.run_program(subjects[at].program, &subjects[at].frame)?;
        let after = rig.counters()?;
        let mut moved = after.iter().filter(|cell| !before.contains(cell));
        let by_list = moved.any(|(slot, _)| slot.reason == Reason::List);
        ensure!(by_list, "the kernel does not drop what is on a list");
    }
    Ok(())
}

fn figures(samples: &[Samples]) -> Vec<Figure> {
    let ns = |at: usize| samples[at].summary().median;
    let times = |own: usize, of: usize| samples[own].ratio_to(&samples[of]).summary().median;
    let more = |[one, many]: [usize; 2]| ns(many) - ns(one);
    let figure = |what: &str, measured, unit, target| Figure {
        what: what.to_owned(),
        measured,
        unit,
        target,
    };
    let drop = |what: &str, at, target| {
        let what = format!("{what}, dropped, against an empty program");
        figure(&what, times(at, place::EMPTY), "times", Some(target))
    };
    let [one, many] = place::UNLISTED;
    vec![
        figure(
            "IPv4, one unlisted source: 1,000,000 entries against 1",
            times(many, one),
            "times",
            Some(1.2),
        ),
        drop("IPv4, a listed address", place::DROPS[0], 2.5),
        drop("IPv4, an address of a listed /24", place::DROPS[1], 2.5),
        drop("IPv6, a listed address", place::DROPS[2], 3.5),
        drop("IPv6, an address of a listed /64", place::DROPS[3], 3.5),
        figure(
            "IPv4, 65,536 unlisted sources: 1,000,000 entries over 1",
            more(place::COLD_UNLISTED),
            "ns",
            Some(20.0),
        ),
        figure(
            "IPv4, 65,536 listed sources: 1,000,000 entries over 1",
            more(place::COLD_LISTED),
            "ns",
            Some(120.0),
        ),
        figure(
            "IPv4, 65,536 sources, one in ten listed: 1,000,000 entries over 1",
            more(place::COLD_MIXED),
            "ns",
            None,
        ),
        figure(
            "IPv6, 65,536 listed sources: 200,000 entries over 1",
            more(place::COLD_V6),
            "ns",
            Some(TRIE_V6 / 3.0),
        ),
    ]
}

// SPDX-License-Identifier: MIT
//! Whoever comes without being asked: scanners, floods, and errors about other people's packets.

use super::wire::{Ends, Seen, Who, invented, local, peer, seen};
use super::{LOCALS, PEERS};
use crate::random::Random;
use aegis_abi::flow::half;
use aegis_abi::{Family, Link, Source};
use aegis_core::tuple::{source_tag, tag};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A single SYN, a stealthy segment, or a datagram to one port after the other.
const PROBES: [u16; 8] = [0x02, 0x02, 0x02, 0x01, 0x00, 0x29, 0x10, 0x12];
const AMPLIFIERS: [u16; 5] = [53, 123, 1_900, 11_211, 389];

fn ends(link: Link, family: Family, random: &mut Random) -> Ends {
    Ends {
        link,
        peer: peer(random.below(PEERS), family),
        local: local(random.below(LOCALS), family),
        peer_port: 40_000 + random.below(200) as u16,
        local_port: random.one_of(&[22, 80, 443, 8_080, 50_000]),
    }
}

/// One source, many ports. Some are open, and this side refuses the others.
pub fn scan(link: Link, family: Family, random: &mut Random) -> Vec<Seen> {
    let from = ends(link, family, random);
    let ports = random.one_of(&[20, 52, 60, 120]);
    let first = 1 + random.below(40_000) as u16;
    let (flags, datagrams) = (random.one_of(&PROBES), random.chance(25));
    let mut all = Vec::new();
    for port in first..first + ports {
        let to = Ends {
            local_port: port,
            ..from
        };
        if datagrams {
            all.push(to.datagram(Who::Peer, 8));
            continue;
        }
        let number = random.word() as u32;
        all.push(to.segment(Who::Peer, flags, (number, 0), 0));
        match random.below(8) {
            0..3 => {
                all.push(to.segment(Who::Local, 0x14, (0, number.wrapping_add(1)), 0));
            }
            3 => open(&to, number, &mut all),
            _ => {}
        }
    }
    all
}

/// An open port: its connection becomes a proven one, which pardons.
fn open(to: &Ends, number: u32, all: &mut Vec<Seen>) {
    let next = number.wrapping_add(1);
    all.push(to.segment(Who::Local, 0x12, (7, next), 0));
    all.push(to.segment(Who::Peer, 0x10, (next, 8), 0));
}

/// More of the same than anybody needs, from one source or from sources that are made up.
pub fn flood(link: Link, family: Family, random: &mut Random) -> Vec<Seen> {
    let from = ends(link, family, random);
    let (forged, kind) = (random.chance(50), random.below(4));
    let packets = random.one_of(&[30, 100, 200]);
    (0..packets)
        .map(|_| {
            let mut one = from;
            if forged {
                one.peer = invented(random.word(), family);
            }
            one.peer_port = 1_024 + random.below(60_000) as u16;
            match kind {
                0 => one.segment(Who::Peer, 0x02, (random.word() as u32, 0), 0),
                1 => one.datagram(Who::Peer, 30),
                2 => one.echo(Who::Peer, true, 1),
                _ => one.segment(Who::Peer, 0x10, (1, 1), 0),
            }
        })
        .collect()
}

/// Strangers, or whom this side calls, that share a line of a table: one of them must give way.
pub fn crowd((link, seed): (Link, u32), family: Family, random: &mut Random) -> Vec<Seen> {
    const LINE: u64 = 77;
    let mut one = ends(link, family, random);
    let who = random.one_of(&[Who::Peer, Who::Peer, Who::Local]);
    let (protocol, sources) = (random.one_of(&[6, 17]), random.chance(40));
    let mut all = Vec::new();
    while all.len() < 7 {
        one.peer = invented(random.word(), family);
        let tuple = one.tuple(protocol);
        let line = match sources {
            true => source_tag(&tuple, seed) & u64::from(Source::LINES - 1),
            false => tag(&tuple, seed) & u64::from(half::LINES - 1),
        };
        if line == LINE {
            all.push(match protocol {
                6 => one.segment(who, 0x02, (random.word() as u32, 0), 0),
                _ => one.datagram(who, 20),
            });
        }
    }
    all
}

/// Answers of amplifiers that nobody asked, to a host whose address was forged.
pub fn amplified(link: Link, family: Family, random: &mut Random) -> Vec<Seen> {
    let mut from = ends(link, family, random);
    (0..1 + random.below(6))
        .map(|_| {
            from.peer_port = random.one_of(&AMPLIFIERS);
            from.local_port = random.one_of(&[80, 1_023, 1_024, 33_000, from.peer_port]);
            from.datagram(Who::Peer, 900)
        })
        .collect()
}

/// A question to a group, answered by whoever cares to, and by one who was not asked.
pub fn group(link: Link, family: Family, random: &mut Random) -> Vec<Seen> {
    let mut between = ends(link, family, random);
    between.peer = match family {
        Family::V6 => Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 12).into(),
        _ => random
            .one_of(&[Ipv4Addr::new(239, 255, 255, 250), Ipv4Addr::BROADCAST])
            .into(),
    };
    between.peer_port = 1_900;
    let who = random.one_of(&[Who::Local, Who::Local, Who::Peer]);
    let mut all = vec![between.datagram(who, 90)];
    for _ in 0..1 + random.below(4) {
        between.peer = peer(random.below(PEERS), family);
        if random.chance(20) {
            between.local_port = 50_001;
        }
        all.push(between.datagram(Who::Peer, 300));
    }
    all
}

/// An ICMP error that quotes what one side has sent; at times mangled, or cut short.
pub fn error(quoted: &[u8], random: &mut Random) -> Option<Quoting> {
    let mut quoted = quoted.to_vec();
    match random.below(12) {
        0 => quoted.truncate(random.below(quoted.len() + 1)),
        1 => {
            let at = random.below(quoted.len().clamp(1, 60));
            *quoted.get_mut(at)? = random.word() as u8;
        }
        2..5 => quoted.truncate(28),
        _ => {}
    }
    let family = match quoted.first()? >> 4 {
        6 => Family::V6,
        _ => Family::V4,
    };
    let (kind, code) = match family {
        Family::V6 => random.one_of(&[(1, 4), (1, 0), (2, 0), (3, 0), (4, 1), (100, 0)]),
        _ => random.one_of(&[(3, 3), (3, 4), (3, 1), (4, 0), (5, 1), (11, 0), (12, 0)]),
    };
    Some(Quoting {
        family,
        kind,
        code,
        quoted,
    })
}

/// An error to be.
#[derive(Clone, Debug)]
pub struct Quoting {
    family: Family,
    kind: u8,
    code: u8,
    quoted: Vec<u8>,
}

impl Quoting {
    /// The error, from a router or a peer, or from this side.
    pub fn told(&self, link: Link, random: &mut Random) -> Seen {
        let mut between = ends(link, self.family, random);
        if random.chance(50) {
            between.peer = invented(random.word() & 3, self.family);
        }
        let who = random.one_of(&[Who::Peer, Who::Peer, Who::Peer, Who::Local]);
        let frame = between.from(who);
        seen(who, &frame.icmp_error(self.kind, self.code, &self.quoted))
    }
}

// SPDX-License-Identifier: MIT
//! Conversations: many connections at a time between peers and this side, in an order that a seed
//! decides, among strangers who scan, flood and forge, and frames that are merely odd.

mod datagram;
mod graph;
mod stranger;
mod tcp;
mod wire;

pub use graph::follows;
pub use wire::{Ends, Lapse, Seen, Who, local, peer, widened};

use crate::random::Random;
use crate::traffic::Traffic;
use aegis_abi::{Family, Link};
use datagram::{Exchange, Form};
use std::collections::VecDeque;
use tcp::Tcp;

/// Peers of each family that have conversations.
pub const PEERS: usize = 14;
/// Addresses of this side, of each family.
pub const LOCALS: usize = 3;
/// Conversations that go on at the same time.
const AT_ONCE: usize = 40;
/// Packets that errors may be about.
const REMEMBERED: usize = 64;
const LONGEST_PAYLOAD: usize = 200;

const PEER_PORTS: [u16; 7] = [40_001, 40_002, 40_003, 51_000, 51_001, 443, 53];
const LOCAL_PORTS: [u16; 5] = [22, 80, 443, 50_000, 50_001];

#[derive(Clone, Debug)]
enum Talk {
    Tcp(Tcp),
    Exchange(Exchange),
}

impl Talk {
    fn next(&mut self, random: &mut Random) -> Option<Seen> {
        match self {
            Self::Tcp(tcp) => tcp.next(random),
            Self::Exchange(exchange) => exchange.next(random),
        }
    }

    fn is_over(&self) -> bool {
        match self {
            Self::Tcp(tcp) => tcp.is_over(),
            Self::Exchange(exchange) => exchange.is_over(),
        }
    }
}

/// Everything that is seen at an interface, one frame after the other.
#[derive(Clone, Debug)]
pub struct Conversations {
    random: Random,
    link: Link,
    secret: u32,
    talks: Vec<Talk>,
    strangers: VecDeque<Seen>,
    sent: VecDeque<Vec<u8>>,
    odd: Traffic,
}

impl Conversations {
    /// Those of a seed. `secret` is the seed of the tables, known to strangers who can guess.
    #[must_use]
    pub fn new(seed: u64, link: Link, secret: u32) -> Self {
        Self {
            random: Random::new(seed),
            link,
            secret,
            talks: Vec::new(),
            strangers: VecDeque::new(),
            sent: VecDeque::new(),
            odd: Traffic::new(seed, link, LONGEST_PAYLOAD),
        }
    }

    /// The next frame.
    pub fn next_seen(&mut self) -> Seen {
        loop {
            let seen = match self.random.below(400) {
                0..40 => Some(self.odd()),
                40..52 => self.error(),
                52..64 => self.visit(),
                64..200 if !self.strangers.is_empty() => self.strangers.pop_front(),
                _ => self.talk(),
            };
            if let Some(mut seen) = seen {
                self.remember(&seen);
                let front = self.strangers.front();
                let hurries = front.is_some_and(|stranger| stranger.lapse == Lapse::Nothing);
                if hurries && seen.lapse == Lapse::Usual {
                    seen.lapse = Lapse::Nothing;
                }
                if self.random.below(150) == 0 {
                    seen.lapse = Lapse::Timeout;
                }
                return seen;
            }
        }
    }

    /// A frame that has nothing to do with any of them.
    fn odd(&mut self) -> Seen {
        let who = self.random.one_of(&[Who::Peer, Who::Local]);
        Seen {
            hook: who.hook(),
            frame: self.odd.frame(),
            segments: 1,
            lapse: Lapse::Usual,
        }
    }

    fn talk(&mut self) -> Option<Seen> {
        let at = self.random.below(AT_ONCE);
        if at >= self.talks.len() {
            let talk = self.begin();
            self.talks.push(talk);
            return None;
        }
        let over = self.talks[at].is_over();
        if self.random.chance(if over { 25 } else { 1 }) {
            self.talks[at] = self.begin();
        }
        self.talks[at].next(&mut self.random)
    }

    fn begin(&mut self) -> Talk {
        let opener = self.random.one_of(&[Who::Peer, Who::Local]);
        let mut ends = self.ends();
        match self.random.below(20) {
            0..11 => Talk::Tcp(Tcp::new(ends, opener)),
            11 | 12 => Talk::Tcp(Tcp::midway(ends, opener, &mut self.random)),
            form => {
                let form = match form {
                    13..17 => Form::Udp,
                    17 => Form::Sctp,
                    _ => Form::Echo,
                };
                if form == Form::Echo {
                    ends.local_port = ends.peer_port;
                }
                Talk::Exchange(Exchange::new(ends, form, opener, &mut self.random))
            }
        }
    }

    fn ends(&mut self) -> Ends {
        let random = &mut self.random;
        let family = random.one_of(&[Family::V4, Family::V6]);
        Ends {
            link: self.link,
            peer: peer(random.below(PEERS), family),
            local: local(random.below(LOCALS), family),
            peer_port: random.one_of(&PEER_PORTS),
            local_port: random.one_of(&LOCAL_PORTS),
        }
    }

    /// A stranger begins something, unless one still is at it.
    fn visit(&mut self) -> Option<Seen> {
        if !self.strangers.is_empty() {
            return None;
        }
        let family = self.random.one_of(&[Family::V4, Family::V6]);
        let all = match self.random.below(14) {
            0..4 => stranger::scan(self.link, family, &mut self.random),
            4..8 => stranger::flood(self.link, family, &mut self.random),
            8 | 9 => stranger::crowd((self.link, self.secret), family, &mut self.random),
            10 | 11 => stranger::group(self.link, family, &mut self.random),
            _ => stranger::amplified(self.link, family, &mut self.random),
        };
        let lapse = match self.random.chance(75) {
            true => Lapse::Nothing,
            false => Lapse::Usual,
        };
        let all = all.into_iter().map(|seen| Seen { lapse, ..seen });
        self.strangers.extend(all);
        None
    }

    fn error(&mut self) -> Option<Seen> {
        let at = self.random.below(REMEMBERED);
        let quoted = stranger::error(self.sent.get(at)?, &mut self.random)?;
        Some(quoted.told(self.link, &mut self.random))
    }

    /// Most errors are about what departed.
    fn remember(&mut self, seen: &Seen) {
        if seen.hook.is_ingress() && !self.random.chance(10) {
            return;
        }
        let header = match self.link {
            Link::Ethernet => 14,
            Link::RawIp => 0,
        };
        if let Some(packet) = seen.frame.get(header..) {
            self.sent.push_front(packet.to_vec());
            self.sent.truncate(REMEMBERED);
        }
    }
}

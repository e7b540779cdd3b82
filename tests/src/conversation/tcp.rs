// SPDX-License-Identifier: MIT
//! Two TCP ends, more or less as RFC 9293 wants them, with a network between them that loses,
//! repeats and forges.

use super::wire::{Ends, Seen, Who};
use crate::random::Random;

const FIN: u16 = 1;
const SYN: u16 = 2;
const RST: u16 = 4;
const PSH: u16 = 8;
const ACK: u16 = 16;

/// Distances that matter to whoever guesses numbers.
const DISTANCES: [u32; 12] = [
    1,
    2,
    100,
    1_460,
    (1 << 20) - 1,
    1 << 20,
    (1 << 20) + 1,
    (1 << 30) - 1,
    1 << 30,
    1 << 31,
    u32::MAX,
    u32::MAX - 1_459,
];

/// What one end knows.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    next: u32,
    received: u32,
    finished: bool,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Closed,
    Asked,
    Crossed,
    Answered,
    Open,
    Closing,
    Over,
}

/// A connection.
#[derive(Clone, Debug)]
pub struct Tcp {
    /// Between whom.
    pub ends: Ends,
    opener: Who,
    stage: Stage,
    peer: End,
    local: End,
    last: Option<Seen>,
}

impl Tcp {
    /// One that `opener` will ask for.
    #[must_use]
    pub fn new(ends: Ends, opener: Who) -> Self {
        Self {
            ends,
            opener,
            stage: Stage::Closed,
            peer: End::default(),
            local: End::default(),
            last: None,
        }
    }

    /// One in its middle, of which nobody has seen the beginning.
    #[must_use]
    pub fn midway(ends: Ends, opener: Who, random: &mut Random) -> Self {
        let mut tcp = Self::new(ends, opener);
        tcp.begin(random);
        (tcp.peer.received, tcp.local.received) = (tcp.local.next, tcp.peer.next);
        tcp.stage = Stage::Open;
        tcp
    }

    /// Whether it may be forgotten.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// What is seen next.
    pub fn next(&mut self, random: &mut Random) -> Option<Seen> {
        let seen = match random.below(100) {
            0..5 => return Some(self.forged(random)),
            5..9 => return self.last.clone(),
            9..12 if self.stage != Stage::Closed => return Some(self.probe(random)),
            12 | 13 if self.stage != Stage::Closed => self.reset(random),
            _ => self.proceed(random),
        };
        if let Some(seen) = &seen {
            self.last = Some(seen.clone());
        }
        seen
    }

    fn proceed(&mut self, random: &mut Random) -> Option<Seen> {
        match self.stage {
            Stage::Closed => self.ask(random),
            Stage::Asked => self.answer(random),
            Stage::Crossed => self.cross(random),
            Stage::Answered => self.confirm(random),
            Stage::Open => self.talk(random),
            Stage::Closing => self.close(random),
            Stage::Over => self.afterwards(random),
        }
    }

    fn end(&mut self, who: Who) -> &mut End {
        match who {
            Who::Peer => &mut self.peer,
            Who::Local => &mut self.local,
        }
    }

    /// Numbers that soon wrap, or any.
    fn begin(&mut self, random: &mut Random) {
        for who in [Who::Peer, Who::Local] {
            let soon = 0_u32.wrapping_sub(random.below(3_000) as u32);
            let next = random.one_of(&[soon, random.clone().word() as u32]);
            *self.end(who) = End {
                next,
                ..End::default()
            };
        }
    }

    /// Sends something, which may go past unseen, or be seen and lost later.
    fn send(&mut self, who: Who, flags: u16, payload: usize, random: &mut Random) -> Option<Seen> {
        let End { next, received, .. } = *self.end(who);
        let ack = if flags & ACK == 0 { 0 } else { received };
        let mut seen = self.ends.segment(who, flags, (next, ack), payload);
        if who == Who::Local && payload > 100 {
            seen.segments = random.one_of(&[1, 1, 2, 17]);
        }
        let control = u32::from(flags & (SYN | FIN) != 0);
        let end = next.wrapping_add(payload as u32).wrapping_add(control);
        self.end(who).next = end;
        let (unseen, lost) = (random.chance(3), random.chance(4));
        if !lost {
            self.end(who.other()).received = end;
        }
        (!unseen).then_some(seen)
    }

    fn ask(&mut self, random: &mut Random) -> Option<Seen> {
        self.begin(random);
        self.stage = match random.chance(6) {
            true => Stage::Crossed,
            false => Stage::Asked,
        };
        // Fast open (RFC 7413) carries data.
        let payload = random.one_of(&[0, 0, 0, 0, 40]);
        self.send(self.opener, SYN, payload, random)
    }

    fn answer(&mut self, random: &mut Random) -> Option<Seen> {
        let answerer = self.opener.other();
        match random.below(20) {
            0 | 1 => Some(self.again()),
            2 => {
                self.stage = Stage::Over;
                let asked = self.end(self.opener).next;
                Some(self.ends.segment(answerer, RST | ACK, (0, asked), 0))
            }
            3 => {
                self.stage = Stage::Closed;
                None
            }
            _ => {
                self.stage = Stage::Answered;
                let next = self.end(self.opener).next;
                let refused = random.one_of(&[0, 0, 0, 40]);
                self.end(answerer).received = next.wrapping_sub(refused);
                self.send(answerer, SYN | ACK, 0, random)
            }
        }
    }

    /// The same SYN again.
    fn again(&mut self) -> Seen {
        let first = self.end(self.opener).next.wrapping_sub(1);
        self.ends.segment(self.opener, SYN, (first, 0), 0)
    }

    /// Both have asked: a simultaneous open.
    fn cross(&mut self, random: &mut Random) -> Option<Seen> {
        let other = self.opener.other();
        if self
            .last
            .as_ref()
            .is_some_and(|last| last.hook == self.opener.hook())
        {
            return self.send(other, SYN, 0, random);
        }
        self.stage = Stage::Open;
        self.end(self.opener).received = self.end(other).next;
        let (sent, got) = (self.end(self.opener).next, self.end(other).next);
        let first = sent.wrapping_sub(1);
        Some(self.ends.segment(self.opener, SYN | ACK, (first, got), 0))
    }

    fn confirm(&mut self, random: &mut Random) -> Option<Seen> {
        let answerer = self.opener.other();
        match random.below(20) {
            0 => Some(self.again()),
            2 | 3 => Some(self.forged(random)),
            1 => {
                let (sent, got) = (self.end(answerer).next, self.end(self.opener).next);
                let first = sent.wrapping_sub(1);
                Some(self.ends.segment(answerer, SYN | ACK, (first, got), 0))
            }
            _ => {
                self.stage = Stage::Open;
                self.end(self.opener).received = self.end(answerer).next;
                let (flags, payload) =
                    random.one_of(&[(ACK, 0), (ACK, 0), (PSH | ACK, 90), (FIN | ACK, 0)]);
                if flags & FIN != 0 {
                    self.finish(self.opener);
                }
                self.send(self.opener, flags, payload, random)
            }
        }
    }

    fn finish(&mut self, who: Who) {
        self.end(who).finished = true;
        self.stage = Stage::Closing;
    }

    fn talk(&mut self, random: &mut Random) -> Option<Seen> {
        let who = random.one_of(&[Who::Peer, Who::Local]);
        match random.below(20) {
            0 => {
                self.finish(who);
                self.send(who, FIN | ACK, random.one_of(&[0, 0, 10]), random)
            }
            1..8 => self.send(who, ACK, 0, random),
            // A gap: so much went past unseen.
            8 if random.chance(30) => {
                let skipped = self.end(who).next.wrapping_add(random.one_of(&DISTANCES));
                self.end(who).next = skipped;
                self.send(who, ACK, 10, random)
            }
            _ => self.send(who, PSH | ACK, random.one_of(&[1, 50, 1_400]), random),
        }
    }

    fn close(&mut self, random: &mut Random) -> Option<Seen> {
        let who = random.one_of(&[Who::Peer, Who::Local]);
        let done = self.peer.finished && self.local.finished;
        match random.below(10) {
            0..3 if !self.end(who).finished => {
                self.finish(who);
                self.send(who, FIN | ACK, 0, random)
            }
            3..5 if !self.end(who).finished => self.send(who, ACK | PSH, 30, random),
            5 if done => {
                self.stage = Stage::Over;
                self.send(who, ACK, 0, random)
            }
            _ => self.send(who, ACK, 0, random),
        }
    }

    /// What comes late, or another connection of the same ports.
    fn afterwards(&mut self, random: &mut Random) -> Option<Seen> {
        match random.below(4) {
            0 => {
                self.stage = Stage::Closed;
                self.ask(random)
            }
            1 => self.send(Who::Local, RST, 0, random),
            _ => {
                let who = random.one_of(&[Who::Peer, Who::Local]);
                let (flags, payload) = random.one_of(&[(ACK, 0), (PSH | ACK, 20), (FIN | ACK, 0)]);
                self.send(who, flags, payload, random)
            }
        }
    }

    /// A keep-alive, or a probe of a closed window (RFC 9293 sections 3.8.4 and 3.8.6.1).
    fn probe(&mut self, random: &mut Random) -> Seen {
        let who = random.one_of(&[Who::Peer, Who::Local]);
        let End { next, received, .. } = *self.end(who);
        let (back, payload) = random.one_of(&[(1, 0), (1, 1), (0, 1)]);
        self.ends
            .segment(who, ACK, (next.wrapping_sub(back), received), payload)
    }

    /// A reset that must be believed.
    fn reset(&mut self, random: &mut Random) -> Option<Seen> {
        if random.chance(50) {
            return None;
        }
        self.stage = Stage::Over;
        let who = random.one_of(&[Who::Peer, Who::Local]);
        self.send(who, random.one_of(&[RST, RST | ACK]), 0, random)
    }

    /// Somebody who guesses ports and address, and more or less of the numbers.
    fn forged(&mut self, random: &mut Random) -> Seen {
        let who = random.one_of(&[Who::Peer, Who::Peer, Who::Local]);
        let End { next, received, .. } = *self.end(who);
        let mut off = |number: u32| match random.below(4) {
            0 => number,
            1 => random.word() as u32,
            _ => number.wrapping_add(random.one_of(&DISTANCES)),
        };
        let numbers = (off(next), off(received));
        let flags = [RST, RST | ACK, FIN | ACK, ACK, PSH | ACK, SYN, SYN | ACK];
        let flags = random.one_of(&flags);
        self.ends
            .segment(who, flags, numbers, random.one_of(&[0, 0, 9]))
    }
}

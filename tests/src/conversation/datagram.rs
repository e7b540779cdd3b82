// SPDX-License-Identifier: MIT
//! Questions and answers without a handshake.

use super::wire::{Ends, Seen, Who};
use crate::random::Random;

/// What is exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
    /// ICMP echoes.
    Echo,
}

/// An exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Between whom.
    pub ends: Ends,
    form: Form,
    asker: Who,
    asked: u16,
    patience: u16,
}

impl Exchange {
    /// One that `asker` begins. Some are one question, some go on.
    #[must_use]
    pub fn new(ends: Ends, form: Form, asker: Who, random: &mut Random) -> Self {
        Self {
            ends,
            form,
            asker,
            asked: 0,
            patience: random.one_of(&[1, 3, 8, 20, 60]),
        }
    }

    /// Whether it may be forgotten.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.asked > self.patience
    }

    /// What is seen next.
    pub fn next(&mut self, random: &mut Random) -> Option<Seen> {
        let answers = self.asked > 0 && random.chance(45);
        if !answers {
            self.asked += 1;
        }
        let who = match answers {
            true => self.asker.other(),
            false => self.asker,
        };
        // An answer that nobody asked for, now and then.
        let who = if random.chance(3) { who.other() } else { who };
        Some(match self.form {
            Form::Udp => self.ends.datagram(who, random.one_of(&[0, 40, 1_200])),
            Form::Sctp => self.ends.chunk(who),
            Form::Echo => self.ends.echo(who, !answers, self.asked),
        })
    }
}

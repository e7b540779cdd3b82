// SPDX-License-Identifier: MIT
//! What became of a packet, why, and by which rule.

use aegis_abi::{Action, Reason};

/// The outcome of judging one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What happens to it.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The rule that decided; 0 where none did.
    pub rule: u32,
}

impl Verdict {
    /// No opinion, in a form of which every byte is defined: an `Option` that is kept in memory
    /// has a payload that the verifier will not read where it is `None`.
    pub const UNDECIDED: Self = Self::pass(Reason::Default);

    /// The opinion, where there is one.
    #[inline(always)]
    pub fn decided(self) -> Option<Self> {
        (self.reason as u8 != Reason::Default as u8).then_some(self)
    }

    /// Lets the packet go on.
    #[inline(always)]
    pub const fn pass(reason: Reason) -> Self {
        Self {
            action: Action::Pass,
            reason,
            rule: 0,
        }
    }

    /// Has the packet answered in the host's name.
    #[inline(always)]
    pub const fn answer(reason: Reason) -> Self {
        Self {
            action: Action::Answer,
            reason,
            rule: 0,
        }
    }

    /// Ends the packet.
    #[inline(always)]
    pub const fn drop(reason: Reason) -> Self {
        Self {
            action: Action::Drop,
            reason,
            rule: 0,
        }
    }

    /// Names the rule that decided.
    #[inline(always)]
    pub const fn by(self, rule: u32) -> Self {
        Self { rule, ..self }
    }
}

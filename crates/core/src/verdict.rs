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
    /// Lets the packet go on.
    #[inline(always)]
    pub const fn pass(reason: Reason) -> Self {
        Self {
            action: Action::Pass,
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

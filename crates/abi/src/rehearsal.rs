// SPDX-License-Identifier: MIT
//! What became of a frame that no interface received.

use crate::{Action, Reason, UnknownCode};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The verdict on a frame that user space had a loaded program judge (`BPF_PROG_TEST_RUN`). Such a
/// frame is judged like any other; its verdict is left here instead of being counted and told.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Rehearsal {
    /// The rule of the verdict, 0 where there is none.
    pub rule: u32,
    /// Code of the [`Reason`].
    pub reason: u8,
    /// Code of the [`Action`].
    pub action: u8,
    /// Not 0 once there is a verdict.
    pub judged: u8,
    /// Always zero.
    pub reserved: u8,
}

const _: () = assert!(size_of::<Rehearsal>() == 8);

impl Rehearsal {
    /// Index of the interface that the kernel says frames of `BPF_PROG_TEST_RUN` arrive at: the
    /// loopback of every network namespace (`LOOPBACK_IFINDEX`). A program that guards none meets
    /// no packet there.
    pub const INTERFACE: u32 = 1;

    /// A verdict.
    #[inline(always)]
    pub const fn of(action: Action, reason: Reason, rule: u32) -> Self {
        Self {
            rule,
            reason: reason.code(),
            action: action.code(),
            judged: 1,
            reserved: 0,
        }
    }

    /// What was decided, and why; `None` where nothing judged the frame.
    ///
    /// # Errors
    /// [`UnknownCode`].
    pub fn verdict(self) -> Result<Option<(Action, Reason)>, UnknownCode> {
        if self.judged == 0 {
            return Ok(None);
        }
        let (action, reason) = (self.action.try_into()?, self.reason.try_into()?);
        Ok(Some((action, reason)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_read_as_it_was_noted_and_none_is_none() {
        let noted = Rehearsal::of(Action::Drop, Reason::Land, 7);
        assert_eq!(noted.verdict(), Ok(Some((Action::Drop, Reason::Land))));
        assert_eq!(Rehearsal::default().verdict(), Ok(None));
        let unknown = Rehearsal {
            reason: 127,
            ..noted
        };
        assert!(unknown.verdict().is_err());
    }
}

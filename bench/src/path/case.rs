// SPDX-License-Identifier: MIT
//! One packet that is measured, and what has to become of it.

use crate::policies::Peer;
use aegis_abi::{Family, Hook};
use aegis_core::verdict::Verdict;
use aegis_engine::rig::Runnable;

/// Tables with little in them, or with a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    Plain,
    Heavy,
}

/// A packet, the program that judges it, and what that is compared with.
pub(super) struct Case {
    pub(super) what: String,
    pub(super) load: Load,
    pub(super) program: Runnable,
    pub(super) frame: Vec<u8>,
    /// Packets that come before: they make what the case supposes to be known.
    pub(super) history: Vec<(Hook, Vec<u8>)>,
    /// `None` where the program does not judge.
    pub(super) verdict: Option<Verdict>,
    /// The case that this one is compared with, by what it is called.
    pub(super) against: String,
    pub(super) target: Option<f64>,
}

/// What most cases are compared with.
pub(super) const EMPTY: &str = "empty XDP program";
/// The same at the other hook.
pub(super) const EMPTY_TC: &str = "empty TC program";

impl Case {
    /// Judged on arrival, next to an empty program.
    pub(super) fn new(what: impl Into<String>, frame: Vec<u8>, verdict: Verdict) -> Self {
        Self {
            what: what.into(),
            load: Load::Plain,
            program: Runnable::Ingress,
            frame,
            history: Vec::new(),
            verdict: Some(verdict),
            against: EMPTY.to_owned(),
            target: None,
        }
    }

    /// A program that judges nothing.
    pub(super) fn idle(what: &str, frame: Vec<u8>, program: Runnable) -> Self {
        Self {
            program,
            verdict: None,
            ..Self::new(what, frame, Verdict::UNDECIDED)
        }
    }

    pub(super) fn departing(self) -> Self {
        Self {
            program: Runnable::Egress,
            ..self.against(EMPTY_TC)
        }
    }

    /// From another source each time.
    pub(super) fn varied(self) -> Self {
        Self {
            program: Runnable::Vary,
            ..self
        }
    }

    /// With many bans in the tables.
    pub(super) fn heavy(self) -> Self {
        Self {
            load: Load::Heavy,
            ..self
        }
    }

    pub(super) fn after(self, history: Vec<(Hook, Vec<u8>)>) -> Self {
        Self { history, ..self }
    }

    pub(super) fn against(self, other: &str) -> Self {
        Self {
            against: other.to_owned(),
            ..self
        }
    }

    pub(super) fn at_most(self, target: f64) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    /// The frame of the run after so many others: programs that change the source go on counting
    /// in the link address, so that no source comes twice.
    pub(super) fn frame_after(&self, runs: u32) -> Vec<u8> {
        const COUNT: std::ops::Range<usize> = 6..10;
        let mut frame = self.frame.clone();
        if matches!(self.program, Runnable::Vary | Runnable::VaryOnly) {
            frame[COUNT].copy_from_slice(&runs.to_ne_bytes());
        }
        frame
    }
}

/// Names of what there is in each family.
pub(super) fn name(family: Family) -> &'static str {
    if matches!(family, Family::V6) {
        "IPv6"
    } else {
        "IPv4"
    }
}

/// What is called established: the rows that the loaded ones are compared with.
pub(super) fn established(family: Family) -> String {
    format!("{} TCP established, passed", name(family))
}

/// The connection of a peer is known.
pub(super) fn known(peer: Peer, family: Family) -> Vec<(Hook, Vec<u8>)> {
    crate::frames::handshake(peer.address(family), crate::policies::guarded(family))
}

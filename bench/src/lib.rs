// SPDX-License-Identifier: MIT
//! What Aegis costs, measured: a packet in the kernel next to an empty program, a dropped packet on a
//! wire next to nftables, the verifier's work next to a committed budget, and what many commands leave
//! behind in a daemon.
//!
//! Everything is measured in interleaved rounds, so that whatever else the machine does meets every
//! subject alike, and judged by medians.

pub mod budget;
pub mod cli;
pub mod cpu;
pub mod endurance;
pub mod flood;
pub mod frames;
pub mod lists;
pub mod lives;
pub mod machine;
pub mod measure;
pub mod path;
pub mod policies;
pub mod report;
pub mod screen;
pub mod wire;

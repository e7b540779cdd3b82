// SPDX-License-Identifier: MIT
//! Bans that detectors make, by real scanners at many addresses: who is banned, for how long, and
//! who never is.

#[path = "autoban/causes.rs"]
mod causes;
#[path = "autoban/limits.rs"]
mod limits;
#[path = "autoban/scanned.rs"]
mod scanned;
#[path = "autoban/sentences.rs"]
mod sentences;
#[path = "autoban/spared.rs"]
mod spared;

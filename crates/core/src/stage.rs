// SPDX-License-Identifier: MIT
//! The stages of judgement, one a file. Each says what it decides, or `None` to let the next one.
//! Their order is in [`crate::judge`].

pub mod allowlist;
pub mod ban;
pub mod infrastructure;
pub mod known;
pub mod list;
pub mod malformed;
pub mod spoofed;
pub mod tcp_anomaly;

// SPDX-License-Identifier: MIT
//! Attaching to a busy host cuts nobody off: what stands when the daemon starts goes on, through
//! starts, stops and everything between, whoever is the first to speak then.

#[path = "takeover/busy.rs"]
mod busy;
#[path = "takeover/forwarded.rs"]
mod forwarded;
#[path = "takeover/idle.rs"]
mod idle;
#[path = "takeover/lives.rs"]
mod lives;
#[path = "takeover/talk.rs"]
mod talk;
#[path = "takeover/transfers.rs"]
mod transfers;

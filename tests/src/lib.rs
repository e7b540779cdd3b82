// SPDX-License-Identifier: MIT
//! What the tests of the whole share: random numbers that can be had again, frames made from them,
//! policy for those frames, and a guarded host to send frames to.

pub mod captures;
pub mod configuration;
pub mod conversation;
pub mod guarded;
pub mod pair;
pub mod published;
pub mod question;
pub mod random;
pub mod scenario;
pub mod sets;
pub mod stay;
pub mod told;
pub mod traffic;

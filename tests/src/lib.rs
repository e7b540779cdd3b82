// SPDX-License-Identifier: MIT
//! What the tests of the whole share: random numbers that can be had again, frames made from them,
//! and policy for those frames.

pub mod captures;
pub mod random;
pub mod scenario;
pub mod traffic;

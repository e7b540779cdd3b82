// SPDX-License-Identifier: MIT
//! Measures what Aegis costs.
fn main() {}

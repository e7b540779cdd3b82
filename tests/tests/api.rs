// SPDX-License-Identifier: MIT
//! The daemon's interface on its unix sockets: it is as described, bounded, and for whom it is meant.

#[path = "api/busy.rs"]
mod busy;
#[path = "api/described.rs"]
mod described;
#[path = "api/hostile.rs"]
mod hostile;
#[path = "api/process.rs"]
mod process;
#[path = "api/rights.rs"]
mod rights;

// SPDX-License-Identifier: MIT
//! What the operator means: bans, the allowlist and the protected set, compiled to kernel rows.
//!
//! Text becomes [`Target`]s, [`Part`]s and times; a [`Policy`] holds what was asked for, and what
//! [`Offence`]s came to, and answers every mutation with the rows to write, as [`Change`]s in an
//! order in which each is safe on its own. [`config`] is what a file, the environment and the command
//! line come to, [`saved`] how bans outlive a process. There is no I/O and no clock here: time is an argument.
#![forbid(unsafe_code)]

mod allow;
mod autoban;
mod book;
pub mod canary;
mod cause;
mod change;
mod compile;
pub mod config;
mod duration;
mod entry;
mod error;
pub mod geo;
mod ids;
mod offence;
mod offender;
mod order;
mod part;
mod policy;
mod protect;
mod remark;
mod request;
mod rows;
pub mod saved;
mod settle;
mod since;
mod target;
mod touched;

pub use autoban::{AutoBan, AutoBanned, Spared, Term};
pub use cause::{Cause, Origin};
pub use change::Change;
pub use duration::{Expiry, parse_duration};
pub use entry::{AllowEntry, BanEntry, RuleId};
pub use error::{ErrorKind, ParseError, PolicyError, Table};
pub use geo::{GeoPolicy, GeoRule, NoRegion, Region, RegionWord, RegionWords};
pub use offence::Offence;
pub use offender::{Charge, Offender, Strikes};
pub use part::{Part, Port, Protocol};
pub use policy::{Followed, Manner, Policy, Restored, Staged, Standing, Undo, Verdict};
pub use protect::{ProtectedSet, Role};
pub use remark::Remark;
pub use request::{Allowed, Applied, Block, Blocked, Ended, Force, Novelty, Unblocked, Which};
pub use rows::Capacity;
pub use settle::settle;
pub use since::Since;
pub use target::Target;

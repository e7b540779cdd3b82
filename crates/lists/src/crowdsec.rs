// SPDX-License-Identifier: MIT
//! CrowdSec: what a local API (LAPI) decides about addresses, countries and networks, and what it is
//! told of those that Aegis bans itself.
//!
//! Read it in the order that a decision takes: `client` asks for it → [`wire`] is how it is said →
//! [`decision`] is what it means → [`decisions`] holds what stands, and says what has changed →
//! [`saved`] is what outlives an outage and a restart. [`alert`] goes the other way. [`retry`] says
//! when to ask again. There is no clock here, nor chance: both are arguments.
//!
//! The interface is that of <https://crowdsecurity.github.io/api_doc/lapi/>, as CrowdSec 1.4 and later
//! serve it.

pub mod alert;
#[cfg(feature = "fetch")]
pub mod client;
pub mod decision;
pub mod decisions;
pub mod duration;
mod guard;
pub mod retry;
pub mod saved;
pub mod wire;

pub use alert::{Alert, Evidence};
#[cfg(feature = "fetch")]
pub use client::{Answer, Failure, Lapi, Machine, Question};
pub use decision::{Decision, Unusable, Words};
pub use decisions::{Change, Decisions, Sentence, Tally};
pub use retry::Retry;
pub use saved::Saved;
pub use subject::Subject;
pub use wire::{Selection, StreamAnswer};

mod subject;

// SPDX-License-Identifier: MIT
//! Lists of addresses: what they say, what of it is to be believed, and the sets they come to.
//!
//! Read it in the order that a list takes: `fetch` → [`entry`] (what every format is parsed to) →
//! `guard` → [`span`] → [`set`] → `image`. There is no kernel table here, and no clock: time is an
//! argument.
#![forbid(unsafe_code)]

pub mod entry;
pub mod set;
pub mod span;

pub use entry::{Entry, Refused};
pub use set::{ClassId, Classes, Label};
pub use span::{IpSpan, Span};

// SPDX-License-Identifier: MIT
//! Lists of addresses: what they say, what of it is to be believed, and the sets they come to.
//!
//! Read it in the order that a list takes: `fetch` → [`parse`] (every format, to [`entry`]) →
//! [`guard`] → [`span`] → [`set`] → [`image`]. [`geo`] tells where addresses are. There is no kernel table
//! here, and no clock, except in `fetch`, where others must not take too long: time is an argument.
#![forbid(unsafe_code)]

pub mod crowdsec;
pub mod entry;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod geo;
pub mod guard;
pub mod image;
pub mod parse;
pub mod refusals;
pub mod schedule;
pub mod set;
pub mod shadow;
#[cfg(feature = "fetch")]
pub mod signature;
pub mod span;
pub mod special;
#[cfg(feature = "fetch")]
pub mod store;
#[cfg(feature = "fetch")]
pub mod whole;

pub use entry::{Entry, Refused};
pub use image::{Image, ImageError};
pub use refusals::{Reason, Refusals};
pub use set::{ClassId, Classes, Label};
pub use span::{IpSpan, Span};

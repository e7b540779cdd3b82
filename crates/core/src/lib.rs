// SPDX-License-Identifier: MIT
//! The packet path: from bytes to a verdict, the same code in the kernel and on the host.
//!
//! Read it in the order a packet takes: [`frame`] → [`parse`] → [`packet`] → [`judge`] and the
//! `stage`s it names → [`verdict`] → [`account`]. [`inspect()`] is the whole of it. What belongs to
//! no known connection takes a second leg: [`pending`] → [`newcomer`].
//!
//! There is no clock, no allocation, no panic and no unsafe code here: time is an argument, bytes
//! come through [`frame::Frame`], state through [`tables::Tables`]. The kernel's implementations of
//! those two traits are in `ebpf/`, the host's in `model` (feature `model`).
#![cfg_attr(not(any(test, feature = "emit")), no_std)]
#![forbid(unsafe_code)]

pub mod account;
pub mod action;
pub mod address;
pub mod bucket;
pub mod conntrack;
pub mod cookie;
#[cfg(any(test, feature = "emit"))]
pub mod emit;
pub mod exact;
pub mod frame;
pub mod half_open;
pub mod inspect;
pub mod judge;
pub mod malformed;
#[cfg(any(test, feature = "model"))]
pub mod model;
pub mod newcomer;
pub mod packet;
pub mod parse;
pub mod pending;
pub mod set;
pub mod source;
pub mod stage;
pub mod tables;
pub mod tcp;
pub mod tuple;
pub mod verdict;
pub mod ways;

pub use inspect::{Leg, Site, consider, inspect, triage};

/// A point in time: nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

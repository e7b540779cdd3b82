// SPDX-License-Identifier: MIT
//! The terminal interface: what goes on at the host's interfaces, and what is done about it.
//!
//! It is a client of the daemon and no more. One way through it: what is typed, what the daemon
//! answers and the time are `Message`s; `update` is the one place that changes the
//! `Model`, and returns `Effect`s, which `run` has carried out; `view`
//! draws a model and changes nothing. `keys` is the one table of keys: help and footer are made from it.
//! `terminal` is the one place that touches the terminal, and leaves it as it was however it ends.
#![forbid(unsafe_code)]

mod command;
#[cfg(test)]
mod fixture;
mod keys;
mod link;
mod message;
mod model;
mod run;
mod terminal;
mod theme;
mod update;
mod view;

pub use command::{Does, Meaning, Reader};
pub use message::Change;
pub use run::{Completion, Ended, Session, TuiError, run};
pub use theme::{Palette, Symbols};

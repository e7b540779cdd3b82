// SPDX-License-Identifier: MIT
//! Configuration: what the operator set, where, and what that comes to.
//!
//! [`KEYS`] is the one table of keys. The sample file, `docs/config.md`, validation, the names of
//! environment variables, `config show` and the suggestions for misspelt keys come from it, and the
//! defaults in it come from [`Config::default`], which has them from the kernel interface and from
//! [`AutoBan`](crate::AutoBan). A [`File`] is read whole or not at all; [`Effective::merge`] is the
//! one function that decides between options, environment, file and defaults. There is no I/O here.

mod api;
mod change;
mod choice;
mod crowdsec;
mod document;
mod edit;
mod effective;
mod feeds;
mod file;
mod form;
mod geo;
mod given;
mod key;
mod keys;
mod kind;
mod logging;
mod mistake;
mod nearest;
mod place;
mod plan;
mod sample;
mod sections;
mod shown;
mod source;
mod text;
mod value;

pub use change::Changed;
pub use choice::{Choice, Confine, Fragments, Level, Missing, Mode, OnStop, Tc};
pub use crowdsec::{CrowdSec, OtherDecisions};
pub use edit::{AllowEdit, EditError, Edited, edit_allowlist};
pub use effective::{Effective, Layers, Origin, Row};
pub use feeds::Feeds;
pub use file::File;
pub use form::Form;
pub use geo::{Geo, Unknown};
pub use given::Given;
pub use key::{Effect, Key};
pub use keys::KEYS;
pub use kind::Kind;
pub use logging::{EventFormat, EventTarget, INSTANCE, LogTarget, Logging};
pub use mistake::{Mistake, Mistakes};
pub use place::Place;
pub use plan::{Allowance, Attach, Canary, Config, Lifetimes, PortScan, Rates, Sockets};
pub use sample::{reference, sample};
pub use sections::{SECTIONS, Section};
pub use source::{Direction, FIELDS, Field, ListAction, ListFormat, Source};
pub use value::Value;

// SPDX-License-Identifier: MIT
//! The daemon: sole owner of the engine and of what is banned and allowed.
//!
//! One task (`owner`) owns all state and obeys the commands of `command` one after the other; the server
//! turns requests on the two unix sockets into commands. Start: lock, sockets, policy, engine. Stop: no
//! new connections, last answers, programs detached or kept, sockets and lock removed.
#![forbid(unsafe_code)]

mod admin;
mod adopt;
mod aside;
mod attack;
mod audit;
mod ban;
mod command;
mod configuration;
mod confine;
mod courier;
mod crowd;
pub mod doctor;
mod door;
mod ending;
mod error;
mod event;
mod flow;
pub mod geo;
mod group;
mod history;
mod host;
mod limits;
mod lists;
mod lock;
mod logging;
mod modules;
mod motion;
mod options;
mod owner;
mod parting;
mod peer;
mod pin_folder;
mod places;
mod policy;
mod pulse;
mod quota;
mod routes;
mod run;
mod samples;
mod server;
mod service;
mod signals;
mod socket;
mod stats;
mod status;
mod store;
mod successor;
mod trend;
mod until;
mod witness;
mod word;

pub use aegis_engine::probe::features as kernel_features;
pub use aegis_engine::{EngineError, Standing, StandingLink, remove_filters};
pub use configuration::{
    CONFIG, CONFIG_VARIABLE, Configuration, ConfigurationError, Fallback, Started,
};
pub use courier::{Courier, CourierError, Delivery, Job, carry};
pub use error::DaemonError;
pub use host::needed_here;
pub use lists::errand::Means as ListMeans;
pub use lists::offline::{KeptList, ListErrands};
pub use logging::{LOG_VARIABLE, LoggingError, Logs};
pub use options::{BPFFS, BPFFS_VARIABLE, Options};
pub use pin_folder::{pin_folder, pinned_instances};
pub use run::{rehearse, run};
pub use store::{
    STATE, STATE_VARIABLE, folder_from_environment as state_folder_from_environment,
    replace as replace_file,
};
pub use successor::{REHEARSE, REHEARSED, Successor};
pub use until::Until;
pub use witness::testify;

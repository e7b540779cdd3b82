// SPDX-License-Identifier: MIT
//! Where addresses are: country, city, and the network that announces them.
//!
//! A [`Database`] is one file, verified whole before anything is looked up in it; an [`Atlas`] is the
//! best of those that are there. [`Atlas::place`] answers for one address, [`PlaceMap`] for all of them
//! at once, as the pieces that a set of the kernel is made of. What no database can know, such as
//! networks of one's own, is named by [`Surroundings`] instead.

mod asn;
mod atlas;
mod country;
mod database;
mod edition;
mod map;
mod place;
mod ranges;
mod schema;
mod surroundings;
mod tree;
#[cfg(any(test, feature = "writer"))]
pub mod writer;

pub use asn::Asn;
pub use atlas::{Atlas, Choice, FOLDERS, Found, Records, STALE, Seat};
pub use country::Country;
pub use database::{Contents, Database, GeoError, MOST_BYTES};
pub use edition::{Edition, Month};
pub use map::{Location, PlaceClasses, PlaceMap};
pub use place::Place;
pub use surroundings::{Near, Surroundings};

// SPDX-License-Identifier: MIT
//! Places: known answers, and countries and autonomous systems that are not let through.

#[path = "geo/lookup.rs"]
mod lookup;
#[path = "geo/placed.rs"]
mod placed;
#[path = "geo/policy.rs"]
mod policy;
#[path = "geo/publisher.rs"]
mod publisher;
#[path = "geo/said.rs"]
mod said;
#[path = "geo/standing.rs"]
mod standing;

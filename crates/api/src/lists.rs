// SPDX-License-Identifier: MIT
//! Lists of addresses: feeds of others, and files of the operator's.
//!
//! What takes a while is begun, and goes on after the answer: [`ListStatus::busy`] tells until when,
//! and [`ListStatus::last`] what came of it.

use crate::openapi::Rfc3339;
use crate::{Direction, ListAction, ListEffect, Place, Total};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Every list, in the order of the configuration, then those that were loaded by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListsAnswer {
    /// Whether lists are switched on at all.
    pub enabled: bool,
    /// Why none of them does anything, where that is so although they are.
    pub idle: Option<String>,
    /// The lists.
    pub lists: Vec<ListStatus>,
    /// What all of them together come to.
    pub sets: ListSets,
    /// What of it is not told apart, where lists overlap in too many ways; what happens is the same.
    #[serde(default)]
    pub coarse: Option<String>,
    /// Why the kernel has not what the lists say by now, but what they said before.
    #[serde(default)]
    pub problem: Option<String>,
}

/// All lists laid over each other, as they are in the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListSets {
    /// Ranges of IPv4 addresses, none of which overlap.
    pub ranges_v4: u64,
    /// The same of IPv6.
    pub ranges_v6: u64,
    /// Classes of addresses that the same lists and categories name.
    pub classes: u64,
    /// What the sets take in the kernel, bytes.
    pub kernel_bytes: u64,
    /// When they were last swapped.
    #[schemars(with = "Option<Rfc3339>")]
    pub swapped: Option<Timestamp>,
}

/// One list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListStatus {
    /// What it is called.
    pub name: String,
    /// Where it comes from: an address on the web, a path, or nothing where it was loaded by hand.
    pub origin: Option<String>,
    /// How it is written, `auto` where that is found out by looking.
    pub format: String,
    /// What whom it names is said to do, where its entries do not say it themselves.
    pub category: String,
    /// What happens to whom it names.
    pub action: ListAction,
    /// Which of their packets.
    pub direction: Direction,
    /// Whether it does anything.
    pub enabled: bool,
    /// Whether somebody has switched it otherwise than the configuration has it.
    pub switched: bool,
    /// Whether something about it goes on at the moment.
    pub busy: bool,
    /// How often it is asked for, seconds; null: it is not.
    pub interval_seconds: Option<u64>,
    /// When that is next.
    #[schemars(with = "Option<Rfc3339>")]
    pub next: Option<Timestamp>,
    /// Attempts that have failed since the last one that did not.
    pub failures: u32,
    /// What came of the last attempt.
    pub last: Option<ListAttempt>,
    /// The copy in force.
    pub copy: Option<ListCopy>,
    /// A copy that was put aside.
    pub quarantine: Option<ListQuarantine>,
    /// What of it is worth a warning.
    pub warning: Option<String>,
    /// Packets that were dropped because it names their peer.
    pub hits: ListHits,
    /// Packets of peers that it names, while it only tells of them.
    pub would_hit: ListHits,
}

/// An attempt to have the newest copy of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListAttempt {
    /// When it ended.
    #[schemars(with = "Rfc3339")]
    pub at: Timestamp,
    /// `updated`, `unchanged`, `quarantined` or `failed`.
    pub outcome: String,
    /// Why, where it was put aside or failed.
    pub why: Option<String>,
}

/// The copy of a list that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListCopy {
    /// When it was last known to be the newest.
    #[schemars(with = "Rfc3339")]
    pub fetched: Timestamp,
    /// Since then, seconds.
    pub age_seconds: u64,
    /// Entries that hold.
    pub entries: u64,
    /// Lines and entries that were refused.
    pub refused: u64,
    /// IPv4 addresses that it names.
    pub addresses_v4: u64,
    /// Those of them that no other list names.
    pub unique_v4: u64,
    /// Networks of IPv6, counted as /64, in which it names somebody.
    pub networks_v6: u64,
    /// Those of them in ranges that no other list names.
    pub unique_v6: u64,
}

/// A copy of a list that was put aside; the one before it stays in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListQuarantine {
    /// When.
    #[schemars(with = "Rfc3339")]
    pub at: Timestamp,
    /// Why.
    pub why: String,
    /// Entries that would hold.
    pub entries: u64,
    /// Whether it can be released: whether there is something in it to take.
    #[serde(default = "yes")]
    pub releasable: bool,
}

/// Daemons of earlier times did not say so.
fn yes() -> bool {
    true
}

/// What was counted of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListHits {
    /// Since it is known.
    pub total: Total,
    /// In the last 24 hours.
    pub day: Total,
    /// The last time, to the minute.
    #[schemars(with = "Option<Rfc3339>")]
    pub last: Option<Timestamp>,
}

/// Which list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Its name.
    pub name: String,
}

/// Everything about a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListDetail {
    /// As among the others.
    pub status: ListStatus,
    /// Categories of its entries.
    pub categories: Vec<String>,
    /// What was refused, by reason.
    pub refusals: Vec<ListRefusals>,
    /// The first lines that were refused.
    pub refused: Vec<RefusedLine>,
    /// Peers that it names, while it only tells of them: the first ones.
    pub peers: Vec<ListPeer>,
    /// Further peers, of which nothing else is known.
    pub more_peers: u64,
}

/// What was refused of a list for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListRefusals {
    /// Why.
    pub why: String,
    /// How often.
    pub count: u64,
}

/// A line, or an entry, that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedLine {
    /// From 1 on.
    pub line: u32,
    /// What is there, shortened.
    pub text: String,
    /// Why.
    pub why: String,
    /// Where that is, if it begins with an address and all of it is in one place; null without a
    /// database.
    #[serde(default)]
    pub place: Option<Place>,
}

/// A peer of this host that a list names which only tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListPeer {
    /// The peer.
    pub address: IpAddr,
    /// What the list says it does.
    pub category: String,
    /// When it was first seen.
    #[schemars(with = "Rfc3339")]
    pub first: Timestamp,
    /// When it was last seen.
    #[schemars(with = "Rfc3339")]
    pub last: Timestamp,
    /// Connections with it, at most at once.
    pub connections: u64,
    /// Bytes of its connections, either way, at most at once.
    pub bytes: u64,
    /// Where it is; null without a database.
    #[serde(default)]
    pub place: Option<Place>,
}

/// Has lists asked for now. What comes of it is told by [`ListStatus::last`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListUpdateRequest {
    /// Which; null: every one that comes from somewhere and is on.
    #[serde(default)]
    pub name: Option<String>,
}

/// Lists about which something was begun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListsBegun {
    /// Their names.
    pub begun: Vec<String>,
}

/// Switches a list, at the next packet. It stays so until the configuration has it otherwise than it
/// does now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListSwitchRequest {
    /// Which.
    pub name: String,
    /// On or off; null: as it is.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// What happens to whom it names; null: as it is.
    #[serde(default)]
    pub action: Option<ListAction>,
}

/// Loads a list from a text. It stays until it is removed, also over starts of the daemon; a second
/// text of the same name takes its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListLoadRequest {
    /// What it is to be called; no name of a list of the configuration.
    pub name: String,
    /// The text.
    pub text: String,
    /// How it is written; null: that is found out by looking.
    #[serde(default)]
    pub format: Option<String>,
    /// What whom it names does.
    #[serde(default)]
    pub category: Option<String>,
    /// What happens to whom it names; null: `block`.
    #[serde(default)]
    pub action: Option<ListAction>,
    /// Which of their packets; null: `both`.
    #[serde(default)]
    pub direction: Option<Direction>,
}

/// Takes a copy that was put aside for true.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListReleaseRequest {
    /// Of which list.
    pub name: String,
}

/// Removes a list that was loaded by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListRemoveRequest {
    /// Which.
    pub name: String,
}

/// That a list names an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listed {
    /// The list.
    pub list: String,
    /// What it says the address does.
    pub category: String,
    /// When the copy that says so was last known to be the newest.
    #[schemars(with = "Option<Rfc3339>")]
    pub fetched: Option<Timestamp>,
    /// What comes of it.
    pub effect: ListEffect,
}

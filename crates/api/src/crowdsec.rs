// SPDX-License-Identifier: MIT
//! CrowdSec: how it goes with its local API (LAPI), and what that decides.

use crate::openapi::Rfc3339;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How it goes with the LAPI, and what stands of its decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CrowdSecStatus {
    /// Where the LAPI is.
    pub url: String,
    /// Whether it answered when it was asked last.
    pub connected: bool,
    /// Since when that is so; null: it was not asked yet.
    #[schemars(with = "Option<Rfc3339>")]
    pub since: Option<Timestamp>,
    /// When it answered last; null: not since the daemon started.
    #[schemars(with = "Option<Rfc3339>")]
    pub last_answer: Option<Timestamp>,
    /// Why it does not answer.
    pub problem: Option<String>,
    /// Decisions that stand. What it decided before an outage stands until it ends.
    pub decisions: usize,
    /// Of them, by scope: `Ip`, `Range`, `Country`, `AS`.
    pub scopes: BTreeMap<String, usize>,
    /// Of them, by who or what decided: `crowdsec`, `cscli`, `CAPI`, `lists` ...
    pub origins: BTreeMap<String, usize>,
    /// Decisions that cannot be carried out, by why, of when all were told last.
    pub unusable: BTreeMap<String, usize>,
    /// Addresses and prefixes that are banned for it.
    pub bans: usize,
    /// Changes that are yet to reach the kernel.
    pub pending: usize,
    /// Addresses and prefixes that an operator has let go although decisions on them stand.
    pub lifted: usize,
    /// Addresses and prefixes that are not banned because the host needs them.
    pub refused: usize,
    /// Those of them that come first, each with why.
    pub refusals: Vec<String>,
    /// Addresses and prefixes for which there is no room in the kernel's tables.
    pub no_room: usize,
    /// Countries and autonomous systems.
    pub places: PlaceDecisions,
    /// What the LAPI is told; null: nothing.
    pub alerts: Option<AlertStatus>,
}

/// Decisions about countries and autonomous systems.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceDecisions {
    /// Countries, by their two letters.
    pub countries: Vec<String>,
    /// How many autonomous systems.
    pub systems: usize,
    /// Why they are not carried out; null: they are.
    pub problem: Option<String>,
}

/// What the LAPI is told of bans that detectors make here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertStatus {
    /// Alerts that it took since the daemon started.
    pub sent: u64,
    /// Alerts that wait.
    pub waiting: usize,
    /// Alerts that were dropped, as too many waited; the oldest go first.
    pub lost: u64,
    /// Why it takes none.
    pub problem: Option<String>,
}

/// What CrowdSec decides about an address, or about a prefix that it is in: of several decisions on
/// the same, the one that ends last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CrowdSecDecision {
    /// The LAPI's number for it: `cscli decisions delete --id` takes it back.
    pub id: u64,
    /// The address or prefix.
    pub target: String,
    /// Who or what decided.
    pub origin: String,
    /// What for.
    pub scenario: String,
    /// Until when.
    #[schemars(with = "Rfc3339")]
    pub until: Timestamp,
    /// `banned`, or why it is not.
    pub state: String,
}

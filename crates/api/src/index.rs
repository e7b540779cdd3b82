// SPDX-License-Identifier: MIT
//! What a daemon serves.

use crate::{API_VERSION, Endpoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can be asked, and of which version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Index {
    /// [`crate::API_VERSION`] of the daemon.
    pub api_version: u32,
    /// Version of the daemon.
    pub version: String,
    /// Where the description in OpenAPI 3.1 is.
    pub openapi: String,
    /// Everything that it can be asked.
    pub endpoints: Vec<IndexEntry>,
}

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IndexEntry {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// Its path.
    pub path: String,
    /// What for, in a sentence.
    pub about: String,
    /// Whether it may change what is enforced: then it takes the control socket.
    pub changes: bool,
}

impl Index {
    /// Of a daemon of that version.
    #[must_use]
    pub fn of(version: &str) -> Self {
        Self {
            api_version: API_VERSION,
            version: version.to_owned(),
            openapi: Endpoint::OpenApi.path().to_owned(),
            endpoints: Endpoint::ALL.iter().map(IndexEntry::of).collect(),
        }
    }
}

impl IndexEntry {
    fn of(endpoint: &Endpoint) -> Self {
        Self {
            method: endpoint.method().label().to_owned(),
            path: endpoint.path().to_owned(),
            about: endpoint.about().to_owned(),
            changes: endpoint.method().changes(),
        }
    }
}

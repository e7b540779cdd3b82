// SPDX-License-Identifier: MIT
//! Connections, and what is known about an address.

use super::{Client, ClientError, escaped};
use crate::{Endpoint, FlowList, FlowQuery, KillAnswer, KillRequest, Why};
use std::net::IpAddr;

impl Client {
    /// Connections.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn flows(&self, query: &FlowQuery) -> Result<FlowList, ClientError> {
        self.question(Endpoint::Flows, &query.query()).await
    }

    /// Ends connections.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn kill(&self, request: &KillRequest) -> Result<KillAnswer, ClientError> {
        self.ask(Endpoint::Kill, request).await
    }

    /// Everything that is known about an address.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn why(&self, address: IpAddr) -> Result<Why, ClientError> {
        let address = escaped(&address.to_string());
        let query = format!("?address={address}");
        self.question(Endpoint::Why, &query).await
    }
}

// SPDX-License-Identifier: MIT
//! Connections.

use super::{Client, ClientError};
use crate::{
    Endpoint, FlowGroupList, FlowGroupQuery, FlowList, FlowQuery, KillAnswer, KillRequest,
};

impl Client {
    /// Connections.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn flows(&self, query: &FlowQuery) -> Result<FlowList, ClientError> {
        self.question(Endpoint::Flows, &query.query()).await
    }

    /// Connections counted together.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn flow_groups(&self, query: &FlowGroupQuery) -> Result<FlowGroupList, ClientError> {
        self.question(Endpoint::FlowGroups, &query.query()).await
    }

    /// Ends connections.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn kill(&self, request: &KillRequest) -> Result<KillAnswer, ClientError> {
        self.ask(Endpoint::Kill, request).await
    }
}

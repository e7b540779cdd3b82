// SPDX-License-Identifier: MIT
//! Places.

use super::{Client, ClientError};
use crate::{Endpoint, GeoAnswer, GeoBlockRequest, GeoStatus, GeoUnblockRequest};

impl Client {
    /// Databases of places, and which places are let through.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn geo(&self) -> Result<GeoStatus, ClientError> {
        self.question(Endpoint::Geo, "").await
    }

    /// Blocks a country or an autonomous system.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn block_region(&self, request: &GeoBlockRequest) -> Result<GeoAnswer, ClientError> {
        self.ask(Endpoint::GeoBlock, request).await
    }

    /// Lets a country or an autonomous system through.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn unblock_region(
        &self,
        request: &GeoUnblockRequest,
    ) -> Result<GeoAnswer, ClientError> {
        self.ask(Endpoint::GeoUnblock, request).await
    }
}

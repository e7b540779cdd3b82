// SPDX-License-Identifier: MIT
//! Places.

use super::{Client, ClientError};
use crate::{Endpoint, GeoStatus};

impl Client {
    /// Databases of places, and which places are let through.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn geo(&self) -> Result<GeoStatus, ClientError> {
        self.question(Endpoint::Geo, "").await
    }
}

// SPDX-License-Identifier: MIT
//! What is known about an address.

use super::{Client, ClientError, escaped};
use crate::{Endpoint, Why};
use std::net::IpAddr;

impl Client {
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

// SPDX-License-Identifier: MIT
//! Bans and the allowlist.

use super::{Client, ClientError, escaped};
use crate::{
    AllowAnswer, AllowList, AllowRequest, BanAnswer, BanList, BanQuery, BanRequest,
    DisallowRequest, Endpoint, RestoreAnswer, RestoreRequest, SaveAnswer, UnbanAnswer,
    UnbanRequest,
};

impl Client {
    /// Every ban.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn bans(&self) -> Result<BanList, ClientError> {
        self.question(Endpoint::Bans, "").await
    }

    /// Some bans.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn some_bans(&self, which: &BanQuery) -> Result<BanList, ClientError> {
        let origin = which.origin.as_deref().map(escaped);
        let origin = origin.map(|origin| format!("&origin={origin}"));
        let query = format!("?own={}{}", which.own, origin.unwrap_or_default());
        self.question(Endpoint::Bans, &query).await
    }

    /// Bans.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ban(&self, request: &BanRequest) -> Result<BanAnswer, ClientError> {
        self.ask(Endpoint::Ban, request).await
    }

    /// Ends bans.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn unban(&self, request: &UnbanRequest) -> Result<UnbanAnswer, ClientError> {
        self.ask(Endpoint::Unban, request).await
    }

    /// The allowlist.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn allowlist(&self) -> Result<AllowList, ClientError> {
        self.question(Endpoint::AllowList, "").await
    }

    /// Puts a prefix on the allowlist.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn allow(&self, request: &AllowRequest) -> Result<AllowAnswer, ClientError> {
        self.ask(Endpoint::Allow, request).await
    }

    /// Takes a prefix off the allowlist.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn disallow(&self, request: &DisallowRequest) -> Result<AllowAnswer, ClientError> {
        self.ask(Endpoint::Disallow, request).await
    }

    /// Everything that stands, as text.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn save(&self) -> Result<SaveAnswer, ClientError> {
        self.question(Endpoint::Save, "").await
    }

    /// Makes stand what a text says.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn restore(&self, request: &RestoreRequest) -> Result<RestoreAnswer, ClientError> {
        self.ask(Endpoint::Restore, request).await
    }
}

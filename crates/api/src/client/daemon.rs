// SPDX-License-Identifier: MIT
//! Of the daemon itself: what it does, and what becomes of it.

use super::{Client, ClientError};
use crate::{
    DetachRequest, Endpoint, Index, ModuleAnswer, ModuleList, ModuleRequest, PartingAnswer,
    ReloadAnswer, ReloadRequest, Status, UpgradeRequest,
};

impl Client {
    /// What the daemon serves.
    ///
    /// # Errors
    /// [`ClientError`], as every method.
    pub async fn index(&self) -> Result<Index, ClientError> {
        self.question(Endpoint::Index, "").await
    }

    /// What is enforced.
    ///
    /// # Errors
    /// [`ClientError`], as every method.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.question(Endpoint::Status, "").await
    }

    /// Every module.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn modules(&self) -> Result<ModuleList, ClientError> {
        self.question(Endpoint::Modules, "").await
    }

    /// Switches a module.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn switch(&self, request: &ModuleRequest) -> Result<ModuleAnswer, ClientError> {
        self.ask(Endpoint::Switch, request).await
    }

    /// Has the configuration read again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn reload(&self, request: &ReloadRequest) -> Result<ReloadAnswer, ClientError> {
        self.ask(Endpoint::Reload, request).await
    }

    /// Puts the program that is installed now in the daemon's place.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn upgrade(&self, request: &UpgradeRequest) -> Result<PartingAnswer, ClientError> {
        self.ask(Endpoint::Upgrade, request).await
    }

    /// Ends the daemon and its filter.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn detach(&self, request: &DetachRequest) -> Result<PartingAnswer, ClientError> {
        self.ask(Endpoint::Detach, request).await
    }
}

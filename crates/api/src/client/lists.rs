// SPDX-License-Identifier: MIT
//! Lists of addresses.

use super::{Client, ClientError, escaped};
use crate::{
    Endpoint, ListDetail, ListLoadRequest, ListReleaseRequest, ListRemoveRequest, ListStatus,
    ListSwitchRequest, ListUpdateRequest, ListsAnswer, ListsBegun,
};

impl Client {
    /// Every list.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn lists(&self) -> Result<ListsAnswer, ClientError> {
        self.question(Endpoint::Lists, "").await
    }

    /// Everything about a list.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn list(&self, name: &str) -> Result<ListDetail, ClientError> {
        let query = format!("?name={}", escaped(name));
        self.question(Endpoint::List, &query).await
    }

    /// Loads a list from a text.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn load_list(&self, request: &ListLoadRequest) -> Result<ListsBegun, ClientError> {
        self.ask(Endpoint::ListLoad, request).await
    }

    /// Removes a list that was loaded from a text.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_list(
        &self,
        request: &ListRemoveRequest,
    ) -> Result<ListsBegun, ClientError> {
        self.ask(Endpoint::ListRemove, request).await
    }

    /// Has lists asked for now.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn update_lists(
        &self,
        request: &ListUpdateRequest,
    ) -> Result<ListsBegun, ClientError> {
        self.ask(Endpoint::ListUpdate, request).await
    }

    /// Takes a copy that was put aside for true.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn release_list(
        &self,
        request: &ListReleaseRequest,
    ) -> Result<ListsBegun, ClientError> {
        self.ask(Endpoint::ListRelease, request).await
    }

    /// Switches a list.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn switch_list(
        &self,
        request: &ListSwitchRequest,
    ) -> Result<ListStatus, ClientError> {
        self.ask(Endpoint::ListSwitch, request).await
    }
}

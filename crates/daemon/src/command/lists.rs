// SPDX-License-Identifier: MIT
//! Changes of lists.

use super::Reply;
use crate::lists::kept::ByHand;
use aegis_api::{
    ListReleaseRequest, ListRemoveRequest, ListStatus, ListSwitchRequest, ListUpdateRequest,
    ListsBegun,
};

/// A list in a text.
#[derive(Debug)]
pub struct ListText {
    /// What is said of it.
    pub by_hand: ByHand,
    /// The text.
    pub text: Vec<u8>,
}

/// What can be changed of lists. What takes a while is begun, and goes on after the answer.
#[derive(Debug)]
pub enum ListChange {
    /// Has lists asked for. Refused where lists are off.
    Update(ListUpdateRequest, Reply<ListsBegun>),
    /// Takes a copy for true that was put aside; fails where there is none.
    Release(ListReleaseRequest, Reply<ListsBegun>),
    /// Loads a list. Refused for the name of one of the configuration, and where lists are off.
    Load(ListText, Reply<ListsBegun>),
    /// Removes a list that was loaded; fails where there is none.
    Remove(ListRemoveRequest, Reply<ListsBegun>),
    /// Switches a list, at the next packet. What the host needs is to be looked at before: nobody is to
    /// be cut off who has just logged in.
    Switch(ListSwitchRequest, Reply<ListStatus>),
}

impl ListChange {
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Update(_, reply) | Self::Release(_, reply) | Self::Remove(_, reply) => {
                reply.is_closed()
            }
            Self::Load(_, reply) => reply.is_closed(),
            Self::Switch(_, reply) => reply.is_closed(),
        }
    }
}

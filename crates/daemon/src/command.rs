// SPDX-License-Identifier: MIT
//! Everything that can be asked of the owner of the state.

use crate::peer::Peer;
use aegis_api::{
    AllowAnswer, AllowList, AllowRequest, ApiError, BanAnswer, BanList, BanRequest,
    DisallowRequest, EventList, SecurityEvent, Stats, Status, UnbanAnswer, UnbanRequest,
};
use tokio::sync::{broadcast, oneshot};

/// Where the answer goes. Whoever asked may have gone; then nobody reads it.
pub type Reply<T> = oneshot::Sender<Result<T, ApiError>>;

/// A command. Commands are obeyed one after the other; one that fails changes nothing.
#[derive(Debug)]
pub enum Command {
    /// What is enforced, read back from the kernel. Legal for every peer, always.
    Status(Reply<Status>),
    /// Every counter, read from the kernel. Legal for every peer, always.
    Stats(Reply<Stats>),
    /// Bans in force. Legal for every peer, always.
    Bans(Reply<BanList>),
    /// Bans. Legal for root and the daemon's own user; refused for what the host needs unless
    /// forced, and for what is on the allowlist.
    Ban(BanRequest, Peer, Reply<BanAnswer>),
    /// Ends bans. Legal for root and the daemon's own user; fails where there is nothing to end.
    Unban(UnbanRequest, Peer, Reply<UnbanAnswer>),
    /// The allowlist. Legal for every peer, always.
    AllowList(Reply<AllowList>),
    /// Adds to the allowlist. Legal for root and the daemon's own user, banned targets included.
    Allow(AllowRequest, Peer, Reply<AllowAnswer>),
    /// Removes from the allowlist. Legal for root and the daemon's own user; fails where the
    /// target is not listed.
    Disallow(DisallowRequest, Peer, Reply<AllowAnswer>),
    /// The most recent events, at most so many. Legal for every peer, always.
    Events(usize, Reply<EventList>),
    /// Events from now on. Legal for every peer, always.
    Follow(Reply<broadcast::Receiver<SecurityEvent>>),
}

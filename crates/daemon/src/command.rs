// SPDX-License-Identifier: MIT
//! Everything that can be asked of the owner of the state.

use crate::peer::Peer;
use aegis_api::{
    AllowAnswer, AllowList, AllowRequest, ApiError, BanAnswer, BanList, BanRequest,
    DisallowRequest, EventList, SecurityEvent, Stats, Status, UnbanAnswer, UnbanRequest,
};
use aegis_policy::ProtectedSet;
use tokio::sync::{broadcast, oneshot};

/// Where the answer goes. Whoever asked may have gone; then nobody reads it.
pub type Reply<T> = oneshot::Sender<Result<T, ApiError>>;

/// A command. Commands are obeyed one after the other; one that fails changes nothing, and so does
/// a change that nobody waits for any more.
#[derive(Debug)]
pub enum Command {
    /// What is enforced, read back from the kernel. Legal for every peer, always.
    Status(Reply<Status>),
    /// Every counter, read from the kernel. Legal for every peer, always.
    Stats(Reply<Stats>),
    /// Bans in force. Legal for every peer, always.
    Bans(Reply<BanList>),
    /// Bans. Legal for root and the daemon's own user; refused for what the host needs unless
    /// forced, and for what is on the allowlist. With what the host needs, as far as that is known.
    Ban(
        BanRequest,
        Result<ProtectedSet, ApiError>,
        Peer,
        Reply<BanAnswer>,
    ),
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

impl Command {
    /// Whether this is a change whose asker has been told that it took too long, or has gone.
    pub fn is_abandoned(&self) -> bool {
        match self {
            Self::Ban(_, _, _, reply) => reply.is_closed(),
            Self::Unban(_, _, reply) => reply.is_closed(),
            Self::Allow(_, _, reply) | Self::Disallow(_, _, reply) => reply.is_closed(),
            Self::Status(_)
            | Self::Stats(_)
            | Self::Bans(_)
            | Self::AllowList(_)
            | Self::Events(..)
            | Self::Follow(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[test]
    fn a_change_that_nobody_waits_for_any_more_is_abandoned() {
        let peer = Peer {
            uid: 0,
            gid: 0,
            pid: None,
        };
        let (reply, answer) = oneshot::channel();
        let ban = Command::Ban(
            BanRequest::default(),
            Ok(ProtectedSet::default()),
            peer,
            reply,
        );
        assert!(!ban.is_abandoned());
        drop(answer);
        assert!(ban.is_abandoned());
        let (reply, answer) = oneshot::channel();
        let allow = Command::Allow(AllowRequest::default(), peer, reply);
        drop(answer);
        assert!(allow.is_abandoned());
    }
}

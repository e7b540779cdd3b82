// SPDX-License-Identifier: MIT
//! Everything that can be asked of the owner of the state.

mod geo;
mod lists;

pub use geo::RegionChange;
pub use lists::{ListChange, ListText};

use crate::ban::Listed;
use crate::flow::{Stand, Tables};
use crate::parting::Parting;
use crate::peer::Peer;
use aegis_abi::Tuple;
use aegis_api::{
    AllowAnswer, AllowList, AllowRequest, ApiError, AttackList, BanAnswer, BanQuery, BanRequest,
    DisallowRequest, EventList, GeoAnswer, GeoStatus, History, ListDetail, ListsAnswer,
    ModuleAnswer, ModuleList, ModuleRequest, PartingAnswer, ReloadAnswer, RestoreAnswer,
    SecurityEvent, Stats, Status, UnbanAnswer, UnbanRequest, Why,
};
use aegis_engine::FlowEntry;
use aegis_policy::saved::Record;
use aegis_policy::{Manner, ProtectedSet};
use jiff::Timestamp;
use std::net::IpAddr;
use tokio::sync::{broadcast, oneshot};

/// Where the answer goes. Whoever asked may have gone; then nobody reads it.
pub type Reply<T> = oneshot::Sender<Result<T, ApiError>>;

/// A command. Commands are obeyed one after the other; a change that fails changes nothing, and so
/// does one that nobody waits for any more. Questions are legal for every peer, always.
#[derive(Debug)]
pub enum Command {
    /// What is enforced, read back from the kernel.
    Status(Reply<Status>),
    /// Every counter, read from the kernel.
    Stats(Reply<Stats>),
    /// The last hour: rows that end later than a time, each of so many seconds.
    History(Option<Timestamp>, u32, Reply<History>),
    /// Attacks that go on.
    Attacks(Reply<AttackList>),
    /// Bans in force.
    Bans(BanQuery, Reply<Listed>),
    /// The allowlist.
    AllowList(Reply<AllowList>),
    /// The most recent events, at most so many.
    Events(usize, Reply<EventList>),
    /// Events from now on.
    Follow(Reply<broadcast::Receiver<SecurityEvent>>),
    /// Connections, read from the kernel, and as they were before; whoever asks sorts them.
    Flows(Reply<Tables>),
    /// How each of these connections stands.
    Stands(Vec<FlowEntry>, Reply<Vec<Stand>>),
    /// Why an address is treated as it is.
    Why(IpAddr, Reply<Why>),
    /// Everything that stands, as it is saved.
    Save(Reply<Vec<Record>>),
    /// Every list of addresses.
    Lists(Reply<ListsAnswer>),
    /// Everything about the list of that name.
    List(String, Reply<ListDetail>),
    /// Modules, on and off.
    Modules(Reply<ModuleList>),
    /// Databases of places, and which places are let through.
    Geo(Reply<GeoStatus>),
    /// A change, for a peer. Legal for whom `Door::may_change` lets.
    Change(Change, Peer),
}

/// What was saved, understood, and how to restore it.
#[derive(Debug)]
pub struct Saved {
    /// What its mistakes named it by.
    pub name: String,
    /// What it says.
    pub records: Vec<Record>,
    /// How to treat what should be thought about twice.
    pub manner: Manner,
}

/// What can be changed.
#[derive(Debug)]
pub enum Change {
    /// Bans. Refused for what the host needs unless forced, and for what is on the allowlist. With
    /// what the host needs, as far as that is known.
    Ban(BanRequest, Result<ProtectedSet, ApiError>, Reply<BanAnswer>),
    /// Ends bans, and pardons what cools down; fails where there is nothing to end.
    Unban(UnbanRequest, Reply<UnbanAnswer>),
    /// Adds to the allowlist, banned targets included.
    Allow(AllowRequest, Reply<AllowAnswer>),
    /// Removes from the allowlist; fails where the target is not listed.
    Disallow(DisallowRequest, Reply<AllowAnswer>),
    /// Ends connections, with words on which; answers how many there were.
    Kill(Vec<Tuple>, String, Reply<usize>),
    /// Restores what was saved, or nothing of it. Refused as a ban is, for what the host needs.
    Restore(Saved, Result<ProtectedSet, ApiError>, Reply<RestoreAnswer>),
    /// A change of lists.
    List(ListChange),
    /// A change of what becomes of a country or an autonomous system, at the next packet.
    Region(RegionChange, Reply<GeoAnswer>),
    /// Switches a module. What the host needs is to be looked at before.
    Switch(ModuleRequest, Reply<ModuleAnswer>),
    /// Reads the configuration again; one that is wrong changes nothing. With what the host needs, where
    /// that is known anew.
    Reload(Option<ProtectedSet>, Reply<ReloadAnswer>),
    /// Ends the daemon, and does this with the filter.
    Part(Parting, Reply<PartingAnswer>),
}

impl Change {
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Ban(_, _, reply) => reply.is_closed(),
            Self::Unban(_, reply) => reply.is_closed(),
            Self::Allow(_, reply) | Self::Disallow(_, reply) => reply.is_closed(),
            Self::Kill(_, _, reply) => reply.is_closed(),
            Self::Restore(_, _, reply) => reply.is_closed(),
            Self::List(change) => change.is_abandoned(),
            Self::Region(_, reply) => reply.is_closed(),
            Self::Switch(_, reply) => reply.is_closed(),
            Self::Reload(_, reply) => reply.is_closed(),
            Self::Part(_, reply) => reply.is_closed(),
        }
    }
}

impl Command {
    /// Whether this is a change whose asker has been told that it took too long, or has gone.
    pub fn is_abandoned(&self) -> bool {
        matches!(self, Self::Change(change, _) if change.is_abandoned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[test]
    fn a_change_that_nobody_waits_for_any_more_is_abandoned() {
        let peer = Peer::own();
        let (reply, answer) = oneshot::channel();
        let protected = Ok(ProtectedSet::default());
        let ban = Change::Ban(BanRequest::default(), protected, reply);
        let ban = Command::Change(ban, peer.clone());
        assert!(!ban.is_abandoned());
        drop(answer);
        assert!(ban.is_abandoned());
        let (reply, answer) = oneshot::channel();
        let allow = Change::Allow(AllowRequest::default(), reply);
        let allow = Command::Change(allow, peer);
        drop(answer);
        assert!(allow.is_abandoned());
    }
}

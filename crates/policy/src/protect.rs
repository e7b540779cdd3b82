// SPDX-License-Identifier: MIT
//! Addresses that a host should not cut itself off from.

use crate::Target;
use std::fmt;
use std::net::IpAddr;

/// What makes an address worth protecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The host's own.
    Own,
    /// A next hop of the host's routes.
    Gateway,
    /// A name server that the host asks.
    Resolver,
    /// The other end of a session in which somebody administers the host.
    Admin,
    /// The other end of the session in which the operator types.
    Session,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "an address of this host",
            Self::Gateway => "a gateway of this host",
            Self::Resolver => "a resolver of this host",
            Self::Admin => "the address of an administrator's session",
            Self::Session => "the address your session comes from",
        })
    }
}

/// What a list may not cut off knows no difference between sessions.
impl From<Role> for aegis_lists::guard::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Own => Self::Own,
            Role::Gateway => Self::Gateway,
            Role::Resolver => Self::Resolver,
            Role::Admin | Role::Session => Self::Administrator,
        }
    }
}

/// The addresses whose ban needs force; the allowlist adds its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProtectedSet(Vec<(Role, IpAddr)>);

impl ProtectedSet {
    /// The set of a host.
    #[must_use]
    pub fn new(own: &[IpAddr], gateways: &[IpAddr], resolvers: &[IpAddr]) -> Self {
        let of = |role, addresses: &[IpAddr]| -> Vec<(Role, IpAddr)> {
            addresses
                .iter()
                .map(|address| (role, address.to_canonical()))
                .collect()
        };
        let roles = [
            of(Role::Own, own),
            of(Role::Gateway, gateways),
            of(Role::Resolver, resolvers),
        ];
        Self(roles.concat())
    }

    /// The set, with those from where the host is administered at the moment.
    #[must_use]
    pub fn with_admins(mut self, peers: &[IpAddr]) -> Self {
        let admin = |peer: &IpAddr| (Role::Admin, peer.to_canonical());
        self.0.extend(peers.iter().map(admin));
        self
    }

    /// Every address with its role.
    pub fn iter(&self) -> impl Iterator<Item = (Role, IpAddr)> {
        self.0.iter().copied()
    }

    /// The first protected address that a ban on the target would hit.
    #[must_use]
    pub fn hit_by(&self, target: Target, session: Option<IpAddr>) -> Option<(Role, IpAddr)> {
        let session = session.map(|address| (Role::Session, address.to_canonical()));
        session
            .into_iter()
            .chain(self.iter())
            .find(|(_, address)| target.net().contains(address))
    }
}

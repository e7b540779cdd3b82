// SPDX-License-Identifier: MIT
//! Why an entry is refused that is right as far as its text goes.

use super::public::Public;
use crate::refusals::Reason;
use crate::special::Special;
use std::fmt;

/// What makes an address one that this host needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The host's own.
    Own,
    /// A next hop of its routes.
    Gateway,
    /// A name server that it asks.
    Resolver,
    /// Where it is administered from.
    Administrator,
    /// On the allowlist.
    Allowlist,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "an address of this host",
            Self::Gateway => "a gateway of this host",
            Self::Resolver => "a resolver of this host",
            Self::Administrator => "where this host is administered from",
            Self::Allowlist => "on the allowlist",
        })
    }
}

/// Why an entry is refused, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is everybody.
    Everything,
    /// It has more addresses than one entry may.
    TooWide {
        /// The length of the widest prefix that is taken.
        widest: u8,
    },
    /// This host needs it.
    Protected(Role),
    /// A service that most hosts use.
    Public(&'static Public),
    /// Nobody on the Internet has it.
    Special(&'static Special),
    /// IPv6 outside of global unicast.
    NoUnicast,
    /// It was to hold no longer than until now.
    Expired,
    /// The list covers too much, and this is among its widest.
    TooMuch,
}

impl Reason for Why {
    fn label(&self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::TooWide { .. } => "too_wide",
            Self::Protected(Role::Own) => "own_address",
            Self::Protected(Role::Gateway) => "gateway",
            Self::Protected(Role::Resolver) => "resolver",
            Self::Protected(Role::Administrator) => "administrator",
            Self::Protected(Role::Allowlist) => "allowlist",
            Self::Public(_) => "public_service",
            Self::Special(_) | Self::NoUnicast => "special_use",
            Self::Expired => "expired",
            Self::TooMuch => "too_much",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Everything => "it is everybody".to_owned(),
            Self::TooWide { widest } => {
                format!("it is wider than a /{widest}, which is the widest that is taken")
            }
            Self::Protected(role) => format!("it is {role}"),
            Self::Public(public) => format!("it is a {} of {}", public.kind, public.who),
            Self::Special(special) => format!(
                "nobody on the Internet has it: {} ({})",
                special.purpose.label(),
                special.source
            ),
            Self::NoUnicast => {
                "nobody on the Internet has it: not global unicast (RFC 4291)".to_owned()
            }
            Self::Expired => "its time has passed".to_owned(),
            Self::TooMuch => {
                "the list covers too many addresses, and this is among its widest entries"
                    .to_owned()
            }
        }
    }
}

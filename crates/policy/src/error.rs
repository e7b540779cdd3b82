// SPDX-License-Identifier: MIT
//! What the operator is told: one line that names the thing and the next step.

use crate::{Part, Port, Protocol, Remark, Role, Target};
use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// Text that does not say what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not an address.
    #[error(
        "{0:?} is not an address: give one like 192.0.2.1 or 2001:db8::1, or a prefix like 192.0.2.0/24; names are not looked up"
    )]
    Address(String),
    /// An address with a zone.
    #[error(
        "{0:?} has a zone: write the address without the zone, a rule holds on every guarded interface"
    )]
    Zone(String),
    /// An IPv4 address that some programs read as octal.
    #[error("{given:?} has leading zeros, which some programs read as octal: write {decimal}")]
    LeadingZero {
        /// As given.
        given: String,
        /// Read as decimal.
        decimal: String,
    },
    /// The address that means none.
    #[error(
        "{0} means no address, and packets from it are dropped as bogus or are DHCP: give the address that is meant, or a prefix"
    )]
    Unspecified(std::net::IpAddr),
    /// An IPv4-mapped IPv6 address.
    #[error("IPv4-mapped addresses are on no wire: write {ipv4}")]
    Mapped {
        /// What is meant.
        ipv4: String,
    },
    /// A prefix with bits beyond its length.
    #[error("{given} has bits set beyond its length: write {canonical} for the prefix or {} for the address", given.addr())]
    HostBits {
        /// As given.
        given: IpNet,
        /// Without those bits.
        canonical: IpNet,
    },
    /// A prefix length that its family does not have.
    #[error("{given:?} is not a prefix length: give a number between 0 and {most}")]
    Length {
        /// As given.
        given: String,
        /// The longest.
        most: u8,
    },
    /// Not a port.
    #[error("{0:?} is not a port: give a number between 1 and 65535")]
    Port(String),
    /// Not a protocol.
    #[error("{0:?} is not a protocol: give one of {known}, or a number between 0 and 254", known = Protocol::known())]
    Protocol(String),
    /// A port of a protocol without ports.
    #[error(
        "{protocol} has no ports: leave out port {port}, or name tcp, udp, sctp, dccp or udplite"
    )]
    Portless {
        /// The port.
        port: Port,
        /// The protocol.
        protocol: Protocol,
    },
    /// Not a duration.
    #[error("{0:?} is not a duration: give one like 90s, 45m, 1h30m, 2d or 1w, longest unit first")]
    Duration(String),
    /// A number without a unit.
    #[error("{given:?} lacks a unit: write {number}s or {number}m, or use h, d or w")]
    DurationUnit {
        /// As given.
        given: String,
        /// The number that lacks it.
        number: String,
    },
    /// A duration of zero.
    #[error("{0:?} is no time at all: give a longer duration, or none for a ban that stays")]
    DurationZero(String),
    /// A duration that nobody will see the end of.
    #[error(
        "{0:?} is longer than a century: give a shorter duration, or none for a ban that stays"
    )]
    DurationTooLong(String),
    /// A reason that a terminal would act on.
    #[error("the reason has line breaks or control characters: write it as one line of plain text")]
    RemarkControl,
    /// A reason that is too long.
    #[error(
        "the reason has {characters} characters: shorten it to {}",
        Remark::LONGEST
    )]
    RemarkLength {
        /// How many.
        characters: usize,
    },
}

/// A table of bounded size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Banned addresses of a family.
    Addresses,
    /// Banned prefixes of a family.
    Prefixes,
    /// Bans on ports and protocols.
    Scopes,
    /// Allowlist entries of a family.
    Allow,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Addresses => "banned addresses",
            Self::Prefixes => "banned prefixes",
            Self::Scopes => "bans on ports and protocols",
            Self::Allow => "the allowlist",
        })
    }
}

/// What to do about a [`PolicyError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It could be done, and should not be without a second thought.
    Refused,
    /// The request makes no sense at this time.
    Invalid,
    /// There is no such rule.
    Absent,
    /// There is no room.
    Full,
}

/// Why a mutation was not made. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The ban would cut off something the host lives by.
    #[error("{target} {}{role}: banning it could cut this host off; use --force to ban it all the same", covering(*target, *address))]
    Protected {
        /// To be banned.
        target: Target,
        /// What it hits.
        address: IpAddr,
        /// What that is.
        role: Role,
    },
    /// The target is on the allowlist.
    #[error(
        "{target} is on the allowlist as {entry}: remove that first with `aegis-cli allow remove {entry}`, or use --force to record a ban that has no effect until then"
    )]
    Allowlisted {
        /// To be banned.
        target: Target,
        /// The entry.
        entry: Target,
    },
    /// Something inside the target is on the allowlist.
    #[error(
        "{target} covers {entry}, which is on the allowlist: use --force to ban the rest of it, or remove that first with `aegis-cli allow remove {entry}`"
    )]
    CoversAllowlisted {
        /// To be banned.
        target: Target,
        /// The entry.
        entry: Target,
    },
    /// A /0.
    #[error("{0} is every address there is: ban a narrower prefix, or use --force if you mean it")]
    Everything(Target),
    /// A /0 on the allowlist.
    #[error(
        "{0} is every address there is, and none of them would be filtered: allow a narrower prefix, or use --force if you mean it"
    )]
    AllowsEverything(Target),
    /// An end that is not in the future.
    #[error("the ban on {0} would be over already: give an end in the future")]
    AlreadyOver(Target),
    /// Nothing to lift.
    #[error("{0} is not banned: see `aegis-cli list` for what is")]
    NotBanned(Target),
    /// Nothing to lift on the part.
    #[error("there is no ban on {part} of {target}: see `aegis-cli list` for what is banned")]
    PartNotBanned {
        /// To be freed.
        target: Target,
        /// The part.
        part: Part,
    },
    /// Only something wider is banned.
    #[error(
        "{target} is banned only as part of {wider}: use `aegis-cli unblock {wider}`, or `aegis-cli allow add {target}` to let it through"
    )]
    BannedByWider {
        /// To be freed.
        target: Target,
        /// The banned prefix.
        wider: Target,
    },
    /// Only something narrower is banned.
    #[error(
        "{target} itself is not banned, only {narrower} inside it: unblock what `aegis-cli list` shows there one by one"
    )]
    OnlyNarrower {
        /// To be freed.
        target: Target,
        /// The first of what is banned inside it.
        narrower: Target,
    },
    /// No such allowlist entry.
    #[error("{0} is not on the allowlist: see `aegis-cli allow list` for what is")]
    NotAllowed(Target),
    /// Only something wider is on the allowlist.
    #[error(
        "{target} is on the allowlist only as part of {wider}: use `aegis-cli allow remove {wider}`"
    )]
    AllowedByWider {
        /// To be removed.
        target: Target,
        /// The entry.
        wider: Target,
    },
    /// A table is full.
    #[error(
        "no room for {target}: {table} are limited to {capacity}; remove some, or use wider prefixes"
    )]
    Full {
        /// What did not fit.
        target: Target,
        /// Where.
        table: Table,
        /// Entries it has.
        capacity: u32,
    },
}

fn covering(target: Target, address: IpAddr) -> String {
    if target.is_address() {
        "is ".into()
    } else {
        format!("covers {address}, ")
    }
}

impl PolicyError {
    /// What to do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Protected { .. }
            | Self::Allowlisted { .. }
            | Self::CoversAllowlisted { .. }
            | Self::Everything(_)
            | Self::AllowsEverything(_) => ErrorKind::Refused,
            Self::AlreadyOver(_) => ErrorKind::Invalid,
            Self::NotBanned(_)
            | Self::PartNotBanned { .. }
            | Self::BannedByWider { .. }
            | Self::OnlyNarrower { .. }
            | Self::NotAllowed(_)
            | Self::AllowedByWider { .. } => ErrorKind::Absent,
            Self::Full { .. } => ErrorKind::Full,
        }
    }
}

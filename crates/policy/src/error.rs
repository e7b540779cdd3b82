// SPDX-License-Identifier: MIT
//! What the operator is told: one line that names the thing and the next step.

mod table;

pub use table::Table;

use crate::{Origin, Part, Port, Protocol, Remark, Role, Target};
use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// Text that does not say what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Not an address.
    Address(String),
    /// An address with a zone.
    Zone(String),
    /// An IPv4 address that some programs read as octal.
    LeadingZero {
        /// As given.
        given: String,
        /// Read as decimal.
        decimal: String,
    },
    /// The address that means none.
    Unspecified(std::net::IpAddr),
    /// An IPv4-mapped IPv6 address.
    Mapped {
        /// What is meant.
        ipv4: String,
    },
    /// A prefix with bits beyond its length.
    HostBits {
        /// As given.
        given: IpNet,
        /// Without those bits.
        canonical: IpNet,
    },
    /// A prefix length that its family does not have.
    Length {
        /// As given.
        given: String,
        /// The longest.
        most: u8,
    },
    /// Not a port.
    Port(String),
    /// Not a protocol.
    Protocol(String),
    /// Not a part of anybody's traffic.
    Part(String),
    /// Not an origin of bans.
    Origin(String),
    /// A port of a protocol without ports.
    Portless {
        /// The port.
        port: Port,
        /// The protocol.
        protocol: Protocol,
    },
    /// Not a duration.
    Duration(String),
    /// A number without a unit.
    DurationUnit {
        /// As given.
        given: String,
        /// The number that lacks it.
        number: String,
    },
    /// A duration of zero.
    DurationZero(String),
    /// A duration that nobody will see the end of.
    DurationTooLong(String),
    /// A reason that a terminal would act on.
    RemarkControl,
    /// A reason that is too long.
    RemarkLength {
        /// How many.
        characters: usize,
    },
}

impl ParseError {
    /// What is wrong, and with what.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Address(given) => format!("{given:?} is not an address"),
            Self::Zone(given) => format!("{given:?} has a zone"),
            Self::LeadingZero { given, .. } => {
                format!("{given:?} has leading zeros, which some programs read as octal")
            }
            Self::Unspecified(address) => format!(
                "{address} means no address, and packets from it are dropped as bogus or are DHCP"
            ),
            Self::Mapped { .. } => "IPv4-mapped addresses are on no wire".to_owned(),
            Self::HostBits { given, .. } => format!("{given} has bits set beyond its length"),
            Self::Length { given, .. } => format!("{given:?} is not a prefix length"),
            Self::Port(given) => format!("{given:?} is not a port"),
            Self::Protocol(given) => format!("{given:?} is not a protocol"),
            Self::Part(given) => format!("{given:?} is no part that a ban can be on"),
            Self::Origin(given) => format!("nobody called {given:?} wants bans"),
            Self::Portless { protocol, .. } => format!("{protocol} has no ports"),
            Self::Duration(given) => format!("{given:?} is not a duration"),
            Self::DurationUnit { given, .. } => format!("{given:?} lacks a unit"),
            Self::DurationZero(given) => format!("{given:?} is no time at all"),
            Self::DurationTooLong(given) => format!("{given:?} is longer than a century"),
            Self::RemarkControl => "the reason has line breaks or control characters".to_owned(),
            Self::RemarkLength { characters } => format!("the reason has {characters} characters"),
        }
    }

    /// What to write instead.
    #[must_use]
    pub fn next(&self) -> String {
        let step = match self {
            Self::Address(_) => {
                "give one like 192.0.2.1 or 2001:db8::1, or a prefix like 192.0.2.0/24; names are not looked up"
            }
            Self::Zone(_) => {
                "write the address without the zone, a rule holds on every guarded interface"
            }
            Self::Unspecified(_) => "give the address that is meant, or a prefix",
            Self::Port(_) => "give a number between 1 and 65535",
            Self::Part(_) => {
                "give one as `aegis-cli list` shows it: everything, new connections, tcp, port 22 or tcp port 22"
            }
            Self::Origin(_) => "give operator, crowdsec, or what was detected, such as port_scan",
            Self::Duration(_) => "give one like 90s, 45m, 1h30m, 2d or 1w, longest unit first",
            Self::DurationZero(_) => "give a longer duration, or none for a ban that stays",
            Self::DurationTooLong(_) => "give a shorter duration, or none for a ban that stays",
            Self::RemarkControl => "write it as one line of plain text",
            _ => return self.next_of_it(),
        };
        step.to_owned()
    }

    /// A next step in terms of what was given.
    fn next_of_it(&self) -> String {
        match self {
            Self::LeadingZero { decimal, .. } => format!("write {decimal}"),
            Self::Mapped { ipv4 } => format!("write {ipv4}"),
            Self::HostBits { given, canonical } => {
                let address = given.addr();
                format!("write {canonical} for the prefix or {address} for the address")
            }
            Self::Length { most, .. } => format!("give a number between 0 and {most}"),
            Self::Portless { port, .. } => {
                format!("leave out port {port}, or name tcp, udp, sctp, dccp or udplite")
            }
            Self::DurationUnit { number, .. } => {
                format!("write {number}s or {number}m, or use h, d or w")
            }
            Self::RemarkLength { .. } => format!("shorten it to {}", Remark::LONGEST),
            _ => {
                let known = Protocol::known();
                format!("give one of {known}, or a number between 0 and 254")
            }
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message(), self.next())
    }
}

impl std::error::Error for ParseError {}

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// The ban would cut off something the host lives by.
    Protected {
        /// To be banned.
        target: Target,
        /// What it hits.
        address: IpAddr,
        /// What that is.
        role: Role,
    },
    /// The target is on the allowlist.
    Allowlisted {
        /// To be banned.
        target: Target,
        /// The entry.
        entry: Target,
    },
    /// Something inside the target is on the allowlist.
    CoversAllowlisted {
        /// To be banned.
        target: Target,
        /// The entry.
        entry: Target,
    },
    /// A /0.
    Everything(Target),
    /// A /0 on the allowlist.
    AllowsEverything(Target),
    /// An end that is not in the future.
    AlreadyOver(Target),
    /// Nothing to lift.
    NotBanned(Target),
    /// Nothing to lift on the part.
    PartNotBanned {
        /// To be freed.
        target: Target,
        /// The part.
        part: Part,
    },
    /// Banned, and not for this origin.
    NotWanted {
        /// To be freed.
        target: Target,
        /// Whose cause is to go.
        origin: Origin,
    },
    /// Only something wider is banned.
    BannedByWider {
        /// To be freed.
        target: Target,
        /// The banned prefix.
        wider: Target,
    },
    /// Only something narrower is banned.
    OnlyNarrower {
        /// To be freed.
        target: Target,
        /// The first of what is banned inside it.
        narrower: Target,
    },
    /// No such allowlist entry.
    NotAllowed(Target),
    /// Only something wider is on the allowlist.
    AllowedByWider {
        /// To be removed.
        target: Target,
        /// The entry.
        wider: Target,
    },
    /// A table is full.
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
    /// What is refused, and why.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Protected {
                target,
                address,
                role,
            } => {
                let is = covering(*target, *address);
                format!("{target} {is}{role}: banning it could cut this host off")
            }
            Self::Allowlisted { target, entry } => {
                format!("{target} is on the allowlist as {entry}")
            }
            Self::CoversAllowlisted { target, entry } => {
                format!("{target} covers {entry}, which is on the allowlist")
            }
            Self::Everything(target) => format!("{target} is every address there is"),
            Self::AllowsEverything(target) => {
                format!("{target} is every address there is, and none of them would be filtered")
            }
            Self::AlreadyOver(target) => format!("the ban on {target} would be over already"),
            Self::NotBanned(target) => format!("{target} is not banned"),
            Self::PartNotBanned { target, part } => {
                format!("there is no ban on {part} of {target}")
            }
            Self::NotWanted { target, origin } => {
                format!("{target} is banned, and not for {origin}")
            }
            Self::BannedByWider { target, wider } => {
                format!("{target} is banned only as part of {wider}")
            }
            Self::OnlyNarrower { target, narrower } => {
                format!("{target} itself is not banned, only {narrower} inside it")
            }
            Self::NotAllowed(target) => format!("{target} is not on the allowlist"),
            Self::AllowedByWider { target, wider } => {
                format!("{target} is on the allowlist only as part of {wider}")
            }
            Self::Full {
                target,
                table,
                capacity,
            } => format!("no room for {target}: {table} are limited to {capacity}"),
        }
    }

    /// What to do instead, or how to insist.
    #[must_use]
    pub fn next(&self) -> String {
        match self {
            Self::Protected { .. } => "use --force to ban it all the same".to_owned(),
            Self::Allowlisted { entry, .. } => format!(
                "remove that first with `aegis-cli allow remove {entry}`, or use --force to record a ban that has no effect until then"
            ),
            Self::CoversAllowlisted { entry, .. } => format!(
                "use --force to ban the rest of it, or remove that first with `aegis-cli allow remove {entry}`"
            ),
            Self::Everything(_) => {
                "ban a narrower prefix, or use --force if you mean it".to_owned()
            }
            Self::AllowsEverything(_) => {
                "allow a narrower prefix, or use --force if you mean it".to_owned()
            }
            Self::AlreadyOver(_) => "give an end in the future".to_owned(),
            Self::NotBanned(_) => "see `aegis-cli list` for what is".to_owned(),
            Self::PartNotBanned { .. } | Self::NotWanted { .. } => {
                "see `aegis-cli list` for what is banned".to_owned()
            }
            Self::BannedByWider { target, wider } => format!(
                "use `aegis-cli unblock {wider}`, or `aegis-cli allow add {target}` to let it through"
            ),
            Self::OnlyNarrower { .. } => {
                "unblock what `aegis-cli list` shows there one by one".to_owned()
            }
            Self::NotAllowed(_) => "see `aegis-cli allow list` for what is".to_owned(),
            Self::AllowedByWider { wider, .. } => format!("use `aegis-cli allow remove {wider}`"),
            Self::Full { .. } => "remove some, or use wider prefixes".to_owned(),
        }
    }

    /// What kind of failure it is.
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
            | Self::NotWanted { .. }
            | Self::BannedByWider { .. }
            | Self::OnlyNarrower { .. }
            | Self::NotAllowed(_)
            | Self::AllowedByWider { .. } => ErrorKind::Absent,
            Self::Full { .. } => ErrorKind::Full,
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Where the message has a colon of its own, another would mislead.
        let joint = match self {
            Self::Protected { .. } | Self::Full { .. } => ";",
            _ => ":",
        };
        write!(f, "{}{joint} {}", self.message(), self.next())
    }
}

impl std::error::Error for PolicyError {}

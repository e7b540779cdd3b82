// SPDX-License-Identifier: MIT
//! Which reasons belong to which kind of attack, and how much of a kind is worth noticing.

use aegis_abi::{Class, Hook, Reason};
use aegis_api::AttackKind;

/// What packets of a reason are part of; `None`: of no attack. Whoever is turned away for what detectors
/// found goes on with that, which is `offence`, if any is known.
pub fn kind_of(reason: Reason, offence: Option<AttackKind>) -> Option<AttackKind> {
    Some(match reason {
        Reason::SynRate | Reason::SynCookie => AttackKind::SynFlood,
        Reason::UdpRate | Reason::UdpHostRate => AttackKind::UdpFlood,
        Reason::IcmpRate
        | Reason::IcmpHostRate
        | Reason::IcmpUnsolicited
        | Reason::IcmpUnrelated => AttackKind::IcmpFlood,
        Reason::Amplification => AttackKind::Reflection,
        Reason::TcpOutOfState => AttackKind::TcpFlood,
        Reason::PortScan => AttackKind::Scan,
        Reason::CoolDown => offence.unwrap_or(AttackKind::Scan),
        Reason::BanUnsolicited => offence.unwrap_or(AttackKind::BanFlood),
        other => return kind_of_class(other.class(Hook::XdpIngress)),
    })
}

fn kind_of_class(class: Class) -> Option<AttackKind> {
    match class {
        Class::ManualBlock => Some(AttackKind::BanFlood),
        Class::CidrFeed => Some(AttackKind::ListFlood),
        Class::Place => Some(AttackKind::PlaceFlood),
        Class::TcpAnomaly | Class::Spoofed | Class::Malformed | Class::Ipv6Policy => {
            Some(AttackKind::MalformedFlood)
        }
        Class::Default
        | Class::Whitelist
        | Class::Infrastructure
        | Class::Conntrack
        | Class::EgressBlock
        | Class::PortScan
        | Class::Threat
        | Class::RateLimit => None,
    }
}

/// Packets a second. Everything that is counted here was refused or is beyond a rate already; what strays in
/// from connections that were forgotten, or comes of peers that were turned away anyway, has to be more.
pub const fn worth_noticing(kind: AttackKind) -> u64 {
    match kind {
        AttackKind::Scan => 10,
        AttackKind::SynFlood
        | AttackKind::UdpFlood
        | AttackKind::IcmpFlood
        | AttackKind::Reflection => 100,
        AttackKind::TcpFlood
        | AttackKind::MalformedFlood
        | AttackKind::BanFlood
        | AttackKind::ListFlood
        | AttackKind::PlaceFlood => 250,
    }
}

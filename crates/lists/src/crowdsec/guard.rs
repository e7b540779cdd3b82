// SPDX-License-Identifier: MIT
//! Decisions that nobody can mean. What the host itself needs is the policy's to protect, as it
//! changes while decisions stand.

use super::decision::Unusable;
use super::subject::Subject;
use crate::special::{self, Purpose};
use ipnet::IpNet;

/// The widest prefixes that are taken: a /8 is 1/256 of all IPv4 addresses, a /19 the largest
/// allocation that a registry has made of IPv6.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 19;
/// Origins that decide about the whole Internet, without having seen this network.
const FAR: [&str; 2] = ["CAPI", "lists"];

/// Refuses what nobody can mean, of somebody who decides here or far away.
pub(super) fn check(subject: &Subject, origin: &str) -> Result<(), Unusable> {
    let Subject::Net(net) = subject else {
        return Ok(());
    };
    let widest = match net {
        IpNet::V4(_) => WIDEST_V4,
        IpNet::V6(_) => WIDEST_V6,
    };
    let far = FAR.iter().any(|known| known.eq_ignore_ascii_case(origin));
    match special::around(net.addr()).map(|special| special.purpose) {
        _ if net.prefix_len() == 0 => Err(Unusable::Everything),
        _ if net.prefix_len() < widest => Err(Unusable::TooWide),
        Some(purpose) if is_nobodys(purpose) => Err(Unusable::Nobodys),
        Some(purpose) if far && is_local(purpose) => Err(Unusable::Local),
        _ => Ok(()),
    }
}

/// No host elsewhere has it.
fn is_nobodys(purpose: Purpose) -> bool {
    use Purpose::{Broadcast, Loopback, Multicast, Unspecified};
    matches!(purpose, Unspecified | Loopback | Multicast | Broadcast)
}

/// It means another host in each network.
fn is_local(purpose: Purpose) -> bool {
    matches!(
        purpose,
        Purpose::Private | Purpose::Shared | Purpose::LinkLocal
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(value: &str, origin: &str) -> Result<(), Unusable> {
        check(&Subject::read("range", value).unwrap(), origin)
    }

    #[test]
    fn what_nobody_can_mean_is_refused() {
        for (value, why) in [
            ("0.0.0.0/0", Unusable::Everything),
            ("::/0", Unusable::Everything),
            ("128.0.0.0/7", Unusable::TooWide),
            ("2000::/18", Unusable::TooWide),
            ("127.0.0.1", Unusable::Nobodys),
            ("127.0.0.0/8", Unusable::Nobodys),
            ("::1", Unusable::Nobodys),
            ("224.0.0.1", Unusable::Nobodys),
            ("ff02::1", Unusable::Nobodys),
            ("255.255.255.255", Unusable::Nobodys),
            ("0.0.0.0", Unusable::Nobodys),
        ] {
            assert_eq!(checked(value, "cscli"), Err(why), "{value}");
        }
        for value in ["128.0.0.0/8", "2000::/19", "192.0.2.1"] {
            assert_eq!(checked(value, "CAPI"), Ok(()), "{value}");
        }
    }

    #[test]
    fn who_is_far_away_does_not_decide_about_this_network() {
        for value in [
            "10.0.0.7",
            "100.64.0.1",
            "169.254.1.1",
            "fd00::/64",
            "fe80::1",
        ] {
            assert_eq!(checked(value, "capi"), Err(Unusable::Local), "{value}");
            assert_eq!(checked(value, "lists"), Err(Unusable::Local), "{value}");
            assert_eq!(checked(value, "crowdsec"), Ok(()), "{value}");
        }
        assert_eq!(checked("100.128.0.1", "CAPI"), Ok(()));
    }
}

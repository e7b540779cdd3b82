// SPDX-License-Identifier: MIT
//! What is near the host, and therefore in no database.

use crate::special::{self, Purpose};
use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// What an address is instead of a place on the Internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Near {
    /// In a network behind this interface, which is a tunnel.
    Vpn(String),
    /// In a special range.
    Special(Purpose),
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vpn(interface) => write!(f, "VPN {interface}"),
            Self::Special(Purpose::Private) => f.write_str("LAN"),
            Self::Special(purpose) => f.write_str(purpose.label()),
        }
    }
}

/// What the host is connected to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Networks behind tunnels, with the tunnel's name.
    vpn: Vec<(IpNet, String)>,
}

impl Surroundings {
    /// Those of a host with tunnels to these networks.
    #[must_use]
    pub fn new(mut vpn: Vec<(IpNet, String)>) -> Self {
        // The default route of a tunnel makes nobody a member of a VPN.
        vpn.retain(|(net, _)| net.prefix_len() > 0);
        vpn.sort_by_key(|(net, _)| std::cmp::Reverse(net.prefix_len()));
        Self { vpn }
    }

    /// What an address is instead of a place.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Option<Near> {
        let tunnel = self.vpn.iter().find(|(net, _)| net.contains(&address));
        if let Some((_, interface)) = tunnel {
            return Some(Near::Vpn(interface.clone()));
        }
        special::around(address).map(|special| Near::Special(special.purpose))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tunnels_network_is_a_vpn_before_it_is_anything_else() {
        let net = |text: &str| text.parse().expect("a network");
        let named = |text: &str, name: &str| (net(text), name.to_owned());
        let surroundings = Surroundings::new(vec![
            named("0.0.0.0/0", "wg9"),
            named("10.8.0.0/16", "tun0"),
            named("10.8.0.0/24", "wg0"),
        ]);
        let near = |text: &str| {
            let near = surroundings.of(text.parse().expect("an address"));
            near.map(|near| near.to_string())
        };
        assert_eq!(near("10.8.0.7").as_deref(), Some("VPN wg0"));
        assert_eq!(near("10.8.1.7").as_deref(), Some("VPN tun0"));
        assert_eq!(near("10.9.0.7").as_deref(), Some("LAN"));
        assert_eq!(near("100.64.0.1").as_deref(), Some("CGNAT or VPN"));
        assert_eq!(near("127.0.0.1").as_deref(), Some("loopback"));
        assert_eq!(near("8.8.8.8"), None);
    }
}

// SPDX-License-Identifier: MIT
//! Where a packet was judged, what it was, and what became of it.

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident, $kind:literal { $($(#[$vdoc:meta])* $code:literal $variant:ident $label:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $code,)+ }

        impl $name {
            /// Every value, in code order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name used in output, JSON and metrics.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// The code that crosses the kernel line.
            #[inline(always)]
            pub const fn code(self) -> u8 { self as u8 }
        }

        impl TryFrom<u8> for $name {
            type Error = $crate::UnknownCode;
            fn try_from(code: u8) -> Result<Self, $crate::UnknownCode> {
                match code { $($code => Ok(Self::$variant),)+ code => Err($crate::UnknownCode { kind: $kind, code }) }
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// The place in the kernel where a packet is judged.
    Hook, "hook" {
        /// Before the stack sees an arriving packet (XDP, Linux 4.8).
        0 XdpIngress "xdp_ingress",
        /// After the stack has built a departing packet (TCX on Linux 6.6, clsact before).
        1 TcEgress "tc_egress",
    }
}

impl Hook {
    /// Room in the counter table; more than there are hooks, so that one can be added.
    pub const SLOTS: usize = 4;

    /// Where packets arrive, or depart.
    #[inline(always)]
    pub const fn of_arriving(arrives: bool) -> Self {
        if arrives {
            Self::XdpIngress
        } else {
            Self::TcEgress
        }
    }

    /// Whether packets arrive here from the network.
    #[inline(always)]
    pub const fn is_ingress(self) -> bool {
        matches!(self, Self::XdpIngress)
    }
}

codes! {
    /// The network layer of a packet.
    Family, "family" {
        /// IPv4.
        0 V4 "ipv4",
        /// IPv6.
        1 V6 "ipv6",
        /// Neither: ARP, LLDP, or a frame too broken to say.
        2 Other "other",
    }
}

impl Family {
    /// Room in the counter table.
    pub const SLOTS: usize = 4;
}

codes! {
    /// What happens to a packet.
    Action, "action" {
        /// It goes on to the kernel's own stack, or to the wire.
        0 Pass "pass",
        /// It ends here.
        1 Drop "drop",
        /// The program answers it in the host's name; where it cannot, the packet goes on.
        2 Answer "answer",
    }
}

codes! {
    /// What an interface's frames begin with; fixed when a program is loaded for the interface.
    Link, "link" {
        /// An Ethernet header (ARPHRD 1 and 772).
        0 Ethernet "ethernet",
        /// The IP header itself: WireGuard, tun, PPP, IP tunnels.
        1 RawIp "raw_ip",
    }
}

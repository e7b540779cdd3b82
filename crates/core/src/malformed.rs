// SPDX-License-Identifier: MIT
//! Packets whose headers make no sense, and what happens to them: the fail policy, in one match.

use crate::verdict::Verdict;
use aegis_abi::{Action, Reason};

macro_rules! malformed {
    ($($variant:ident)+) => {
        /// How a packet's headers fail to make sense. Each is the [`Reason`] of the same name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Malformed {
            $(#[doc = concat!("See [`Reason::", stringify!($variant), "`].")]
            $variant = Reason::$variant as u8,)+
        }

        impl Malformed {
            /// Every class, in the order in which parsing can meet them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The reason that is counted and reported.
            #[inline(always)]
            pub const fn reason(self) -> Reason {
                match self { $(Self::$variant => Reason::$variant,)+ }
            }
        }
    };
}

malformed! {
    EthernetTruncated VlanTruncated VlanDepth IpVersion
    Ipv4Truncated Ipv4HeaderLength Ipv4TotalLength
    Ipv6Truncated Ipv6PayloadLength
    ExtensionTruncated ExtensionDepth ExtensionOrder RoutingZero
    FragmentTiny FragmentOverlap FragmentBeyond
    TcpTruncated TcpDataOffset UdpTruncated UdpLength IcmpTruncated SctpTruncated
}

impl Malformed {
    /// The fail policy. A class fails closed where passing it would let a packet by unjudged, or
    /// where the kernel could read it another way than this parser did.
    #[inline(always)]
    pub const fn policy(self) -> Action {
        match self {
            // No header to judge by; the kernel cannot read it either.
            Self::EthernetTruncated | Self::VlanTruncated | Self::IpVersion => Action::Drop,
            // The kernel would unwrap as many tags as it has VLAN interfaces stacked.
            Self::VlanDepth => Action::Drop,
            // RFC 1122 section 3.2.1.1 and RFC 8200 section 3: discarded by every stack.
            Self::Ipv4Truncated | Self::Ipv4HeaderLength | Self::Ipv4TotalLength => Action::Drop,
            Self::Ipv6Truncated | Self::Ipv6PayloadLength => Action::Drop,
            // A header chain without an end in sight hides the port.
            Self::ExtensionTruncated | Self::ExtensionDepth | Self::ExtensionOrder => Action::Drop,
            // RFC 5095 section 3.
            Self::RoutingZero => Action::Drop,
            // Fragments made so that no filter sees the ports or flags, or to overrun a buffer.
            Self::FragmentTiny | Self::FragmentOverlap | Self::FragmentBeyond => Action::Drop,
            Self::TcpTruncated | Self::TcpDataOffset => Action::Drop,
            Self::UdpTruncated | Self::UdpLength => Action::Drop,
            Self::IcmpTruncated | Self::SctpTruncated => Action::Drop,
        }
    }

    /// The verdict on such a packet.
    #[inline(always)]
    pub const fn verdict(self) -> Verdict {
        Verdict {
            action: self.policy(),
            reason: self.reason(),
            rule: 0,
        }
    }
}

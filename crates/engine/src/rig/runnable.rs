// SPDX-License-Identifier: MIT
//! The programs of the rig.

use aegis_abi::names::program;

/// A program that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runnable {
    /// XDP ingress for one buffer.
    Ingress,
    /// XDP ingress for several buffers.
    IngressFrags,
    /// TC egress.
    Egress,
    /// What XDP ingress leaves, for one buffer.
    IngressNew,
    /// The same for several buffers.
    IngressFragsNew,
    /// What TC egress leaves.
    EgressNew,
    /// Answers SYNs with cookies, for one buffer.
    Cookie,
    /// The same for several buffers.
    CookieFrags,
    /// The least an XDP program can do.
    Empty,
    /// The least a TC program can do.
    EmptyTc,
    /// Changes the source each time it runs, then XDP ingress for one buffer.
    Vary,
    /// Changes the source each time it runs, then the least an XDP program can do.
    VaryOnly,
    /// Gives the packet one of 65,536 sources in turn, then XDP ingress for one buffer.
    Pick,
    /// Gives the packet one of 65,536 sources in turn, then the least an XDP program can do.
    PickOnly,
}

impl Runnable {
    /// Every one, each after those that it leads to.
    pub(super) const ALL: [Self; 14] = [
        Self::Cookie,
        Self::CookieFrags,
        Self::IngressNew,
        Self::IngressFragsNew,
        Self::EgressNew,
        Self::Ingress,
        Self::IngressFrags,
        Self::Egress,
        Self::Empty,
        Self::EmptyTc,
        Self::Vary,
        Self::VaryOnly,
        Self::Pick,
        Self::PickOnly,
    ];

    /// Whether it is part of the product.
    pub const fn is_ours(self) -> bool {
        !matches!(
            self,
            Self::Empty | Self::EmptyTc | Self::Vary | Self::VaryOnly | Self::Pick | Self::PickOnly
        )
    }

    /// Its name in the object.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingress => program::INGRESS,
            Self::IngressFrags => program::INGRESS_FRAGS,
            Self::Egress => program::EGRESS,
            Self::IngressNew => program::INGRESS_NEW,
            Self::IngressFragsNew => program::INGRESS_FRAGS_NEW,
            Self::EgressNew => program::EGRESS_NEW,
            Self::Cookie => program::COOKIE,
            Self::CookieFrags => program::COOKIE_FRAGS,
            Self::Empty => "empty",
            Self::EmptyTc => "empty_tc",
            Self::Vary => "vary",
            Self::VaryOnly => "vary_only",
            Self::Pick => "pick",
            Self::PickOnly => "pick_only",
        }
    }
}

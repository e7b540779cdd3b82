// SPDX-License-Identifier: MIT
//! Connections: those that are proven, and those that may become one.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $address:ty) => {
        $(#[$doc])*
        ///
        /// The peer is the source of what arrives and the destination of what departs, so that
        /// both hooks make the same key.
        #[derive(
            Clone,
            Copy,
            Debug,
            Default,
            PartialEq,
            Eq,
            Hash,
            PartialOrd,
            Ord,
            FromBytes,
            IntoBytes,
            Immutable,
            KnownLayout,
        )]
        #[repr(C, align(8))]
        pub struct $name {
            /// The other side.
            pub peer: $address,
            /// This side: the host, or whom it forwards for.
            pub local: $address,
            /// Port of the peer, host order; of an ICMP echo, its identifier if the peer asks, else 0.
            pub peer_port: u16,
            /// Port of this side, likewise.
            pub local_port: u16,
            /// IP protocol number: a whole word, as a key is all words.
            pub protocol: u32,
        }
    };
}

key! {
    /// An IPv4 connection.
    FlowKeyV4, [u8; 4]
}
key! {
    /// An IPv6 connection.
    FlowKeyV6, [u8; 16]
}

const _: () = assert!(size_of::<FlowKeyV4>() == 16);
const _: () = assert!(size_of::<FlowKeyV6>() == 40);

/// A connection of either family, where one type must do for both; otherwise as the keys above.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
#[repr(C)]
pub struct Tuple {
    /// The other side; IPv4 in the first four bytes.
    pub peer: [u8; 16],
    /// This side, likewise.
    pub local: [u8; 16],
    /// Port of the peer, host order; of an ICMP echo, its identifier if the peer asks, else 0.
    pub peer_port: u16,
    /// Port of this side, likewise.
    pub local_port: u16,
    /// IP protocol number.
    pub protocol: u8,
    /// [`crate::Family`] code.
    pub family: u8,
    /// Always zero.
    pub reserved: [u8; 2],
}

const _: () = assert!(size_of::<Tuple>() == 40);

/// What one side has sent. It is written by one hook only, so that two processors never write the
/// same word.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Side {
    /// The last packet, `CLOCK_MONOTONIC` nanoseconds; 0: none yet.
    pub last_ns: u64,
    /// Packets, as the hook counts them.
    pub packets: u64,
    /// Bytes from the first header on.
    pub bytes: u64,
    /// TCP: the sequence number after the last octet sent (SND.NXT, RFC 9293 section 3.3.1).
    pub next: u32,
    /// TCP: the last acknowledgement number sent (RCV.NXT).
    pub acknowledged: u32,
    /// [`mark`]s.
    pub marks: u32,
    /// Always zero.
    pub reserved: u32,
}

const _: () = assert!(size_of::<Side>() == 40);

/// What is remembered of a side of a TCP connection.
pub mod mark {
    /// It sent FIN.
    pub const FIN: u32 = 1 << 0;
    /// It acknowledged the FIN of the other side.
    pub const FIN_ACKNOWLEDGED: u32 = 1 << 1;
    /// It sent a RST that the other side had to believe.
    pub const RESET: u32 = 1 << 2;
    /// [`super::Side::next`] is known.
    pub const SEQUENCE: u32 = 1 << 3;
    /// [`super::Side::acknowledged`] is known.
    pub const ACKNOWLEDGEMENT: u32 = 1 << 4;
    /// The operator killed the connection; on either side.
    pub const KILLED: u32 = 1 << 5;
}

/// A connection that both sides have taken part in.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Flow {
    /// The first packet, `CLOCK_MONOTONIC` nanoseconds.
    pub first_ns: u64,
    /// What the peer sent.
    pub ingress: Side,
    /// What this side sent.
    pub egress: Side,
    /// `Settings::generation` under which it was last judged.
    pub generation: u32,
    /// [`crate::Origin`] code.
    pub origin: u8,
    /// Always zero.
    pub reserved: [u8; 3],
}

const _: () = assert!(size_of::<Flow>() == 96);

crate::hook::codes! {
    /// Who began a connection.
    Origin, "origin" {
        /// The peer.
        0 Peer "in",
        /// This side.
        1 Local "out",
        /// Its beginning was not seen.
        2 Unknown "unknown",
    }
}

/// Four entries of a table that share a cache line of tags: which is whose, and when it was last
/// used. The entries themselves lie in a table of their own, four to a line.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Ways {
    /// Keyed hash of the owner; 0: free.
    pub tags: [u64; Self::WAYS],
    /// Last use, `CLOCK_MONOTONIC` nanoseconds.
    pub last_ns: [u64; Self::WAYS],
}

const _: () = assert!(size_of::<Ways>() == 64);

impl Ways {
    /// Entries of a line.
    pub const WAYS: usize = 4;
}

/// A connection that only one side has taken part in so far, or for which there is no room among
/// the [`Flow`]s.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct HalfOpen {
    /// Between whom.
    pub tuple: Tuple,
    /// The first packet, `CLOCK_MONOTONIC` nanoseconds.
    pub first_ns: u64,
    /// Packets that arrived.
    pub ingress_packets: u32,
    /// Bytes that arrived.
    pub ingress_bytes: u32,
    /// Packets that departed.
    pub egress_packets: u32,
    /// Bytes that departed.
    pub egress_bytes: u32,
    /// TCP: the sequence number that whoever began will send next.
    pub initiator: u32,
    /// TCP: the sequence number that the other side will send next, once it has answered.
    pub responder: u32,
    /// [`half`] marks.
    pub marks: u32,
    /// Always zero.
    pub reserved: u32,
}

const _: () = assert!(size_of::<HalfOpen>() == 80);

/// Marks and places of the half-open table: the half of it for connections that peers began, which
/// an attacker can fill, and the half for those that this side began, which he cannot.
pub mod half {
    /// The other side has answered.
    pub const ANSWERED: u32 = 1 << 0;
    /// Its port was counted as tried.
    pub const COUNTED: u32 = 1 << 1;
    /// Both sides have taken part; there was no room for a flow.
    pub const PROVEN: u32 = 1 << 2;
    /// It began unseen; traffic the other way will prove it.
    pub const PICKED_UP: u32 = 1 << 3;
    /// Packets that must arrive before a connection without handshake is worth a flow.
    pub const DATAGRAMS: u32 = 8;
    /// Lines of each half, a power of two.
    pub const LINES: u32 = 1 << 14;
    /// Lines, all told.
    pub const ALL_LINES: u32 = 2 * LINES;
    /// Entries, all told.
    pub const ENTRIES: u32 = ALL_LINES * super::Ways::WAYS as u32;
}

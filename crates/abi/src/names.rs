// SPDX-License-Identifier: MIT
//! Names by which programs, tables and load-time constants are found in an object file.

/// Programs.
pub mod program {
    /// XDP ingress, section `xdp`.
    pub const INGRESS: &str = "aegis_ingress";
    /// XDP ingress, section `xdp.frags`: for MTUs that need several buffers (Linux 5.18).
    pub const INGRESS_FRAGS: &str = "aegis_ingress_frags";
    /// TC egress.
    pub const EGRESS: &str = "aegis_egress";
    /// What XDP ingress does with packets of no known connection.
    pub const INGRESS_NEW: &str = "aegis_ingress_new";
    /// The same for packets in several buffers (Linux 5.18).
    pub const INGRESS_FRAGS_NEW: &str = "aegis_ingress_frags_new";
    /// What TC egress does with packets of no known connection.
    pub const EGRESS_NEW: &str = "aegis_egress_new";
    /// Answers a SYN with a cookie.
    pub const COOKIE: &str = "aegis_cookie";
    /// The same for packets in several buffers.
    pub const COOKIE_FRAGS: &str = "aegis_cookie_frags";
    /// Sets the clock of the other programs when it is run (`BPF_PROG_TEST_RUN`).
    pub const CLOCK: &str = "aegis_clock";
}

/// Load-time constants.
pub mod constant {
    /// `Link` code of the interface, `u32`.
    pub const LINK: &str = "LINK";
    /// Not 0 on a loopback interface, `u32`.
    pub const LOOPBACK: &str = "LOOPBACK";
    /// Seed of the ban tables' hash, the same in every object of an instance, `u32`.
    pub const SEED: &str = "SEED";
    /// Index of the interface whose packets are rehearsals, 0 where none is, `u32`.
    pub const REHEARSED: &str = "REHEARSED";
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident)+) => {
        /// Tables. Every object of an instance shares them by name.
        pub mod table {
            $($(#[$doc])* pub const $name: &str = stringify!($name);)+

            /// Every name.
            pub const ALL: &[&str] = &[$($name),+];
        }
    };
}

tables! {
    /// Array of one `SettingsSlots`.
    SETTINGS
    /// Per-CPU array of `Tally` by `CounterSlot`.
    COUNTERS
    /// Ring buffer of `Event`.
    EVENTS
    /// Per-CPU array of `BudgetSlot`.
    BUDGETS
    /// Per-CPU array of arrival times by reason.
    REASON_BUDGETS
    /// Per-CPU array of arrival times by infrastructure slot.
    INFRASTRUCTURE
    /// Array of `TouchedLine`, IPv4.
    TOUCHED_V4
    /// Array of `TouchedLine`, IPv6.
    TOUCHED_V6
    /// Array of tables of one `SetRoot`, by `SetSlot`; an empty place is a set without addresses.
    SETS
    /// Array of tables of one `SetChunk`, which heads name.
    SET_CHUNKS
    /// Per-CPU array of `HitBlock`: packets that lists dropped, by class.
    SET_HITS
    /// The same of packets that lists only watched.
    SET_WATCHED
    /// Array of `Count`: packets dropped for where their peer is, by class of places.
    PLACE_HITS
    /// Trie of `Allow`, IPv4.
    ALLOW_V4
    /// Trie of `Allow`, IPv6.
    ALLOW_V6
    /// Array of `BanLineV4`.
    BAN_LINES_V4
    /// Array of `BanLineV6`.
    BAN_LINES_V6
    /// Array of `Ban` by line and place, IPv4.
    BANS_V4
    /// Array of `Ban` by line and place, IPv6.
    BANS_V6
    /// Trie of `Ban`, IPv4.
    BAN_PREFIXES_V4
    /// Trie of `Ban`, IPv6.
    BAN_PREFIXES_V6
    /// Hash of `Scope` by `ScopeKey`.
    SCOPES
    /// Hash of `Flow` by `FlowKeyV4`.
    FLOWS_V4
    /// Hash of `Flow` by `FlowKeyV6`.
    FLOWS_V6
    /// Array of `Ways` of the half-open table.
    HALF_OPEN_WAYS
    /// Array of `HalfOpen` by line and way.
    HALF_OPEN
    /// Array of `Ways` of the sources.
    SOURCE_WAYS
    /// Array of `Source` by line and way.
    SOURCES
    /// Per-CPU array of arrival times by `HostBucket`.
    HOST_BUCKETS
    /// Per-CPU array of counts by `StateCounter`.
    STATE_COUNTERS
    /// Hash of [`crate::names::protected`] by address: whom no cool-down may touch; IPv4 in the
    /// first four bytes.
    PROTECTED
    /// Ring buffer of `Offence`.
    OFFENCES
    /// Per-CPU array of one packet on its way from the first program to the second.
    PENDING
    /// Program array: where XDP ingress goes on, by [`crate::names::stage`].
    NEXT_XDP
    /// The same for programs of several buffers.
    NEXT_XDP_FRAGS
    /// The same for TC egress.
    NEXT_TC
    /// Array of one `Rehearsal`.
    REHEARSAL
}

/// The pinned array of one `Header`; no object has it, as programs do not need it.
pub const HEADER: &str = "HEADER";

/// Places in the program arrays.
pub mod stage {
    /// Packets of no known connection.
    pub const NEW: u32 = 0;
    /// SYN cookies.
    pub const COOKIE: u32 = 1;
    /// Room in the arrays.
    pub const SLOTS: u32 = 4;
}

/// Why an address is in [`table::PROTECTED`].
pub mod protected {
    /// It is the host's own, so that the host may be answered for.
    pub const OWN: u32 = 1;
    /// The host needs who has it.
    pub const NEEDED: u32 = 2;
}

/// How many entries the tables hold unless told otherwise.
pub mod capacity {
    /// Banned addresses, a family.
    pub const BANS: u32 = 131_072;
    /// Banned prefixes, a family.
    pub const BAN_PREFIXES: u32 = 262_144;
    /// Scoped bans, both families.
    pub const SCOPES: u32 = 65_536;
    /// Allowlist prefixes, a family.
    pub const ALLOW: u32 = 65_536;
    /// Connections, a family.
    pub const FLOWS: u32 = 65_536;
    /// Addresses that no cool-down may touch, both families.
    pub const PROTECTED: u32 = 4_096;
    /// Bytes of the buffer of offences, a power of two.
    pub const OFFENCE_BYTES: u32 = 1 << 18;
    /// Bytes of the event buffer, a power of two.
    pub const EVENT_BYTES: u32 = 1 << 20;
}

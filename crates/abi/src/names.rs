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
}

/// Tables.
pub mod table {
    /// Array of one `Settings`.
    pub const SETTINGS: &str = "SETTINGS";
    /// Array of one `Clock`.
    pub const CLOCK: &str = "CLOCK";
    /// Per-CPU array of `Count` by `CounterSlot`.
    pub const COUNTERS: &str = "COUNTERS";
    /// Per-CPU array of `EventCount` by reason.
    pub const EVENT_COUNTERS: &str = "EVENT_COUNTERS";
    /// Ring buffer of `Event`.
    pub const EVENTS: &str = "EVENTS";
    /// Per-CPU array of `BudgetSlot`.
    pub const BUDGETS: &str = "BUDGETS";
    /// Per-CPU array of arrival times by reason.
    pub const REASON_BUDGETS: &str = "REASON_BUDGETS";
    /// Per-CPU array of arrival times by infrastructure slot.
    pub const INFRASTRUCTURE: &str = "INFRASTRUCTURE";
    /// Array of `TouchedLine`, IPv4.
    pub const TOUCHED_V4: &str = "TOUCHED_V4";
    /// Array of `TouchedLine`, IPv6.
    pub const TOUCHED_V6: &str = "TOUCHED_V6";
    /// Trie of `Allow`, IPv4.
    pub const ALLOW_V4: &str = "ALLOW_V4";
    /// Trie of `Allow`, IPv6.
    pub const ALLOW_V6: &str = "ALLOW_V6";
    /// Array of `BanLineV4`.
    pub const BAN_LINES_V4: &str = "BAN_LINES_V4";
    /// Array of `BanLineV6`.
    pub const BAN_LINES_V6: &str = "BAN_LINES_V6";
    /// Array of `Ban` by line and place, IPv4.
    pub const BANS_V4: &str = "BANS_V4";
    /// Array of `Ban` by line and place, IPv6.
    pub const BANS_V6: &str = "BANS_V6";
    /// Trie of `Ban`, IPv4.
    pub const BAN_PREFIXES_V4: &str = "BAN_PREFIXES_V4";
    /// Trie of `Ban`, IPv6.
    pub const BAN_PREFIXES_V6: &str = "BAN_PREFIXES_V6";
    /// Hash of `Scope` by `ScopeKey`.
    pub const SCOPES: &str = "SCOPES";
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
    /// Bytes of the event buffer, a power of two.
    pub const EVENT_BYTES: u32 = 1 << 20;
}

// SPDX-License-Identifier: MIT
//! The tables of the file, in their order.

/// A table of the file.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its name; empty for the top level.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
}

const fn section(name: &'static str, about: &'static str) -> Section {
    Section { name, about }
}

/// Every section, the top level first.
pub static SECTIONS: &[Section] = &[
    section("", ""),
    section(
        "modules",
        "Parts of the filter that can be switched off on their own.",
    ),
    section("attach", "How the programs get to the packets."),
    section(
        "timeouts",
        "How long a connection is known after its last packet.",
    ),
    section(
        "rates",
        "What may be begun how often: so many at once (`_burst`), and from then on so \
         many a second. Established connections are never limited. `_source` is for each \
         source (an IPv4 address or an IPv6 /64); `_host` is for all of them together, on \
         each processor.",
    ),
    section(
        "port_scan",
        "When a source has gone too far, and how long it may begin nothing then.",
    ),
    section(
        "autoban",
        "Bans for offences, which end by themselves and grow longer for those who go on.",
    ),
    section(
        "feeds",
        "Lists of attackers that others keep, and your own. Those that come with Aegis block, once \
         lists are switched on; what they name and this host needs is left out.",
    ),
    section(
        "geo",
        "Where addresses are, as databases of places tell, and which countries and autonomous \
         systems are let through. docs/geo.md has more.",
    ),
    section(
        "crowdsec",
        "Decisions of CrowdSec: who is banned by its local API (LAPI) is banned here, until it says \
         otherwise or they end. docs/crowdsec.md tells how to begin.",
    ),
    section(
        "canary",
        "Frames whose fate is known, run through the attached programs; `status` tells what \
         does not come to what it must. They are neither counted nor reported.",
    ),
    section(
        "api",
        "Who may ask the daemon, besides root. The control socket is for changes, the read-only \
         one for questions. A group is looked up in /etc/group; give one from elsewhere by its \
         number.",
    ),
    section(
        "logging",
        "What the daemon tells, and where. RUST_LOG takes the place of `level`. Whoever does not \
         read, and a disk that is full, hold nothing up: lines are lost then, and counted.",
    ),
    section("allowlist", "Who is never banned, limited or checked."),
];

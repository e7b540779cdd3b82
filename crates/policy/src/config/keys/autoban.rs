// SPDX-License-Identifier: MIT
//! `[autoban]`: bans for offences.

use super::{Key, Kind, LONG, Slot, slot};

pub(super) const ENABLED: Key = Key::new(
    "autoban.enabled",
    Kind::Bool,
    slot!(Bool, auto_ban.enabled),
    "Whether anybody is banned for offences. Scanners and flooders cool down all the \
     same.",
)
.option("--no-autoban");

pub(super) const MAX_ENTRIES: Key = Key::new(
    "autoban.max_entries",
    Kind::Number {
        least: 0,
        most: 65_536,
        unit: "sources",
    },
    slot!(Number, auto_ban.max_entries),
    "Sources that may be banned at once. The ban that ends soonest gives way.",
)
.option("--autoban-max");

pub(super) const PROVEN_TTL: Key = Key::new(
    "autoban.proven_ttl",
    LONG,
    slot!(Time, auto_ban.proven.first),
    "How long the first ban holds for what nobody else can have sent. It is on \
     everything.",
);

pub(super) const PROVEN_TTL_MAX: Key = Key::new(
    "autoban.proven_ttl_max",
    LONG,
    slot!(Time, auto_ban.proven.longest),
    "How long any such ban holds at most.",
);

pub(super) const UNPROVEN_TTL: Key = Key::new(
    "autoban.unproven_ttl",
    LONG,
    slot!(Time, auto_ban.unproven.first),
    "How long the first ban holds for what may have been sent in the source's name. \
         It is on new connections only.",
);

pub(super) const UNPROVEN_TTL_MAX: Key = Key::new(
    "autoban.unproven_ttl_max",
    LONG,
    slot!(Time, auto_ban.unproven.longest),
    "How long any such ban holds at most.",
);

pub(super) const FACTOR: Key = Key::new(
    "autoban.factor",
    Kind::Number {
        least: 1,
        most: 1_000,
        unit: "times",
    },
    slot!(Number, auto_ban.factor),
    "A ban holds so many times as long as the one before it.",
);

pub(super) const MEMORY: Key = Key::new(
    "autoban.memory",
    LONG,
    slot!(Time, auto_ban.memory),
    "A source is forgotten so long after its last offence, or the end of its last \
     ban.",
);

pub(super) const MAX_OFFENDERS: Key = Key::new(
    "autoban.max_offenders",
    Kind::Number {
        least: 1,
        most: 1_048_576,
        unit: "sources",
    },
    slot!(Number, auto_ban.max_offenders),
    "Sources that are remembered; never fewer than may be banned.",
);

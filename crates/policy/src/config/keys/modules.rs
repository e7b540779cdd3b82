// SPDX-License-Identifier: MIT
//! `[modules]`: parts of the filter that can be switched off on their own.

use super::{Key, Kind, Slot};
use aegis_abi::Flags;

macro_rules! module {
    ($flag:ident) => {
        |config| Slot::Flag(&mut config.modules, Flags::$flag)
    };
}

pub(super) const PORT_SCAN: Key = Key::new(
    "modules.port_scan",
    Kind::Bool,
    module!(PORT_SCAN),
    "Let sources that try too many ports cool down.",
);

pub(super) const RATE_LIMIT: Key = Key::new(
    "modules.rate_limit",
    Kind::Bool,
    module!(RATE_LIMIT),
    "Bound what may be begun, as [rates] says.",
);

pub(super) const THREAT_FEEDS: Key = Key::new(
    "modules.threat_feeds",
    Kind::Bool,
    module!(THREATS),
    "Drop whom lists name, as [feeds] says; impossible source addresses, packets from \
     this host to itself that come from outside, and unsolicited answers of amplifiers.",
);

pub(super) const CONN_TRACK: Key = Key::new(
    "modules.conn_track",
    Kind::Bool,
    module!(CONN_TRACK),
    "Drop what belongs to no known connection and cannot begin one.",
);

pub(super) const SCAN_DETECT: Key = Key::new(
    "modules.scan_detect",
    Kind::Bool,
    module!(SCAN_DETECT),
    "Drop TCP segments that no stack sends.",
);

pub(super) const VERBOSE: Key = Key::new(
    "modules.verbose",
    Kind::Bool,
    module!(VERBOSE),
    "Report packets that pass, too, as often as [rates] lets events be.",
);

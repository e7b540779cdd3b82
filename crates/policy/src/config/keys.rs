// SPDX-License-Identifier: MIT
//! The table of keys, in the order in which people meet them.

use super::kind::{BURST, DAY, PER_SECOND, SECOND, WEEK};
use super::value::Slot;
use super::{
    Confine, Effect, Fragments, Key, Kind, Missing, Mode, OnStop, Tc, api, crowdsec, feeds, geo,
    logging,
};
use aegis_abi::Flags;

macro_rules! slot {
    ($kind:ident, $($field:tt)+) => {
        |config| Slot::$kind(&mut config.$($field)+)
    };
}

macro_rules! module {
    ($flag:ident) => {
        |config| Slot::Flag(&mut config.modules, Flags::$flag)
    };
}

macro_rules! rate {
    ($name:literal, $field:ident, $about:literal) => {
        Key::new(
            concat!("rates.", $name),
            PER_SECOND,
            slot!(Number, rates.$field.per_second),
            $about,
        )
    };
}

macro_rules! burst {
    ($name:literal, $field:ident) => {
        Key::new(
            concat!("rates.", $name, "_burst"),
            BURST,
            slot!(Number, rates.$field.burst),
            concat!("So many at once, where `", $name, "` is what follows."),
        )
    };
}

const TIME: Kind = Kind::Time {
    least: SECOND,
    most: WEEK,
};
const LONG: Kind = Kind::Time {
    least: SECOND,
    most: 52 * WEEK,
};

/// Every key.
pub static KEYS: &[Key] = &[
    Key::new(
        "interface",
        Kind::Names,
        slot!(Names, interfaces),
        "The interface to guard, such as \"eth0\", or a list of several.",
    )
    .option("--iface")
    .effect(Effect::Restart),
    Key::new(
        "later_fragments",
        Kind::Word(Fragments::WORDS),
        slot!(Word, later_fragments),
        "What happens to fragments after the first, which name no port: they are left to \
         reassembly, where the first one was judged, or dropped.",
    ),
    Key::new(
        "on_stop",
        Kind::Word(OnStop::WORDS),
        slot!(Word, on_stop),
        "What becomes of the filter when the daemon is stopped on purpose: it is detached, \
         or it is kept, by the policy of then, until a daemon takes it over or `aegis-cli \
         detach` ends it. A daemon that is killed leaves it in any case.",
    ),
    Key::new(
        "reload_on_change",
        Kind::Bool,
        slot!(Bool, reload_on_change),
        "Whether the daemon reads this file again when it has changed, without being asked. \
         What is wrong then is logged, and changes nothing.",
    ),
    Key::new(
        "confine",
        Kind::Word(Confine::WORDS),
        slot!(Word, confine),
        "Whether the daemon gives up every privilege that it does not need once it has \
         started: as many as the kernel can take from it (auto), or none (off).",
    )
    .effect(Effect::Restart),
    Key::new(
        "modules.port_scan",
        Kind::Bool,
        module!(PORT_SCAN),
        "Let sources that try too many ports cool down.",
    ),
    Key::new(
        "modules.rate_limit",
        Kind::Bool,
        module!(RATE_LIMIT),
        "Bound what may be begun, as [rates] says.",
    ),
    Key::new(
        "modules.threat_feeds",
        Kind::Bool,
        module!(THREATS),
        "Drop whom lists name, as [feeds] says; impossible source addresses, packets from \
         this host to itself that come from outside, and unsolicited answers of amplifiers.",
    ),
    Key::new(
        "modules.conn_track",
        Kind::Bool,
        module!(CONN_TRACK),
        "Drop what belongs to no known connection and cannot begin one.",
    ),
    Key::new(
        "modules.scan_detect",
        Kind::Bool,
        module!(SCAN_DETECT),
        "Drop TCP segments that no stack sends.",
    ),
    Key::new(
        "modules.verbose",
        Kind::Bool,
        module!(VERBOSE),
        "Report packets that pass, too, as often as [rates] lets events be.",
    ),
    Key::new(
        "attach.mode",
        Kind::Word(Mode::WORDS),
        slot!(Word, attach.mode),
        "How arriving packets are met: by the driver if it can (auto), by the driver or \
         not at all (native), or by the stack (generic).",
    )
    .option("--xdp-mode")
    .effect(Effect::Restart),
    Key::new(
        "attach.tc",
        Kind::Word(Tc::WORDS),
        slot!(Word, attach.tc),
        "How departing packets are met: by TCX if the kernel has it, else clsact (auto), \
         by clsact, or not at all (off).",
    )
    .option("--tc-mode, --no-tc")
    .effect(Effect::Restart),
    Key::new(
        "attach.missing",
        Kind::Word(Missing::WORDS),
        slot!(Word, attach.missing),
        "What happens where an interface is not there at the start: the daemon does not \
         start, or waits for it. One that goes later is waited for in any case.",
    )
    .effect(Effect::Restart),
    Key::new(
        "attach.grace",
        Kind::Time {
            least: 0,
            most: DAY,
        },
        slot!(Time, attach.grace),
        "How long after the start connections are picked up in the middle.",
    )
    .option("--grace")
    .effect(Effect::Restart),
    Key::new(
        "attach.max_flows",
        Kind::Number {
            least: 1,
            most: 1 << 24,
            unit: "connections",
        },
        slot!(Number, attach.max_flows),
        "Proven connections that there is room for, for IPv4 and for IPv6. The kernel \
         sets it aside at once, 150 bytes each.",
    )
    .option("--max-flows")
    .effect(Effect::Restart),
    Key::new(
        "timeouts.tcp_established",
        LONG,
        slot!(Time, timeouts.tcp_established),
        "TCP, established.",
    ),
    Key::new(
        "timeouts.tcp_closing",
        TIME,
        slot!(Time, timeouts.tcp_closing),
        "TCP, while it ends or after it has ended.",
    ),
    Key::new(
        "timeouts.udp",
        TIME,
        slot!(Time, timeouts.udp),
        "UDP and other protocols with ports, once both sides have sent.",
    ),
    Key::new(
        "timeouts.icmp",
        TIME,
        slot!(Time, timeouts.icmp),
        "ICMP echo, once both sides have sent.",
    ),
    Key::new(
        "timeouts.half_open",
        TIME,
        slot!(Time, timeouts.half_open),
        "What only one side has taken part in.",
    ),
    rate!("syn_source", syn_source, "New TCP connections."),
    burst!("syn_source", syn_source),
    rate!(
        "syn_host",
        syn_host,
        "New TCP connections that never were completed."
    ),
    burst!("syn_host", syn_host),
    rate!("udp_source", udp_source, "UDP packets of no connection."),
    burst!("udp_source", udp_source),
    rate!("udp_host", udp_host, "UDP packets of no connection."),
    burst!("udp_host", udp_host),
    rate!("icmp_source", icmp_source, "ICMP packets of no connection."),
    burst!("icmp_source", icmp_source),
    rate!("icmp_host", icmp_host, "ICMP packets of no connection."),
    burst!("icmp_host", icmp_host),
    rate!(
        "infrastructure",
        infrastructure,
        "Packets that networks live by, such as ARP and neighbour discovery, for each \
         source, kind and processor."
    ),
    burst!("infrastructure", infrastructure),
    rate!(
        "event_source",
        event_source,
        "Events, for each source and reason. What is beyond is counted."
    ),
    burst!("event_source", event_source),
    rate!(
        "event_reason",
        event_reason,
        "Events, for each reason and processor. What is beyond is counted."
    ),
    burst!("event_reason", event_reason),
    Key::new(
        "port_scan.ports",
        Kind::Number {
            least: 1,
            most: 400,
            unit: "ports",
        },
        slot!(Number, port_scan.ports),
        "Different ports that a source may try within the window. Ports that turn out to \
         be open to it do not count.",
    ),
    Key::new(
        "port_scan.window",
        TIME,
        slot!(Time, port_scan.window),
        "In which ports, and packets over a rate, are counted.",
    ),
    Key::new(
        "port_scan.cool_down",
        Kind::Time {
            least: SECOND,
            most: DAY,
        },
        slot!(Time, port_scan.cool_down),
        "How long a source that went too far may begin nothing. It doubles each time, up \
         to sixteen times as long; connections that stand go on.",
    ),
    Key::new(
        "port_scan.flood_refusals",
        Kind::Number {
            least: 1,
            most: 1_000_000,
            unit: "packets",
        },
        slot!(Number, port_scan.flood_refusals),
        "So many packets of a source over a rate within the window are a flood.",
    ),
    Key::new(
        "autoban.enabled",
        Kind::Bool,
        slot!(Bool, auto_ban.enabled),
        "Whether anybody is banned for offences. Scanners and flooders cool down all the \
         same.",
    )
    .option("--no-autoban"),
    Key::new(
        "autoban.max_entries",
        Kind::Number {
            least: 0,
            most: 65_536,
            unit: "sources",
        },
        slot!(Number, auto_ban.max_entries),
        "Sources that may be banned at once. The ban that ends soonest gives way.",
    )
    .option("--autoban-max"),
    Key::new(
        "autoban.proven_ttl",
        LONG,
        slot!(Time, auto_ban.proven.first),
        "How long the first ban holds for what nobody else can have sent. It is on \
         everything.",
    ),
    Key::new(
        "autoban.proven_ttl_max",
        LONG,
        slot!(Time, auto_ban.proven.longest),
        "How long any such ban holds at most.",
    ),
    Key::new(
        "autoban.unproven_ttl",
        LONG,
        slot!(Time, auto_ban.unproven.first),
        "How long the first ban holds for what may have been sent in the source's name. \
         It is on new connections only.",
    ),
    Key::new(
        "autoban.unproven_ttl_max",
        LONG,
        slot!(Time, auto_ban.unproven.longest),
        "How long any such ban holds at most.",
    ),
    Key::new(
        "autoban.factor",
        Kind::Number {
            least: 1,
            most: 1_000,
            unit: "times",
        },
        slot!(Number, auto_ban.factor),
        "A ban holds so many times as long as the one before it.",
    ),
    Key::new(
        "autoban.memory",
        LONG,
        slot!(Time, auto_ban.memory),
        "A source is forgotten so long after its last offence, or the end of its last \
         ban.",
    ),
    Key::new(
        "autoban.max_offenders",
        Kind::Number {
            least: 1,
            most: 1_048_576,
            unit: "sources",
        },
        slot!(Number, auto_ban.max_offenders),
        "Sources that are remembered; never fewer than may be banned.",
    ),
    feeds::ENABLED,
    feeds::DEFAULTS,
    feeds::MAX_DOWNLOAD_BYTES,
    feeds::PROXY,
    feeds::SOURCE,
    geo::COUNTRY,
    geo::CITY,
    geo::ASN,
    geo::BLOCK,
    geo::ALLOW_ONLY,
    geo::DIRECTION,
    geo::UNKNOWN,
    geo::PRELOAD,
    geo::UPDATE,
    geo::UPDATE_CITY,
    geo::URL,
    crowdsec::ENABLED,
    crowdsec::URL,
    crowdsec::KEY_FILE,
    crowdsec::INTERVAL,
    crowdsec::ORIGINS,
    crowdsec::SCENARIOS,
    crowdsec::OTHER_DECISIONS,
    crowdsec::PLAIN_HTTP,
    crowdsec::AUTHORITIES_FILE,
    crowdsec::ALERTS,
    crowdsec::REMEDIATION,
    crowdsec::MACHINE,
    crowdsec::PASSWORD_FILE,
    Key::new(
        "canary.every",
        Kind::Time {
            least: 0,
            most: DAY,
        },
        slot!(Time, canary.every),
        "How often, beside at the start and after each change; 0s: not at all.",
    ),
    api::CONTROL_GROUP,
    api::READ_GROUP,
    logging::LEVEL,
    logging::JSON,
    logging::TARGET,
    logging::FILE,
    logging::ROTATE_BYTES,
    logging::ROTATE_KEEP,
    logging::EVENTS,
    logging::EVENTS_FILE,
    logging::EVENTS_FORMAT,
    Key::new(
        "allowlist.ips",
        Kind::Targets,
        slot!(Targets, allowlist),
        "Addresses and prefixes, such as \"192.0.2.1\" and \"2001:db8::/32\". `aegis-cli \
         allow add` and `allow remove` edit this list.",
    ),
];

#[cfg(test)]
mod tests;

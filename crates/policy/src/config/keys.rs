// SPDX-License-Identifier: MIT
//! The table of keys, in the order in which people meet them.

mod autoban;
mod modules;
mod rates;

use super::kind::{DAY, SECOND, WEEK};
use super::value::Slot;
use super::{
    Confine, Effect, Fragments, Key, Kind, Missing, Mode, OnStop, Tc, api, crowdsec, feeds, geo,
    logging,
};

macro_rules! slot {
    ($kind:ident, $($field:tt)+) => {
        |config| Slot::$kind(&mut config.$($field)+)
    };
}

use slot;

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
    modules::PORT_SCAN,
    modules::RATE_LIMIT,
    modules::THREAT_FEEDS,
    modules::CONN_TRACK,
    modules::SCAN_DETECT,
    modules::VERBOSE,
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
    rates::SYN_SOURCE,
    rates::SYN_SOURCE_BURST,
    rates::SYN_HOST,
    rates::SYN_HOST_BURST,
    rates::UDP_SOURCE,
    rates::UDP_SOURCE_BURST,
    rates::UDP_HOST,
    rates::UDP_HOST_BURST,
    rates::ICMP_SOURCE,
    rates::ICMP_SOURCE_BURST,
    rates::ICMP_HOST,
    rates::ICMP_HOST_BURST,
    rates::INFRASTRUCTURE,
    rates::INFRASTRUCTURE_BURST,
    rates::EVENT_SOURCE,
    rates::EVENT_SOURCE_BURST,
    rates::EVENT_REASON,
    rates::EVENT_REASON_BURST,
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
    autoban::ENABLED,
    autoban::MAX_ENTRIES,
    autoban::PROVEN_TTL,
    autoban::PROVEN_TTL_MAX,
    autoban::UNPROVEN_TTL,
    autoban::UNPROVEN_TTL_MAX,
    autoban::FACTOR,
    autoban::MEMORY,
    autoban::MAX_OFFENDERS,
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

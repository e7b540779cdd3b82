// SPDX-License-Identifier: MIT
//! `[rates]`: what may be begun how often.

use super::{Key, Slot, slot};
use crate::config::kind::{BURST, PER_SECOND};

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

pub(super) const SYN_SOURCE: Key = rate!("syn_source", syn_source, "New TCP connections.");

pub(super) const SYN_SOURCE_BURST: Key = burst!("syn_source", syn_source);

pub(super) const SYN_HOST: Key = rate!(
    "syn_host",
    syn_host,
    "New TCP connections that never were completed."
);

pub(super) const SYN_HOST_BURST: Key = burst!("syn_host", syn_host);

pub(super) const UDP_SOURCE: Key = rate!("udp_source", udp_source, "UDP packets of no connection.");

pub(super) const UDP_SOURCE_BURST: Key = burst!("udp_source", udp_source);

pub(super) const UDP_HOST: Key = rate!("udp_host", udp_host, "UDP packets of no connection.");

pub(super) const UDP_HOST_BURST: Key = burst!("udp_host", udp_host);

pub(super) const ICMP_SOURCE: Key =
    rate!("icmp_source", icmp_source, "ICMP packets of no connection.");

pub(super) const ICMP_SOURCE_BURST: Key = burst!("icmp_source", icmp_source);

pub(super) const ICMP_HOST: Key = rate!("icmp_host", icmp_host, "ICMP packets of no connection.");

pub(super) const ICMP_HOST_BURST: Key = burst!("icmp_host", icmp_host);

pub(super) const INFRASTRUCTURE: Key = rate!(
    "infrastructure",
    infrastructure,
    "Packets that networks live by, such as ARP and neighbour discovery, for each \
     source, kind and processor."
);

pub(super) const INFRASTRUCTURE_BURST: Key = burst!("infrastructure", infrastructure);

pub(super) const EVENT_SOURCE: Key = rate!(
    "event_source",
    event_source,
    "Events, for each source and reason. What is beyond is counted."
);

pub(super) const EVENT_SOURCE_BURST: Key = burst!("event_source", event_source);

pub(super) const EVENT_REASON: Key = rate!(
    "event_reason",
    event_reason,
    "Events, for each reason and processor. What is beyond is counted."
);

pub(super) const EVENT_REASON_BURST: Key = burst!("event_reason", event_reason);

// SPDX-License-Identifier: MIT
//! One packet, from its first byte to its verdict, counted and reported.

use crate::Nanos;
use crate::account::{Subject, account, describe};
use crate::address::{Address, mix};
use crate::frame::Frame;
use crate::judge::judge;
use crate::packet::Packet;
use crate::parse::{Parsed, Unreadable, parse};
use crate::stage::infrastructure::within_rate;
use crate::tables::{AddressTables, Tables};
use crate::verdict::Verdict;
use aegis_abi::{Count, Event, Family, Hook, Infrastructure, Link, Reason, Settings};

/// Where a packet is met.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// Which hook runs.
    pub hook: Hook,
    /// What frames begin with.
    pub link: Link,
    /// Whether the interface is a loopback, where every address may be a source.
    pub loopback: bool,
    /// Index of the interface.
    pub interface: u32,
}

impl Site {
    /// Whether packets come from a network here.
    #[inline(always)]
    pub fn faces_network(&self) -> bool {
        self.hook.is_ingress() && !self.loopback
    }
}

/// Judges one frame, counts it, and reports it if that is due.
#[inline(always)]
pub fn inspect<F: Frame, T: Tables>(
    frame: &F,
    site: &Site,
    (settings, tables): (&Settings, &T),
    now: Nanos,
) -> Verdict {
    let context = (settings, tables);
    let size = Count {
        packets: u64::from(frame.segments()),
        bytes: frame.length() as u64,
    };
    match parse(frame, site.link) {
        Ok(Parsed::V4(packet)) => packet_path(&packet, size, site, context, now),
        Ok(Parsed::V6(packet)) => packet_path(&packet, size, site, context, now),
        Ok(Parsed::Arp { sender }) => {
            let verdict = within_rate(
                (Infrastructure::Arp, link_hash(sender, settings.seed)),
                site.hook,
                context,
                now,
            );
            bare((Family::Other, size), site, verdict, context, now)
        }
        Ok(Parsed::NotIp) => {
            let verdict = Verdict::pass(Reason::NotIp);
            bare((Family::Other, size), site, verdict, context, now)
        }
        Err(Unreadable { family, malformed }) => {
            bare((family, size), site, malformed.verdict(), context, now)
        }
    }
}

/// A packet with addresses: judged, then accounted for.
#[inline(always)]
fn packet_path<A: Address, T: Tables + AddressTables<A>>(
    packet: &Packet<A>,
    size: Count,
    site: &Site,
    context: (&Settings, &T),
    now: Nanos,
) -> Verdict {
    let verdict = judge(packet, site, context, now);
    let subject = Subject {
        family: A::FAMILY,
        size,
        source_hash: packet.source.hash(context.0.seed),
    };
    account((subject, || describe(packet)), site, verdict, context, now);
    verdict
}

/// A frame without addresses, of which little can be said.
#[inline(always)]
fn bare<T: Tables>(
    (family, size): (Family, Count),
    site: &Site,
    verdict: Verdict,
    context: (&Settings, &T),
    now: Nanos,
) -> Verdict {
    let subject = Subject {
        family,
        size,
        source_hash: 0,
    };
    account((subject, || Event::EMPTY), site, verdict, context, now);
    verdict
}

/// As [`Address::hash`], of a link address.
#[inline(always)]
fn link_hash([a, b, c, d, e, f]: [u8; 6], seed: u32) -> u32 {
    mix(mix(u32::from_be_bytes([a, b, c, d]) ^ seed) ^ u32::from_be_bytes([0, 0, e, f]))
}

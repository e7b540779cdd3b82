// SPDX-License-Identifier: MIT
//! What a source of unsolicited packets may do: token buckets, a sketch of the ports it tried, and
//! a cool-down for whoever goes too far. Replies and known connections never come here.
//!
//! The sketch is a bitmap of 512 bits, one for each hash of a port. A port sets at most one bit, so
//! that a source which tried fifty ports never has more than fifty bits: the error is one-sided.
//! The fifty-first bit is set on average by the fifty-fourth distinct port (linear counting:
//! −512 · ln(1 − 51/512)), and in 999 cases of 1,000 by the sixty-second.

use crate::Nanos;
use crate::address::mix;
use crate::bucket::admit;
use crate::verdict::Verdict;
use aegis_abi::{Flags, Rate, Reason, Settings, Source};

/// What an unsolicited packet asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Request {
    /// A TCP connection.
    Connection,
    /// To be taken for a UDP exchange.
    Datagram,
    /// The same again, before anybody answered.
    Repetition,
    /// ICMP.
    Icmp,
    /// Nothing that could be granted; it shows how a port reacts.
    Probe,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// [`Reason::Default`] where there is no objection.
    pub reason: Reason,
    /// Whether the source went too far with this packet.
    pub offence: bool,
    /// Whether a bit of the sketch was set for it.
    pub counted: bool,
}

impl Answer {
    /// No objection.
    pub const GRANTED: Self = Self {
        reason: Reason::Default,
        offence: false,
        counted: false,
    };

    /// The verdict; [`Verdict::UNDECIDED`] where there is no objection.
    #[inline(always)]
    pub fn verdict(self) -> Verdict {
        match self.reason {
            Reason::Default => Verdict::UNDECIDED,
            reason => Verdict::drop(reason),
        }
    }
}

/// Longer than this nobody cools down the first time: 52 days.
const LONGEST: u64 = (1 << 52) - 1;
/// The longest cool-down is so many doublings of the first.
const MOST_DOUBLINGS: u8 = 4;

impl Request {
    /// Whether the port it goes to counts as tried.
    #[inline(always)]
    const fn tries_port(self) -> bool {
        matches!(self, Self::Connection | Self::Datagram | Self::Probe)
    }
}

/// Judges an unsolicited packet to a port by what its source did before.
#[inline(always)]
pub fn ask(
    source: &mut Source,
    request: Request,
    port: u16,
    settings: &Settings,
    now: Nanos,
) -> Answer {
    if now.0 >= source.window_ns.saturating_add(settings.scan_window_ns) {
        begin_window(source, now);
    }
    source.packets = source.packets.saturating_add(1);
    if source.cool_until_ns > now.0 && settings.flags.any(COOLS) {
        return Answer {
            reason: Reason::CoolDown,
            ..Answer::GRANTED
        };
    }
    let over =
        settings.flags.has(Flags::RATE_LIMIT) && !within_rate(source, request, settings, now);
    if over {
        source.refused = source.refused.saturating_add(1);
    }
    // What is over the rate has tried its port all the same: a strict rate hides no scan.
    let tried = if request.tries_port() && settings.flags.has(Flags::PORT_SCAN) {
        try_port(source, port, settings)
    } else {
        Answer::GRANTED
    };
    if tried.offence || !over {
        return tried;
    }
    Answer {
        reason: rate_reason(request),
        offence: source.refused > settings.flood_refusals,
        counted: false,
    }
}

/// Switches any of which makes sources cool down.
const COOLS: Flags = Flags::PORT_SCAN.with(Flags::RATE_LIMIT);

#[inline(always)]
fn begin_window(source: &mut Source, now: Nanos) {
    source.window_ns = now.0;
    source.packets = 0;
    forget(source);
}

/// Whoever has been told off is counted from nothing.
#[inline(always)]
pub fn forget(source: &mut Source) {
    source.refused = 0;
    source.tried = 0;
    source.ports = [0; Source::WORDS];
}

#[inline(always)]
fn within_rate(source: &mut Source, request: Request, settings: &Settings, now: Nanos) -> bool {
    let (arrival_ns, rate): (&mut u64, Rate) = match request {
        Request::Connection => (&mut source.syn_ns, settings.syn_source),
        Request::Datagram | Request::Repetition => (&mut source.udp_ns, settings.udp_source),
        Request::Icmp => (&mut source.icmp_ns, settings.icmp_source),
        Request::Probe => return true,
    };
    admit(arrival_ns, rate, now)
}

#[inline(always)]
const fn rate_reason(request: Request) -> Reason {
    match request {
        Request::Connection | Request::Probe => Reason::SynRate,
        Request::Datagram | Request::Repetition => Reason::UdpRate,
        Request::Icmp => Reason::IcmpRate,
    }
}

#[inline(always)]
fn try_port(source: &mut Source, port: u16, settings: &Settings) -> Answer {
    let (word, bit) = place(port, settings.seed);
    let counted = source.ports[word & 7] & bit == 0;
    if counted {
        source.ports[word & 7] |= bit;
        source.tried = source.tried.saturating_add(1);
        source.recent[source.at as usize & (Source::RECENT - 1)] = port;
        source.at = source.at.wrapping_add(1);
    }
    let scan = u32::from(source.tried) > settings.scan_ports;
    Answer {
        reason: if scan {
            Reason::PortScan
        } else {
            Reason::Default
        },
        offence: scan,
        counted,
    }
}

/// A port that turned out to be open to the source was no probe.
#[inline(always)]
pub fn forgive(source: &mut Source, port: u16, seed: u32) {
    let (word, bit) = place(port, seed);
    if source.ports[word & 7] & bit != 0 {
        source.ports[word & 7] &= !bit;
        source.tried = source.tried.saturating_sub(1);
    }
}

/// Makes the source cool down, longer each time.
#[inline(always)]
pub fn punish(source: &mut Source, settings: &Settings, now: Nanos) {
    let doublings = if source.strikes < MOST_DOUBLINGS {
        source.strikes
    } else {
        MOST_DOUBLINGS
    };
    source.strikes = source.strikes.saturating_add(1);
    // A multiplication that saturates needs 128 bits, which eBPF does not have.
    let pause = (settings.cool_down_ns & LONGEST) << doublings;
    source.cool_until_ns = now.0.saturating_add(pause);
    forget(source);
}

/// Word and bit of a port in the sketch. All of the port goes into its place, and the seed, lest
/// somebody try only ports that share fifty bits, or have an open port pardon another one.
#[inline(always)]
fn place(port: u16, seed: u32) -> (usize, u64) {
    let hash = mix(u32::from(port) ^ seed) >> 23;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

#[cfg(test)]
mod tests;

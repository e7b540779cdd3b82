// SPDX-License-Identifier: MIT
//! A packet on its way from the first program to the second.
//!
//! The first program knows most packets: they belong to a connection, or are banned. What it does
//! not know is left to a second one, and so is every event that is due: few packets need what has to
//! be remembered for that. What the packet says is read from it again. So each program is verified
//! on its own, and a known connection does not pay for what a new one needs.

pub mod mark;

use crate::Nanos;
use crate::address::Address;
use crate::inspect::Sighting;
use crate::packet::{Fragment, Offsets, Packet, Transport};
use crate::tcp::{Numbers, TcpFlags};
use crate::tuple::note_tuple;
use crate::verdict::Verdict;
use aegis_abi::{Action, Count, CounterSlot, Event, Family, Hook, Reason, Settings, Tuple};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What is known of such a packet. Every byte is defined: it lies in kernel memory.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Pending {
    now_ns: u64,
    size: Count,
    /// The connection it belongs to, if it belongs to one.
    pub tuple: Tuple,
    sequence: u32,
    acknowledgement: u32,
    payload: u32,
    interface: u32,
    allowed_rule: u32,
    barred_rule: u32,
    rule: u32,
    suppressed: u32,
    tcp_flags: u16,
    network_at: u16,
    transport_at: u16,
    source_port: u16,
    destination_port: u16,
    icmp_type: u8,
    icmp_code: u8,
    kind: u8,
    hook: u8,
    hop_limit: u8,
    marks: u8,
    reason: u8,
    action: u8,
    slot: u8,
    /// Code of the reason for which nobody begins anything; 0 where there is none.
    outcast: u8,
    outcast_rule: u32,
}

const _: () = assert!(size_of::<Pending>() == 120);

/// What kind of transport a pending packet has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// None that is looked into, or a later fragment that has none.
    Opaque,
    /// TCP.
    Tcp,
    /// UDP, UDP-Lite, SCTP, DCCP.
    Ports,
    /// ICMP or ICMPv6.
    Icmp,
    /// A later fragment.
    Later,
}

/// What the first program found out besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// [`mark`]s.
    pub marks: u8,
    /// The allowlist's rule, where the peer is exempt.
    pub allowed_rule: u32,
    /// The rule that keeps the peer from beginning connections, where it is barred.
    pub barred_rule: u32,
}

impl Pending {
    const NOTHING: Self = zerocopy::transmute!([0_u8; size_of::<Self>()]);

    /// Notes where and when a packet was seen, where its network header is, and by which settings
    /// it is judged. Programs of the second leg serve interfaces with link headers of every kind.
    #[inline(always)]
    pub(crate) fn note_sighting(
        &mut self,
        sighting: &Sighting,
        (family, at): (Family, usize),
        settings: &Settings,
    ) {
        self.slot = settings.slot as u8;
        self.network_at = at as u16;
        self.now_ns = sighting.now.0;
        self.size = sighting.size;
        self.interface = sighting.site.interface;
        self.hook = sighting.site.hook as u8;
        self.tuple.family = family as u8;
    }

    /// Notes what was decided.
    #[inline(always)]
    pub(crate) fn note_verdict(&mut self, verdict: Verdict, suppressed: u32) {
        self.rule = verdict.rule;
        self.reason = verdict.reason as u8;
        self.action = verdict.action as u8;
        self.suppressed = suppressed;
    }

    /// Notes what was found out where nothing was decided.
    #[inline(always)]
    pub(crate) fn note_findings(&mut self, findings: Findings) {
        self.allowed_rule = findings.allowed_rule;
        self.barred_rule = findings.barred_rule;
        self.marks = findings.marks;
    }

    /// Notes why nothing may begin with the peer: [`Reason::ListUnsolicited`] or [`Reason::Place`],
    /// or, for no reason, [`Reason::Default`].
    #[inline(always)]
    pub(crate) fn note_outcast(&mut self, reason: Reason, rule: u32) {
        self.outcast = reason as u8;
        self.outcast_rule = rule;
    }

    /// Notes what a packet says, field by field where it lies.
    #[inline(always)]
    pub(crate) fn note<A: Address>(&mut self, packet: &Packet<A>) {
        self.hop_limit = packet.hop_limit;
        self.transport_at = packet.at.transport;
        self.kind = kind_of(packet) as u8;
        let hook = self.hook();
        note_tuple(&mut self.tuple, packet, hook);
        self.note_transport(packet);
    }

    /// Notes that a frame has no addresses.
    #[inline(always)]
    pub(crate) fn note_nothing(&mut self) {
        let family = self.tuple.family;
        *self = Self {
            now_ns: self.now_ns,
            size: self.size,
            interface: self.interface,
            hook: self.hook,
            rule: self.rule,
            reason: self.reason,
            action: self.action,
            slot: self.slot,
            suppressed: self.suppressed,
            ..Self::NOTHING
        };
        self.tuple.family = family;
    }

    #[inline(always)]
    fn note_transport<A: Address>(&mut self, packet: &Packet<A>) {
        let ports = packet.ports();
        self.source_port = ports.map_or(0, |ports| ports.source);
        self.destination_port = ports.map_or(0, |ports| ports.destination);
        let (flags, numbers) = match packet.transport() {
            Transport::Tcp { flags, numbers, .. } => (flags, numbers),
            _ => (TcpFlags(0), Numbers::default()),
        };
        self.tcp_flags = flags.0;
        self.sequence = numbers.sequence;
        self.acknowledgement = numbers.acknowledgement;
        self.payload = numbers.payload;
        (self.icmp_type, self.icmp_code) = match packet.transport() {
            Transport::Icmp { kind, code, .. } => (kind, code),
            _ => (0, 0),
        };
    }

    /// Whether there is nothing more to decide.
    #[inline(always)]
    pub(crate) fn is_decided(&self) -> bool {
        self.reason != Reason::Default as u8
    }

    /// The index of the [`CounterSlot`] of what was decided. (A [`Reason`] would be read by a match with
    /// an arm for each, and the verifier follows each of them.)
    #[inline(always)]
    pub(crate) fn counter(&self) -> u32 {
        CounterSlot::index_of(self.hook(), self.family(), self.reason)
    }

    /// What was decided.
    #[inline(always)]
    pub(crate) fn action(&self) -> Action {
        match Action::try_from(self.action) {
            Ok(action) => action,
            Err(_) => Action::Pass,
        }
    }

    /// When it was seen.
    #[inline(always)]
    pub fn now(&self) -> Nanos {
        Nanos(self.now_ns)
    }

    /// Which slot the settings are in that it is judged by.
    #[inline(always)]
    pub fn slot(&self) -> u32 {
        self.slot.into()
    }

    /// What it counts for.
    #[inline(always)]
    pub fn size(&self) -> Count {
        self.size
    }

    /// Where it was seen.
    #[inline(always)]
    pub fn hook(&self) -> Hook {
        if self.hook == Hook::TcEgress as u8 {
            Hook::TcEgress
        } else {
            Hook::XdpIngress
        }
    }

    /// Index of the interface where it was seen.
    #[inline(always)]
    pub(crate) fn interface(&self) -> u32 {
        self.interface
    }

    /// Which family it is of.
    #[inline(always)]
    pub fn family(&self) -> Family {
        const V4: u8 = Family::V4 as u8;
        const V6: u8 = Family::V6 as u8;
        match self.tuple.family {
            V4 => Family::V4,
            V6 => Family::V6,
            _ => Family::Other,
        }
    }

    /// What kind of transport it has.
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        match self.kind {
            1 => Kind::Tcp,
            2 => Kind::Ports,
            3 => Kind::Icmp,
            4 => Kind::Later,
            _ => Kind::Opaque,
        }
    }

    /// TCP flags.
    #[inline(always)]
    pub fn flags(&self) -> TcpFlags {
        TcpFlags(self.tcp_flags)
    }

    /// TCP sequence numbers.
    #[inline(always)]
    pub fn numbers(&self) -> Numbers {
        Numbers {
            sequence: self.sequence,
            acknowledgement: self.acknowledgement,
            payload: self.payload,
        }
    }

    /// ICMP type and code.
    #[inline(always)]
    pub fn icmp(&self) -> (u8, u8) {
        (self.icmp_type, self.icmp_code)
    }

    /// Where its headers begin.
    #[inline(always)]
    pub fn at(&self) -> Offsets {
        Offsets {
            network: self.network_at,
            transport: self.transport_at,
        }
    }

    /// Whether the first program set a [`mark`].
    #[inline(always)]
    pub fn has(&self, mark: u8) -> bool {
        self.marks & mark != 0
    }

    /// The rule that exempts the peer.
    #[inline(always)]
    pub fn allowed_rule(&self) -> u32 {
        self.allowed_rule
    }

    /// The rule that bars the peer.
    #[inline(always)]
    pub fn barred_rule(&self) -> u32 {
        self.barred_rule
    }

    /// Marks of the peer's group that lists made, as in the touched table.
    #[inline(always)]
    pub(crate) fn lists(&self) -> u64 {
        mark::to_lists(self.marks)
    }

    /// Whether nothing may begin with the peer, whoever begins it.
    #[inline(always)]
    pub(crate) fn is_outcast(&self) -> bool {
        self.outcast != Reason::Default as u8
    }

    /// What becomes of what begins something where nothing may.
    #[inline(always)]
    pub(crate) fn outcast_verdict(&self) -> Verdict {
        // As for `reason`: no match with an arm for each.
        let place = self.outcast == Reason::Place as u8;
        let reason = if place {
            Reason::Place
        } else {
            Reason::ListUnsolicited
        };
        Verdict::drop(reason).by(self.outcast_rule)
    }

    /// What an event says of it.
    #[inline(always)]
    pub fn describe(&self) -> Event {
        let (source, destination) = if self.hook().is_ingress() {
            (self.tuple.peer, self.tuple.local)
        } else {
            (self.tuple.local, self.tuple.peer)
        };
        Event {
            time_ns: self.now_ns,
            length: self.size.bytes as u32,
            interface: self.interface,
            rule: self.rule,
            suppressed: self.suppressed,
            reason: self.reason,
            action: self.action,
            hook: self.hook().code(),
            family: self.family().code(),
            source,
            destination,
            source_port: self.source_port,
            destination_port: self.destination_port,
            tcp_flags: self.tcp_flags,
            protocol: self.tuple.protocol,
            hop_limit: self.hop_limit,
            icmp_type: self.icmp_type,
            icmp_code: self.icmp_code,
            ..Event::EMPTY
        }
    }
}

#[inline(always)]
fn kind_of<A>(packet: &Packet<A>) -> Kind {
    if matches!(packet.fragment, Fragment::Later) {
        return Kind::Later;
    }
    match packet.transport() {
        Transport::Tcp { .. } => Kind::Tcp,
        Transport::Ports(_) => Kind::Ports,
        Transport::Icmp { .. } => Kind::Icmp,
        Transport::Opaque | Transport::Malformed(_) => Kind::Opaque,
    }
}

#[cfg(test)]
mod tests;

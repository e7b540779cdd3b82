// SPDX-License-Identifier: MIT
//! Connections as people ask for them: listed, taken over, killed, and reclaimed when they are over.

use crate::EngineError;
use crate::clock::monotonic_ns;
use crate::tables::state::{StateTables, Waiting};
use aegis_abi::flow::{half, mark};
use aegis_abi::{Count, Family, Flow, Origin, Settings, Side, Tuple};
use aegis_core::Nanos;
use aegis_core::conntrack::{self, State, is_live, last_seen, timeout};
use aegis_core::packet::protocol;
use aegis_core::tuple::tag;

/// How long a connection that is over stays in the table: a packet that comes late still finds that
/// it was known.
const MARGIN_NS: u64 = 5_000_000_000;

/// Where a connection stands, proven or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowState {
    /// See [`State::Established`].
    Established,
    /// See [`State::HalfClosed`].
    HalfClosed,
    /// See [`State::Closing`].
    Closing,
    /// See [`State::TimeWait`].
    TimeWait,
    /// See [`State::Reset`].
    Reset,
    /// See [`State::Killed`].
    Killed,
    /// TCP: this side has asked for it.
    SynSent,
    /// TCP: the peer has asked for it.
    SynReceived,
    /// TCP: it began unseen, and nobody has answered yet.
    PickedUp,
    /// Without handshake: only one side has sent.
    Unreplied,
    /// Without handshake: both have sent, not yet for long.
    Replied,
}

impl FlowState {
    /// Every state.
    pub const ALL: &[Self] = &[
        Self::Established,
        Self::HalfClosed,
        Self::Closing,
        Self::TimeWait,
        Self::Reset,
        Self::Killed,
        Self::SynSent,
        Self::SynReceived,
        Self::PickedUp,
        Self::Unreplied,
        Self::Replied,
    ];

    /// The name in output and JSON.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Established => State::Established.label(),
            Self::HalfClosed => State::HalfClosed.label(),
            Self::Closing => State::Closing.label(),
            Self::TimeWait => State::TimeWait.label(),
            Self::Reset => State::Reset.label(),
            Self::Killed => State::Killed.label(),
            Self::SynSent => "syn_sent",
            Self::SynReceived => "syn_received",
            Self::PickedUp => "picked_up",
            Self::Unreplied => "unreplied",
            Self::Replied => "replied",
        }
    }

    /// Whether it waits to be proven.
    #[must_use]
    pub const fn is_half_open(self) -> bool {
        match self {
            Self::SynSent
            | Self::SynReceived
            | Self::PickedUp
            | Self::Unreplied
            | Self::Replied => true,
            Self::Established
            | Self::HalfClosed
            | Self::Closing
            | Self::TimeWait
            | Self::Reset
            | Self::Killed => false,
        }
    }

    const fn of(state: State) -> Self {
        match state {
            State::Established => Self::Established,
            State::HalfClosed => Self::HalfClosed,
            State::Closing => Self::Closing,
            State::TimeWait => Self::TimeWait,
            State::Reset => Self::Reset,
            State::Killed => Self::Killed,
        }
    }

    fn of_waiting(waiting: &Waiting) -> Self {
        let marks = waiting.half.marks;
        let has = |mark: u32| marks & mark != 0;
        match (
            waiting.half.tuple.protocol == protocol::TCP,
            waiting.begun_here,
        ) {
            (true, _) if has(half::PROVEN) => Self::Established,
            (true, _) if has(half::PICKED_UP) => Self::PickedUp,
            (true, true) => Self::SynSent,
            (true, false) => Self::SynReceived,
            (false, _) if has(half::ANSWERED) => Self::Replied,
            (false, _) => Self::Unreplied,
        }
    }
}

/// A connection. Times are `CLOCK_MONOTONIC`, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowEntry {
    /// Between whom.
    pub tuple: Tuple,
    /// Where it stands.
    pub state: FlowState,
    /// Who began it.
    pub origin: Origin,
    /// The first packet.
    pub first_ns: u64,
    /// The last packet.
    pub last_ns: u64,
    /// What arrived.
    pub ingress: Count,
    /// What departed.
    pub egress: Count,
}

/// A connection that stood before there was anybody to see it begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// Between whom.
    pub tuple: Tuple,
    /// Who began it, if that is known.
    pub origin: Origin,
}

/// What reclaiming came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Connections that were over.
    pub removed: usize,
    /// Connections that stand.
    pub live: usize,
}

/// Entries of the tables of connections, over or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowFill {
    /// Proven connections of IPv4.
    pub v4: u64,
    /// Those of IPv6.
    pub v6: u64,
    /// Half-open ones.
    pub half_open: u64,
}

/// Connections, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Those that stand, and wait for nobody.
    pub proven: usize,
    /// Those that stand, half-open.
    pub half_open: usize,
    /// What there is in the tables.
    pub fill: FlowFill,
}

impl Census {
    fn count(&mut self, state: FlowState) {
        match state.is_half_open() {
            true => self.half_open += 1,
            false => self.proven += 1,
        }
    }
}

/// Connections that stand, one after the other, proven ones first. No copy is made of what is looked at
/// and let go.
pub(crate) fn each(
    state: &StateTables,
    settings: &Settings,
    mut visit: impl FnMut(FlowEntry),
) -> Result<Census, EngineError> {
    let now = Nanos(monotonic_ns());
    let mut census = Census::default();
    state.each_flow(|tuple, flow| {
        let is_v6 = tuple.family == Family::V6.code();
        census.fill.v6 += u64::from(is_v6);
        census.fill.v4 += u64::from(!is_v6);
        if is_live(&flow, tuple.protocol, &settings.timeouts, now) {
            let entry = proven(&tuple, &flow);
            census.count(entry.state);
            visit(entry);
        }
    })?;
    let keep = settings.timeouts.half_open;
    state.each_half_open(|waiting| {
        census.fill.half_open += 1;
        if waiting.last_ns.saturating_add(keep) > now.0 {
            let entry = half_open(&waiting);
            census.count(entry.state);
            visit(entry);
        }
    });
    Ok(census)
}

fn proven(tuple: &Tuple, flow: &Flow) -> FlowEntry {
    let count = |side: &Side| Count {
        packets: side.packets,
        bytes: side.bytes,
    };
    FlowEntry {
        tuple: *tuple,
        state: FlowState::of(conntrack::state(flow)),
        origin: Origin::try_from(flow.origin).unwrap_or(Origin::Unknown),
        first_ns: flow.first_ns,
        last_ns: last_seen(flow),
        ingress: count(&flow.ingress),
        egress: count(&flow.egress),
    }
}

fn half_open(waiting: &Waiting) -> FlowEntry {
    let half = &waiting.half;
    let count = |packets: u32, bytes: u32| Count {
        packets: packets.into(),
        bytes: bytes.into(),
    };
    let state = FlowState::of_waiting(waiting);
    let origin = match (state, waiting.begun_here) {
        (FlowState::PickedUp, _) => Origin::Unknown,
        (_, true) => Origin::Local,
        (_, false) => Origin::Peer,
    };
    FlowEntry {
        tuple: half.tuple,
        state,
        origin,
        first_ns: half.first_ns,
        last_ns: waiting.last_ns,
        ingress: count(half.ingress_packets, half.ingress_bytes),
        egress: count(half.egress_packets, half.egress_bytes),
    }
}

/// Takes connections over; those that are known stay as they are. Returns how many were added.
pub(crate) fn adopt(state: &mut StateTables, adopted: &[Adopted], settings: &Settings) -> usize {
    let now = monotonic_ns();
    let side = Side {
        last_ns: now,
        ..Side::default()
    };
    let mut added = 0;
    for Adopted { tuple, origin } in adopted {
        let flow = Flow {
            first_ns: now,
            ingress: side,
            egress: side,
            generation: settings.generation,
            origin: origin.code(),
            reserved: [0; 3],
        };
        added += usize::from(state.add_flow(tuple, &flow));
    }
    added
}

/// Ends a connection: its packets are dropped until it is forgotten. `false` where it is unknown.
pub(crate) fn kill(
    state: &mut StateTables,
    tuple: &Tuple,
    settings: &Settings,
) -> Result<bool, EngineError> {
    let waiting = state.forget_half_open(tag(tuple, settings.seed));
    let Some(mut flow) = state.flow(tuple) else {
        return Ok(waiting);
    };
    let now = monotonic_ns();
    if !is_live(&flow, tuple.protocol, &settings.timeouts, Nanos(now)) {
        return Ok(waiting);
    }
    flow.ingress.marks |= mark::KILLED;
    flow.egress.marks |= mark::KILLED;
    flow.ingress.last_ns = now;
    state.set_flow(tuple, &flow).map(|()| true)
}

/// Removes connections that are over. One that comes back to life in that very moment is put back.
pub(crate) fn reclaim(
    state: &mut StateTables,
    settings: &Settings,
) -> Result<Reclaimed, EngineError> {
    let now = monotonic_ns();
    let mut reclaimed = Reclaimed::default();
    let mut over = Vec::new();
    state.each_flow(|tuple, flow| {
        let kept_until = last_seen(&flow)
            .saturating_add(timeout(&flow, tuple.protocol, &settings.timeouts))
            .saturating_add(MARGIN_NS);
        match kept_until > now {
            true => reclaimed.live += 1,
            false => over.push(tuple),
        }
    })?;
    for tuple in over {
        let removed = state.remove_flow(&tuple)?;
        let revived = removed.filter(|flow| last_seen(flow) >= now);
        match revived {
            Some(flow) => {
                state.add_flow(&tuple, &flow);
                reclaimed.live += 1;
            }
            None => reclaimed.removed += 1,
        }
    }
    Ok(reclaimed)
}

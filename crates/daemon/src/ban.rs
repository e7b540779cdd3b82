// SPDX-License-Identifier: MIT
//! Requests into the terms of policy, and policy into answers.

use crate::error::from_parse;
use crate::geo;
use aegis_api::{Allow, ApiError, Ban, BanCause, BanList, BanRequest, ErrorCode, UnbanRequest};
use aegis_core::Nanos;
use aegis_policy::saved::Clocks;
use aegis_policy::{
    AllowEntry, BanEntry, Block, Cause, Expiry, Force, Origin, ParseError, Part, Port, Protocol,
    Remark, Since, Target, Which,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const SECOND_NS: u64 = 1_000_000_000;
/// As far apart as two readings may come on a busy machine.
const TOLERANCE_NS: u64 = 100_000_000;

/// The same moment on both clocks: bans end by the first, people read the second.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// `CLOCK_MONOTONIC`.
    pub monotonic: Nanos,
    /// The wall clock.
    pub wall: Timestamp,
}

impl Moment {
    /// This one.
    pub fn now() -> Self {
        /// Between the clocks, as it was found first or after the wall clock was set last.
        static DIFFERENCE: AtomicI64 = AtomicI64::new(0);
        let monotonic = Nanos(aegis_engine::clock::monotonic_ns());
        let read = Timestamp::now();
        let wall = settled(&DIFFERENCE, monotonic, read).unwrap_or(read);
        Self { monotonic, wall }
    }

    /// Both clocks, to tell other times by.
    pub fn clocks(&self) -> Clocks {
        Clocks {
            monotonic: self.monotonic,
            wall: self.wall,
        }
    }

    /// Wall-clock time of another moment; the end of time where that is beyond it.
    pub fn wall_of(&self, other: impl Into<Since>) -> Timestamp {
        self.clocks().wall_of(other.into())
    }
}

/// The wall clock, as far from the other as it was before. The two are read one after the other,
/// so that their difference is found a little different each time, and with it every moment that
/// is told twice. Beyond the tolerance, somebody has set the wall clock. `None` in the years in
/// which nanoseconds do not fit into 64 bits.
fn settled(difference: &AtomicI64, monotonic: Nanos, read: Timestamp) -> Option<Timestamp> {
    let since_start = i64::try_from(monotonic.0).ok()?;
    let found = i64::try_from(read.as_nanosecond())
        .ok()?
        .checked_sub(since_start)?;
    let known = difference.load(Ordering::Relaxed);
    let holds = known.abs_diff(found) <= TOLERANCE_NS;
    let between = if holds { known } else { found };
    difference.store(between, Ordering::Relaxed);
    Timestamp::from_nanosecond(i128::from(between) + i128::from(since_start)).ok()
}

/// Bad input as an answer, for `map_err`.
fn bad(error: ParseError) -> ApiError {
    from_parse(&error)
}

/// A target as it was sent.
pub fn target(text: &str) -> Result<Target, ApiError> {
    text.parse().map_err(bad)
}

/// A note as it was sent.
pub fn remark(text: Option<&str>) -> Result<Remark, ApiError> {
    text.unwrap_or_default().parse().map_err(bad)
}

fn part(port: Option<u16>, protocol: Option<&str>) -> Result<Part, ApiError> {
    let port = port
        .map(|port| port.to_string().parse::<Port>())
        .transpose()
        .map_err(bad)?;
    let protocol = protocol
        .map(str::parse::<Protocol>)
        .transpose()
        .map_err(bad)?;
    Part::new(port, protocol).map_err(bad)
}

/// Whether whoever asks has thought twice.
pub fn force(asked: bool) -> Force {
    if asked { Force::Yes } else { Force::No }
}

/// What to ban.
pub fn block(request: &BanRequest, now: Nanos) -> Result<Block, ApiError> {
    let duration = request.for_seconds.map(Duration::from_secs);
    Ok(Block {
        target: target(&request.target)?,
        part: part(request.port, request.protocol.as_deref())?,
        expires: Expiry::after(now, duration).map_err(bad)?,
        origin: Origin::Operator,
        remark: remark(request.reason.as_deref())?,
        force: force(request.force),
        session: request.session_peer,
    })
}

/// What to unban.
pub fn unblock(request: &UnbanRequest) -> Result<(Target, Which), ApiError> {
    let origin = request.origin.as_deref().map(str::parse::<Origin>);
    let which = match (freed(request)?, origin.transpose().map_err(bad)?) {
        (part, Some(origin)) => Which::Cause(part, origin),
        (Some(part), None) => Which::Part(part),
        (None, None) => Which::All,
    };
    Ok((target(&request.target)?, which))
}

/// The part that is to be unbanned; `None`: all of them.
fn freed(request: &UnbanRequest) -> Result<Option<Part>, ApiError> {
    let named = part(request.port, request.protocol.as_deref())?;
    let named = Some(named).filter(|part| !part.is_whole());
    let Some(text) = &request.part else {
        return Ok(named);
    };
    if named.is_some() {
        let message = format!("{text:?} is named, and a port or a protocol too");
        let next = "name either the part or its port and protocol";
        return Err(ApiError::new(ErrorCode::InvalidRequest, message).next(next));
    }
    text.parse().map(Some).map_err(bad)
}

/// A protocol by name, else by number.
pub fn protocol_name(protocol: Protocol) -> String {
    protocol
        .name()
        .map_or_else(|| protocol.number().to_string(), str::to_owned)
}

fn note(remark: &str) -> Option<String> {
    (!remark.is_empty()).then(|| remark.to_owned())
}

/// A ban in answers.
pub fn ban(entry: &BanEntry, now: &Moment) -> Ban {
    let expires = entry.expires().nanos();
    Ban {
        target: entry.target.to_string(),
        port: entry.part.port().map(Port::get),
        protocol: entry.part.protocol().map(protocol_name),
        part: entry.part.to_string(),
        causes: entry.causes().iter().map(|of| cause(of, now)).collect(),
        reason: note(entry.remark()),
        rule: entry.rule.get(),
        expires: expires.map(|at| now.wall_of(at)),
        expires_in_seconds: expires.map(|at| left(at, now)),
        place: geo::place_of(entry.target),
    }
}

/// Bans in force, and by origin how many more there are.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// Those that were asked for.
    pub bans: Vec<BanEntry>,
    /// Those that only others want, where these were not asked for.
    pub others: BTreeMap<String, usize>,
}

impl Listed {
    /// In an answer. Of very many this takes its time.
    pub fn answer(&self, now: &Moment) -> BanList {
        BanList {
            bans: self.bans.iter().map(|entry| ban(entry, now)).collect(),
            others: self.others.clone(),
        }
    }
}

fn cause(cause: &Cause, now: &Moment) -> BanCause {
    let expires = cause.expires.nanos();
    BanCause {
        origin: cause.origin.label().to_owned(),
        reason: note(cause.remark.as_str()),
        since: now.wall_of(cause.created),
        expires: expires.map(|at| now.wall_of(at)),
        expires_in_seconds: expires.map(|at| left(at, now)),
    }
}

/// Seconds from now, rounded up.
fn left(at: Nanos, now: &Moment) -> u64 {
    at.0.saturating_sub(now.monotonic.0).div_ceil(SECOND_NS)
}

/// An allowlist entry in answers.
pub fn allow(entry: &AllowEntry) -> Allow {
    Allow {
        target: entry.target.to_string(),
        reason: note(entry.remark.as_str()),
        rule: entry.rule.get(),
        place: geo::place_of(entry.target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_checked_again_on_this_side() {
        let request = |target: &str, port, protocol: Option<&str>| BanRequest {
            target: target.to_owned(),
            port,
            protocol: protocol.map(str::to_owned),
            ..BanRequest::default()
        };
        for bad in [
            request("10.0.0.1/24", None, None),
            request("nonsense", None, None),
            request("10.0.0.1", Some(0), None),
            request("10.0.0.1", None, Some("tpc")),
            request("10.0.0.1", Some(80), Some("icmp")),
        ] {
            let error = block(&bad, Nanos(0)).expect_err("it makes no sense");
            assert_eq!(error.code, ErrorCode::InvalidRequest, "{bad:?}");
        }
        let endless = BanRequest {
            for_seconds: Some(u64::MAX),
            ..request("10.0.0.1", None, None)
        };
        let error = block(&endless, Nanos(0)).expect_err("nobody lives to see its end");
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        assert!(block(&request("10.0.0.0/24", Some(22), Some("tcp")), Nanos(0)).is_ok());
    }

    #[test]
    fn what_is_unbanned_is_all_of_a_target_a_part_of_it_or_a_cause() {
        let which = |part: Option<&str>, port, origin: Option<&str>| {
            let request = UnbanRequest {
                target: "192.0.2.1".to_owned(),
                part: part.map(str::to_owned),
                port,
                protocol: None,
                origin: origin.map(str::to_owned),
            };
            unblock(&request).map(|(_, which)| which)
        };
        let is = |found: Result<Which, ApiError>| found.expect("it makes sense");
        assert_eq!(is(which(None, None, None)), Which::All);
        let everything = Which::Part(Part::WHOLE);
        assert_eq!(is(which(Some("everything"), None, None)), everything);
        let new = Which::Part(Part::UNSOLICITED);
        assert_eq!(is(which(Some("new connections"), None, None)), new);
        let own = Which::Cause(None, Origin::Operator);
        assert_eq!(is(which(None, None, Some("operator"))), own);
        for wrong in [
            which(Some("new connections"), Some(22), None),
            which(Some("old connections"), None, None),
            which(None, None, Some("somebody")),
        ] {
            let error = wrong.expect_err("it makes none");
            assert_eq!(error.code, ErrorCode::InvalidRequest);
            assert!(error.next.is_some());
        }
    }

    #[test]
    fn the_difference_of_the_clocks_is_kept_until_the_wall_clock_is_set() {
        let difference = AtomicI64::new(0);
        let told = |monotonic_ns, wall_ns| {
            let read = Timestamp::from_nanosecond(wall_ns).expect("in range");
            let wall = settled(&difference, Nanos(monotonic_ns), read).expect("in range");
            wall.as_nanosecond()
        };
        let year = 1_700_000_000_000_000_000_i128;
        assert_eq!(told(1_000, year), year);
        assert_eq!(told(2_000, year + 1_037), year + 1_000, "37 ns late");
        assert_eq!(told(3_000, year + 90_000_000), year + 2_000, "interrupted");
        let hour = 3_600_000_000_000;
        assert_eq!(told(4_000, year + hour), year + hour, "set");
        assert_eq!(told(5_000, year + hour + 999), year + hour + 1_000);
    }

    #[test]
    fn moments_translate_between_the_clocks() {
        let wall = Timestamp::from_second(1_000).expect("in range");
        let now = Moment {
            monotonic: Nanos(5 * SECOND_NS),
            wall,
        };
        assert_eq!(now.wall_of(Nanos(7 * SECOND_NS)).as_second(), 1_002);
        assert_eq!(now.wall_of(Nanos(0)).as_second(), 995);
        assert!(now.wall_of(Nanos(u64::MAX)) > wall);
    }
}

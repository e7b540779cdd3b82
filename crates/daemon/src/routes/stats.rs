// SPDX-License-Identifier: MIT
//! Counters, once and again and again.

use super::lines::lines;
use super::{Answer, Caller, Failure, Service};
use crate::ban::Moment;
use crate::command::Command;
use crate::quota::Stream;
use aegis_api::{ApiError, ErrorCode, Snapshot, Stats, StatsStreamQuery};
use aegis_core::Nanos;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::{Extension, Json};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

pub(super) async fn list(State(service): State<Service>) -> Answer<Stats> {
    Ok(Json(service.ask(Command::Stats).await?))
}

pub(super) async fn stream(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<StatsStreamQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let every = query
        .map_err(|rejection| rejection.body_text())
        .and_then(|Query(query)| query.interval())
        .map_err(|wrong| {
            let error = ApiError::new(ErrorCode::InvalidRequest, wrong);
            error.next("say every=1s, or another time from 200ms to 60s")
        })?;
    let follower = Follower {
        _stream: caller.stream()?,
        service,
        ticks: ticks(every),
        began: Moment::now().monotonic,
    };
    Ok(lines(follower, Follower::line))
}

/// One reader.
struct Follower {
    service: Service,
    ticks: Interval,
    began: Nanos,
    _stream: Stream,
}

impl Follower {
    async fn line(mut self) -> Option<(Snapshot, Self)> {
        let due = tokio::select! {
            due = self.ticks.tick() => due,
            _ = self.service.stop.wait_for(|&stop| stop) => return None,
        };
        let missed = missed(due.elapsed(), self.ticks.period());
        let stats = self.service.ask(Command::Stats).await.ok()?;
        let now = Moment::now();
        let line = Snapshot {
            timestamp: now.wall,
            elapsed_nanoseconds: now.monotonic.0.saturating_sub(self.began.0),
            missed,
            stats,
        };
        Some((line, self))
    }
}

/// The first at once; those that nobody waited for are left out.
fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}

/// Lines that were due after one that is so late.
fn missed(late: Duration, every: Duration) -> u64 {
    let whole = late.as_nanos() / every.as_nanos().max(1);
    u64::try_from(whole).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_were_due_meanwhile_are_counted() {
        let missed = |late_ms, every_ms| {
            missed(
                Duration::from_millis(late_ms),
                Duration::from_millis(every_ms),
            )
        };
        assert_eq!(missed(3, 1_000), 0);
        assert_eq!(missed(999, 1_000), 0);
        assert_eq!(missed(4_300, 1_000), 4);
        assert_eq!(missed(1_000, 200), 5);
    }

    #[tokio::test]
    async fn what_nobody_waited_for_is_left_out() {
        let every = Duration::from_millis(20);
        let mut ticks = ticks(every);
        ticks.tick().await;
        tokio::time::sleep(5 * every).await;
        let due = ticks.tick().await;
        let missed = u32::try_from(missed(due.elapsed(), every)).expect("few");
        assert!(missed >= 3, "{missed}");
        assert!(ticks.tick().await - due >= missed * every);
    }
}

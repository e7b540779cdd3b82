// SPDX-License-Identifier: MIT
//! What each user of a socket has of it: connections, streams, requests.

use crate::limits::Limits;
use aegis_api::{ApiError, ErrorCode};
use aegis_core::{Nanos, bucket};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The users of one socket.
#[derive(Debug)]
pub struct Quota {
    limits: Limits,
    users: Mutex<HashMap<u32, Used>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Used {
    connections: usize,
    streams: usize,
    /// When the bucket of requests is full again; see [`bucket`].
    full_ns: u64,
}

impl Quota {
    /// Nobody has anything yet.
    #[must_use]
    pub fn new(limits: Limits) -> Arc<Self> {
        let users = Mutex::default();
        Arc::new(Self { limits, users })
    }

    /// One more connection of a user.
    ///
    /// # Errors
    /// [`ErrorCode::TooMany`].
    pub fn connect(self: &Arc<Self>, uid: u32, now: Nanos) -> Result<Visit, ApiError> {
        let most = self.limits.connections_of_one;
        let mut users = self.users();
        // Whoever has nothing and could take everything again need not be remembered.
        users.retain(|_, used| used.connections > 0 || used.full_ns > now.0);
        let used = users.entry(uid).or_default();
        if used.connections >= most {
            let message = format!("user {uid} has {most} connections already");
            return Err(ApiError::new(ErrorCode::TooMany, message).next("end some of them"));
        }
        used.connections += 1;
        let quota = Arc::clone(self);
        Ok(Visit { quota, uid })
    }

    fn users(&self) -> MutexGuard<'_, HashMap<u32, Used>> {
        // Nothing in here panics, and a number is right at every moment.
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection of a user, until it is dropped.
#[derive(Debug)]
pub struct Visit {
    quota: Arc<Quota>,
    uid: u32,
}

impl Visit {
    /// One more request.
    ///
    /// # Errors
    /// [`ErrorCode::TooMany`].
    pub fn request(&self, now: Nanos) -> Result<(), ApiError> {
        let rate = self.quota.limits.requests;
        let admitted = self.update(|used| bucket::admit(&mut used.full_ns, rate, now));
        if admitted {
            return Ok(());
        }
        let message = format!("user {} sends too many requests", self.uid);
        Err(ApiError::new(ErrorCode::TooMany, message).next("try again in a second"))
    }

    /// One more stream.
    ///
    /// # Errors
    /// [`ErrorCode::TooMany`] of this user, [`ErrorCode::Unavailable`] of all together.
    pub fn stream(self: &Arc<Self>) -> Result<Stream, ApiError> {
        let limits = self.quota.limits;
        let mut users = self.quota.users();
        let all: usize = users.values().map(|used| used.streams).sum();
        let used = users.entry(self.uid).or_default();
        let (code, message) = if used.streams >= limits.streams_of_one {
            let message = format!("user {} follows {} streams already", self.uid, used.streams);
            (ErrorCode::TooMany, message)
        } else if all >= limits.streams {
            let message = format!("clients follow {all} streams already");
            (ErrorCode::Unavailable, message)
        } else {
            used.streams += 1;
            return Ok(Stream(Arc::clone(self)));
        };
        Err(ApiError::new(code, message).next("end one of them"))
    }

    fn update<T>(&self, change: impl FnOnce(&mut Used) -> T) -> T {
        change(self.quota.users().entry(self.uid).or_default())
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.update(|used| used.connections -= 1);
    }
}

/// A stream of a user, until it is dropped.
#[derive(Debug)]
pub struct Stream(Arc<Visit>);

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.update(|used| used.streams -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::Rate;

    const SECOND: u64 = 1_000_000_000;

    fn quota() -> Arc<Quota> {
        Quota::new(Limits {
            connections: 9,
            connections_of_one: 2,
            streams: 3,
            streams_of_one: 2,
            requests: Rate::per_second(1, 2),
        })
    }

    #[track_caller]
    fn refused<T: std::fmt::Debug>(result: Result<T, ApiError>) -> ErrorCode {
        result.expect_err("it is too much").code
    }

    #[test]
    fn connections_of_a_user_are_bounded_and_come_back() {
        let quota = quota();
        let now = Nanos(SECOND);
        let visits = [quota.connect(7, now), quota.connect(7, now)];
        assert_eq!(refused(quota.connect(7, now)), ErrorCode::TooMany);
        quota.connect(8, now).expect("another user");
        drop(visits);
        quota.connect(7, now).expect("they are gone");
    }

    #[test]
    fn streams_are_bounded_for_each_and_for_all() {
        let quota = quota();
        let visit = |uid| Arc::new(quota.connect(uid, Nanos(0)).expect("the first"));
        let (one, other) = (visit(7), visit(8));
        let streams = [one.stream(), one.stream()];
        assert_eq!(refused(one.stream()), ErrorCode::TooMany);
        let third = other.stream().expect("the other's first");
        assert_eq!(refused(other.stream()), ErrorCode::Unavailable);
        drop((streams, third));
        one.stream().expect("they are gone");
    }

    #[test]
    fn a_connection_made_anew_does_not_fill_the_bucket() {
        let quota = quota();
        for _ in 0..2 {
            let visit = quota.connect(7, Nanos(SECOND)).expect("one at a time");
            visit.request(Nanos(SECOND)).expect("two at once");
        }
        let visit = quota.connect(7, Nanos(SECOND)).expect("one at a time");
        assert_eq!(refused(visit.request(Nanos(SECOND))), ErrorCode::TooMany);
        visit.request(Nanos(2 * SECOND)).expect("one a second");
    }

    #[test]
    fn users_who_have_nothing_are_forgotten() {
        let quota = quota();
        for uid in 0..100 {
            let visit = quota.connect(uid, Nanos(SECOND)).expect("the first");
            visit.request(Nanos(SECOND)).expect("the first");
        }
        assert_eq!(quota.users().len(), 100);
        drop(quota.connect(0, Nanos(9 * SECOND)));
        assert_eq!(quota.users().len(), 1);
    }
}

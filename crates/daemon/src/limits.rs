// SPDX-License-Identifier: MIT
//! Every limit of the sockets, in one place.
//!
//! Whoever is on the control socket may take the firewall away, so that its limits are there for
//! programs that went wrong. Users of the read-only socket are kept from each other, and none of
//! them reaches what root needs: each socket has limits of its own.
//!
//! | limit | control | read-only |
//! |---|---|---|
//! | connections | 256 | 64 |
//! | connections of one user | 256 | 16 |
//! | streams | 128 | 16 |
//! | streams of one user | 128 | 4 |
//! | requests of one user | 20,000 a second, 40,000 at once | 100 a second, 200 at once |
//! | the head of a request | 16 KiB within 5 s, also on a connection that is kept | the same |
//! | the body | 64 KiB ([`aegis_api::MAX_BODY_BYTES`]), 40 MiB to restore, with the answer within 10 s | none |
//! | an answer that is not read | 60 s | the same |

use aegis_abi::Rate;
use std::time::Duration;

/// What the users of a socket may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections served at once; more wait in the kernel's queue.
    pub connections: usize,
    /// Of these, those of one user; more are refused.
    pub connections_of_one: usize,
    /// Answers that do not end, at once.
    pub streams: usize,
    /// Of these, those of one user.
    pub streams_of_one: usize,
    /// Requests of one user.
    pub requests: Rate,
}

/// Of the control socket.
pub const CONTROL: Limits = Limits {
    connections: 256,
    connections_of_one: 256,
    streams: 128,
    streams_of_one: 128,
    requests: Rate::per_second(20_000, 40_000),
};

/// Of the read-only socket.
pub const READ_ONLY: Limits = Limits {
    connections: 64,
    connections_of_one: 16,
    streams: 16,
    streams_of_one: 4,
    requests: Rate::per_second(100, 200),
};

/// How long a client may take to send a request's head, also on a connection that it keeps open.
pub const HEAD: Duration = Duration::from_secs(5);
/// The most that a connection buffers, bytes; a request's head fits.
pub const BUFFER: usize = 16 * 1024;
/// How long a request may take, its body included.
pub const REQUEST: Duration = Duration::from_secs(10);
/// How long an answer may wait for its reader to take any of it, streams included.
pub const UNREAD: Duration = Duration::from_secs(60);
/// Connections beyond a user's bound that are told so at once; more are only closed.
pub const REFUSALS: usize = 16;
/// How long such a connection may take to ask.
pub const REFUSAL: Duration = Duration::from_secs(1);
/// After how many seconds whoever was refused may try again (RFC 9110 section 10.2.3).
pub const RETRY_AFTER: &str = "1";
/// How long answers under way may take once the daemon stops.
pub const GRACE: Duration = Duration::from_secs(2);
/// Pause after a failed accept, such as one for want of file descriptors.
pub const PAUSE: Duration = Duration::from_millis(100);

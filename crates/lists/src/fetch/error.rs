// SPDX-License-Identifier: MIT
//! Why a list could not be fetched, and whether to try again.

use crate::signature::SignatureError;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Why a list could not be fetched. Addresses are without their queries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum FetchError {
    /// Not where anything could be.
    #[error("{text:?} is no address of a list: {why}; it is https://…, or an absolute path")]
    Address {
        /// As it was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// Who is on the way could change it.
    #[error(
        "{url} is plain HTTP, which anybody on the way can change: use https://, or say allow_http = true"
    )]
    PlainHttp {
        /// Where it is.
        url: String,
    },
    /// What is to be sent, or used, is not what HTTP or TLS knows.
    #[error("the request cannot be made: {why}")]
    Request {
        /// What is wrong with it.
        why: String,
    },
    /// The host is not there, or its name is not known, or not yet: the network may be down.
    #[error("{host} is not reached: {why}")]
    Unreachable {
        /// Its name or address.
        host: String,
        /// What the system says.
        why: String,
    },
    /// Who answers is not who should, or cannot show it.
    #[error("{host} does not prove who it is: {why}")]
    Certificate {
        /// Its name or address.
        host: String,
        /// What is wrong with the certificate, or the handshake.
        why: String,
    },
    /// The proxy does not do its part.
    #[error("the proxy does not connect: {why}")]
    Proxy {
        /// What it said.
        why: String,
    },
    /// It took too long.
    #[error("{url} took longer than it may: {what}")]
    TimedOut {
        /// Where it is.
        url: String,
        /// What took too long.
        what: String,
    },
    /// The publisher says no.
    #[error("{url} answers {status}")]
    Status {
        /// Where it is.
        url: String,
        /// The code (RFC 9110, 15).
        status: u16,
        /// When the publisher wants to be asked again (RFC 9110, 10.2.3).
        retry_after: Option<Duration>,
    },
    /// A redirection that is not followed.
    #[error("{url} leads elsewhere, which is not followed: {why}")]
    Redirection {
        /// What redirects.
        url: String,
        /// Why not.
        why: String,
    },
    /// More than it may have, inflated.
    #[error("{url} is longer than {most} bytes; feeds.max_download_bytes allows more")]
    TooLong {
        /// Where it is.
        url: String,
        /// Bytes that it may have.
        most: u64,
    },
    /// It broke off, or is not what HTTP or gzip should look like.
    #[error("{url} is not received whole: {why}")]
    Broken {
        /// Where it is.
        url: String,
        /// What happened.
        why: String,
    },
    /// It is not the list whose hash is known.
    #[error("{url} has the SHA-256 {found}, and not {expected}")]
    Hash {
        /// Where it is.
        url: String,
        /// The one that is known.
        expected: String,
        /// Its own.
        found: String,
    },
    /// Its signature does not prove it.
    #[error("{url} is not as its publisher signed it: {why}")]
    Signature {
        /// Where it is.
        url: String,
        /// What is wrong with the signature.
        why: SignatureError,
    },
    /// A file cannot be read.
    #[error("{path}: {why}")]
    File {
        /// Its path.
        path: String,
        /// What the system says.
        why: String,
    },
    /// What was received could not be put away.
    #[error("what is received cannot be kept: {why}")]
    Kept {
        /// What the system says.
        why: String,
    },
}

impl FetchError {
    /// When its publisher wants to be asked again, where that was said.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Nobody was reached: as early after the start of a host, or while its network is down. Worth
    /// trying again soon, and no news at first.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

// SPDX-License-Identifier: MIT
//! Lists from where others publish them, over HTTPS, or from a file.
//!
//! Whoever publishes a list, and whoever is on the way to them, is not trusted with more than the
//! list: what arrives is bounded while it is read, also what it inflates to; certificates are those
//! that the system trusts; a redirection never leaves HTTPS and never carries a password to another
//! host; nothing takes longer than it may. What is not told of a failure: passwords, keys, and the
//! query of an address, which is where some publishers have a key.

mod address;
mod client;
mod error;
mod failure;
mod local;
mod pages;
mod proof;
mod secret;
mod sink;

pub use address::{Source, Url};
pub use error::FetchError;
pub use proof::Proof;
pub use secret::Secret;
pub use sink::sha256;

use client::Client;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::time::Duration;

/// What is wanted, and on which terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Where it is.
    pub source: Source,
    /// What is to be sent, where it is not only asked for.
    pub post: Option<Post>,
    /// Beside what HTTP needs, such as an API key. Not sent to whom a redirection leads.
    pub headers: Vec<(String, Secret)>,
    /// User and password, as `Authorization: Basic` (RFC 7617). As `headers`.
    pub login: Option<(String, Secret)>,
    /// What is here already.
    pub condition: Condition,
    /// When to give up.
    pub limits: Limits,
    /// What shows that it is what its publisher has made.
    pub proof: Proof,
    /// Certificates in PEM, of authorities that are trusted for this beside those of the system.
    pub authorities: Option<String>,
    /// Who is between.
    pub proxy: Proxy,
    /// Plain HTTP is as good as HTTPS. To this host itself it always is.
    pub plain_http: bool,
    /// So many pages of a TAXII server are asked for, one after the other; with 0, or where it has to
    /// prove itself, what comes is all of it.
    pub pages: u32,
}

impl Request {
    /// What is there, on the usual terms.
    pub fn of(source: Source) -> Self {
        Self {
            source,
            post: None,
            headers: Vec::new(),
            login: None,
            condition: Condition::default(),
            limits: Limits::default(),
            proof: Proof::default(),
            authorities: None,
            proxy: Proxy::default(),
            plain_http: false,
            pages: 0,
        }
    }
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Its media type, such as `application/json`.
    pub media: String,
    /// The content, which may have a password in it.
    pub content: Secret,
}

/// What is here already, so that it need not be sent again (RFC 9110, 13.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// As the publisher named it: `ETag`.
    pub etag: Option<String>,
    /// As the publisher dated it: `Last-Modified`; of a file, when it was changed.
    pub last_modified: Option<String>,
}

/// When to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes that it may have, inflated, all of its pages together.
    pub bytes: u64,
    /// To find the host, reach it, and agree on keys.
    pub connect: Duration,
    /// Between two signs of life.
    pub silence: Duration,
    /// For all of it, redirections, pages and signature included.
    pub total: Duration,
    /// Redirections that are followed.
    pub redirections: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(20),
            total: Duration::from_secs(120),
            redirections: 5,
        }
    }
}

/// Who is between this host and the publisher.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proxy {
    /// As the environment has it: `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, less what `NO_PROXY` names.
    /// None to this host itself.
    #[default]
    Environment,
    /// Nobody.
    None,
    /// `http://[USER:PASSWORD@]HOST:PORT`, which is asked to CONNECT.
    Through(Secret),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// What is here already is what there is ([`Condition`]).
    NotModified,
    /// It was written.
    Fetched(Fetched),
}

/// What was fetched, besides its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// What to ask with next time.
    pub condition: Condition,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// How long it is.
    pub bytes: u64,
    /// What its publisher says that it is, such as `text/html`; `None` where that is not said.
    pub media: Option<String>,
    /// Its signature, as it was published, where one was asked for.
    pub signature: Option<String>,
}

/// Fetches what is wanted and writes it to `body`, inflated where it came compressed.
///
/// # Errors
/// [`FetchError`]. Some of it may have been written nevertheless, and is worth nothing.
pub fn fetch(request: &Request, body: &mut impl Write) -> Result<Outcome, FetchError> {
    match &request.source {
        Source::File(path) => local::fetch(request, path, body),
        Source::Web(url) => Client::of(request, url)?.fetch(url, body),
    }
}

#[cfg(test)]
mod tests;

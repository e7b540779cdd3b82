// SPDX-License-Identifier: MIT
//! The typed client.

mod feed;
mod flows;
mod lists;
mod watch;

pub use feed::Feed;

use crate::{
    AllowAnswer, AllowList, AllowRequest, ApiError, BanAnswer, BanList, BanQuery, BanRequest,
    DetachRequest, DisallowRequest, Endpoint, ErrorAnswer, ErrorCode, EventList, GeoStatus, Index,
    Instance, ModuleAnswer, ModuleList, ModuleRequest, PartingAnswer, ReloadAnswer, ReloadRequest,
    RestoreAnswer, RestoreRequest, SaveAnswer, Snapshot, Stats, Status, StreamLine, UnbanAnswer,
    UnbanRequest, UpgradeRequest, Why,
};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::UnixStream;

/// How long an answer may take; longer than the daemon gives itself, so that its own word on a
/// timeout arrives.
const ANSWER: Duration = Duration::from_secs(15);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody listens.
    #[error("no aegis daemon answers at {} ({source}); start one: aegis-cli -i IF daemon", path.display())]
    NoDaemon {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The socket is not for this user.
    #[error(
        "not permitted to use {}; run as root, or join the group in `api.read_group` to look",
        path.display()
    )]
    NotPermitted {
        /// The socket.
        path: PathBuf,
    },
    /// The daemon refused.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The connection broke.
    #[error(
        "the connection to the daemon broke: {0}; is it still running? `aegis-cli status` tells"
    )]
    Broken(String),
    /// The daemon said something that this client does not understand.
    #[error(
        "the daemon's answer makes no sense ({0}); are daemon and client of the same version? `aegis-cli --version`"
    )]
    Nonsense(String),
    /// The daemon took too long.
    #[error("the daemon did not answer within {} s; its log may tell why", .0.as_secs())]
    TimedOut(Duration),
}

/// Asks one daemon.
#[derive(Clone, Debug)]
pub struct Client {
    control: PathBuf,
    read_only: PathBuf,
}

impl Client {
    /// A client of that daemon. Nothing is sent yet.
    #[must_use]
    pub fn new(instance: &Instance) -> Self {
        Self {
            control: instance.socket(),
            read_only: instance.read_only_socket(),
        }
    }

    /// What the daemon serves.
    ///
    /// # Errors
    /// [`ClientError`], as every method.
    pub async fn index(&self) -> Result<Index, ClientError> {
        self.question(Endpoint::Index, "").await
    }

    /// What is enforced.
    ///
    /// # Errors
    /// [`ClientError`], as every method.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.question(Endpoint::Status, "").await
    }

    /// Every counter.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn stats(&self) -> Result<Stats, ClientError> {
        self.question(Endpoint::Stats, "").await
    }

    /// Every ban.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn bans(&self) -> Result<BanList, ClientError> {
        self.question(Endpoint::Bans, "").await
    }

    /// Some bans.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn some_bans(&self, which: &BanQuery) -> Result<BanList, ClientError> {
        let origin = which.origin.as_deref().map(escaped);
        let origin = origin.map(|origin| format!("&origin={origin}"));
        let query = format!("?own={}{}", which.own, origin.unwrap_or_default());
        self.question(Endpoint::Bans, &query).await
    }

    /// Bans.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ban(&self, request: &BanRequest) -> Result<BanAnswer, ClientError> {
        self.ask(Endpoint::Ban, request).await
    }

    /// Ends bans.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn unban(&self, request: &UnbanRequest) -> Result<UnbanAnswer, ClientError> {
        self.ask(Endpoint::Unban, request).await
    }

    /// The allowlist.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn allowlist(&self) -> Result<AllowList, ClientError> {
        self.question(Endpoint::AllowList, "").await
    }

    /// Puts a prefix on the allowlist.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn allow(&self, request: &AllowRequest) -> Result<AllowAnswer, ClientError> {
        self.ask(Endpoint::Allow, request).await
    }

    /// Takes a prefix off the allowlist.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn disallow(&self, request: &DisallowRequest) -> Result<AllowAnswer, ClientError> {
        self.ask(Endpoint::Disallow, request).await
    }

    /// Everything that is known about an address.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn why(&self, address: IpAddr) -> Result<Why, ClientError> {
        let address = escaped(&address.to_string());
        let query = format!("?address={address}");
        self.question(Endpoint::Why, &query).await
    }

    /// Databases of places, and which places are let through.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn geo(&self) -> Result<GeoStatus, ClientError> {
        self.question(Endpoint::Geo, "").await
    }

    /// Every module.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn modules(&self) -> Result<ModuleList, ClientError> {
        self.question(Endpoint::Modules, "").await
    }

    /// Switches a module.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn switch(&self, request: &ModuleRequest) -> Result<ModuleAnswer, ClientError> {
        self.ask(Endpoint::Switch, request).await
    }

    /// Ends the daemon and its filter.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn detach(&self, request: &DetachRequest) -> Result<PartingAnswer, ClientError> {
        self.ask(Endpoint::Detach, request).await
    }

    /// Puts the program that is installed now in the daemon's place.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn upgrade(&self, request: &UpgradeRequest) -> Result<PartingAnswer, ClientError> {
        self.ask(Endpoint::Upgrade, request).await
    }

    /// Has the configuration read again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn reload(&self, request: &ReloadRequest) -> Result<ReloadAnswer, ClientError> {
        self.ask(Endpoint::Reload, request).await
    }

    /// Everything that stands, as text.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn save(&self) -> Result<SaveAnswer, ClientError> {
        self.question(Endpoint::Save, "").await
    }

    /// Makes stand what a text says.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn restore(&self, request: &RestoreRequest) -> Result<RestoreAnswer, ClientError> {
        self.ask(Endpoint::Restore, request).await
    }

    /// The most recent events, at most `limit`, the newest last.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn events(&self, limit: usize) -> Result<EventList, ClientError> {
        self.question(Endpoint::Events, &format!("?limit={limit}"))
            .await
    }

    /// Events from now on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn follow(&self) -> Result<Feed<StreamLine>, ClientError> {
        self.feed(Endpoint::EventStream, "").await
    }

    /// Every counter, again and again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn follow_stats(&self, every: Duration) -> Result<Feed<Snapshot>, ClientError> {
        let query = format!("?every={}ms", every.as_millis());
        self.feed(Endpoint::StatsStream, &query).await
    }

    async fn feed<T>(&self, endpoint: Endpoint, query: &str) -> Result<Feed<T>, ClientError> {
        let response = within(self.send(endpoint, query, Bytes::new())).await?;
        Ok(Feed::of(succeeded(response).await?.into_body()))
    }

    async fn question<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        query: &str,
    ) -> Result<T, ClientError> {
        self.receive(self.send(endpoint, query, Bytes::new())).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        request: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(request);
        let body = body.map_err(|error| ClientError::Nonsense(error.to_string()))?;
        self.receive(self.send(endpoint, "", body.into())).await
    }

    async fn receive<T: DeserializeOwned>(
        &self,
        sent: impl Future<Output = Result<Response<Incoming>, ClientError>>,
    ) -> Result<T, ClientError> {
        within(async { read(succeeded(sent.await?).await?).await }).await
    }

    async fn send(
        &self,
        endpoint: Endpoint,
        query: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, ClientError> {
        let stream = self.connect().await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        // It ends when the answer has been read or dropped; its failure shows there too.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(endpoint.method().label())
            .uri(format!("{}{query}", endpoint.path()))
            .header(hyper::header::HOST, "aegis")
            .header(hyper::header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| ClientError::Nonsense(error.to_string()))?;
        sender.send_request(request).await.map_err(broken)
    }

    /// Over the control socket where this user may, else over the one for reading.
    async fn connect(&self) -> Result<UnixStream, ClientError> {
        let path = self.control.clone();
        match UnixStream::connect(&self.control).await {
            Ok(stream) => Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let read_only = UnixStream::connect(&self.read_only).await;
                read_only.map_err(|_| ClientError::NotPermitted { path })
            }
            Err(source) => Err(ClientError::NoDaemon { path, source }),
        }
    }
}

/// A value in the query part of an address (RFC 3986 section 2).
pub(crate) fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

async fn within<T>(work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
    let answer = tokio::time::timeout(ANSWER, work).await;
    answer.unwrap_or(Err(ClientError::TimedOut(ANSWER)))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function for map_err"
)]
fn broken(error: hyper::Error) -> ClientError {
    ClientError::Broken(error.to_string())
}

async fn succeeded(response: Response<Incoming>) -> Result<Response<Incoming>, ClientError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let answer: Result<ErrorAnswer, ClientError> = read(response).await;
    Err(match answer {
        Ok(answer) => ClientError::Refused(answer.error),
        Err(ClientError::Nonsense(_)) => {
            ApiError::new(ErrorCode::Failed, format!("the daemon answered {status}")).into()
        }
        Err(error) => error,
    })
}

async fn read<T: DeserializeOwned>(response: Response<Incoming>) -> Result<T, ClientError> {
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(broken)?
        .to_bytes();
    serde_json::from_slice(&body).map_err(|error| ClientError::Nonsense(error.to_string()))
}

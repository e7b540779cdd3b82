// SPDX-License-Identifier: MIT
//! The typed client.

use crate::{
    AllowAnswer, AllowList, AllowRequest, BanAnswer, BanList, BanRequest, DetachRequest,
    DisallowRequest, ErrorAnswer, EventList, FlowList, FlowQuery, KillAnswer, KillRequest,
    ModuleAnswer, ModuleList, ModuleRequest, PartingAnswer, ReloadAnswer, ReloadRequest,
    RestoreAnswer, RestoreRequest, SaveAnswer, Stats, Status, StreamLine, UnbanAnswer,
    UnbanRequest, UpgradeRequest, Why, path,
};
use crate::{ApiError, ErrorCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixStream;

/// How long an answer may take; longer than the daemon gives itself, so that its own word on a
/// timeout arrives.
const ANSWER: Duration = Duration::from_secs(15);
/// The longest line of the event stream, bytes.
const MAX_LINE: usize = 64 * 1024;

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
    #[error("not permitted to use {}; run as root", path.display())]
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
    socket: PathBuf,
}

impl Client {
    /// A client of the daemon behind that socket. Nothing is sent yet.
    #[must_use]
    pub fn new(socket: &Path) -> Self {
        Self {
            socket: socket.to_owned(),
        }
    }

    /// What is enforced.
    ///
    /// # Errors
    /// [`ClientError`], as every method.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.ask(Method::GET, path::STATUS, &()).await
    }

    /// Every counter.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn stats(&self) -> Result<Stats, ClientError> {
        self.ask(Method::GET, path::STATS, &()).await
    }

    /// Every ban.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn bans(&self) -> Result<BanList, ClientError> {
        self.ask(Method::GET, path::BANS, &()).await
    }

    /// Bans.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ban(&self, request: &BanRequest) -> Result<BanAnswer, ClientError> {
        self.ask(Method::POST, path::BANS, request).await
    }

    /// Ends bans.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn unban(&self, request: &UnbanRequest) -> Result<UnbanAnswer, ClientError> {
        self.ask(Method::DELETE, path::BANS, request).await
    }

    /// The allowlist.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn allowlist(&self) -> Result<AllowList, ClientError> {
        self.ask(Method::GET, path::ALLOW, &()).await
    }

    /// Puts a prefix on the allowlist.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn allow(&self, request: &AllowRequest) -> Result<AllowAnswer, ClientError> {
        self.ask(Method::POST, path::ALLOW, request).await
    }

    /// Takes a prefix off the allowlist.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn disallow(&self, request: &DisallowRequest) -> Result<AllowAnswer, ClientError> {
        self.ask(Method::DELETE, path::ALLOW, request).await
    }

    /// Connections.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn flows(&self, query: &FlowQuery) -> Result<FlowList, ClientError> {
        let path = format!("{}{}", path::FLOWS, query.query());
        self.ask(Method::GET, &path, &()).await
    }

    /// Ends connections.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn kill(&self, request: &KillRequest) -> Result<KillAnswer, ClientError> {
        self.ask(Method::DELETE, path::FLOWS, request).await
    }

    /// Everything that is known about an address.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn why(&self, address: IpAddr) -> Result<Why, ClientError> {
        let address = escaped(&address.to_string());
        let path = format!("{}?address={address}", path::WHY);
        self.ask(Method::GET, &path, &()).await
    }

    /// Every module.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn modules(&self) -> Result<ModuleList, ClientError> {
        self.ask(Method::GET, path::MODULES, &()).await
    }

    /// Switches a module.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn switch(&self, request: &ModuleRequest) -> Result<ModuleAnswer, ClientError> {
        self.ask(Method::POST, path::MODULES, request).await
    }

    /// Ends the daemon and its filter.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn detach(&self, request: &DetachRequest) -> Result<PartingAnswer, ClientError> {
        self.ask(Method::POST, path::DETACH, request).await
    }

    /// Puts the program that is installed now in the daemon's place.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn upgrade(&self, request: &UpgradeRequest) -> Result<PartingAnswer, ClientError> {
        self.ask(Method::POST, path::UPGRADE, request).await
    }

    /// Has the configuration read again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn reload(&self, request: &ReloadRequest) -> Result<ReloadAnswer, ClientError> {
        self.ask(Method::POST, path::RELOAD, request).await
    }

    /// Everything that stands, as text.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn save(&self) -> Result<SaveAnswer, ClientError> {
        self.ask(Method::GET, path::SAVED, &()).await
    }

    /// Makes stand what a text says.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn restore(&self, request: &RestoreRequest) -> Result<RestoreAnswer, ClientError> {
        self.ask(Method::POST, path::SAVED, request).await
    }

    /// The most recent events, at most `limit`, the newest last.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn events(&self, limit: usize) -> Result<EventList, ClientError> {
        self.ask(Method::GET, &format!("{}?limit={limit}", path::EVENTS), &())
            .await
    }

    /// Events from now on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn follow(&self) -> Result<EventFeed, ClientError> {
        let response = within(self.send(Method::GET, path::EVENT_STREAM, Bytes::new())).await?;
        let response = succeeded(response).await?;
        Ok(EventFeed {
            body: response.into_body(),
            unread: Vec::new(),
        })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        request: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = if method == Method::GET {
            Bytes::new()
        } else {
            let json = serde_json::to_vec(request);
            json.map_err(|error| ClientError::Nonsense(error.to_string()))?
                .into()
        };
        within(async {
            let response = succeeded(self.send(method, path, body).await?).await?;
            read(response).await
        })
        .await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, ClientError> {
        let stream = self.connect().await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        // It ends when the answer has been read or dropped; its failure shows there too.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(hyper::header::HOST, "aegis")
            .header(hyper::header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| ClientError::Nonsense(error.to_string()))?;
        sender.send_request(request).await.map_err(broken)
    }

    async fn connect(&self) -> Result<UnixStream, ClientError> {
        let path = self.socket.clone();
        UnixStream::connect(&self.socket)
            .await
            .map_err(|source| match source.kind() {
                io::ErrorKind::PermissionDenied => ClientError::NotPermitted { path },
                _ => ClientError::NoDaemon { path, source },
            })
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

/// Events as they happen.
#[derive(Debug)]
pub struct EventFeed {
    body: Incoming,
    unread: Vec<u8>,
}

impl EventFeed {
    /// The next line; `None` when the daemon has ended the stream.
    ///
    /// # Errors
    /// [`ClientError::Broken`] and [`ClientError::Nonsense`].
    pub async fn next(&mut self) -> Result<Option<StreamLine>, ClientError> {
        loop {
            if let Some(line) = take_line(&mut self.unread) {
                let line = serde_json::from_slice(&line);
                return line
                    .map(Some)
                    .map_err(|error| ClientError::Nonsense(error.to_string()));
            }
            if self.unread.len() > MAX_LINE {
                return Err(ClientError::Nonsense("a line without end".to_owned()));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => {
                    let frame = frame.map_err(broken)?;
                    self.unread
                        .extend_from_slice(frame.data_ref().unwrap_or(&Bytes::new()));
                }
            }
        }
    }
}

fn take_line(unread: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = unread.iter().position(|&byte| byte == b'\n')?;
    let rest = unread.split_off(end + 1);
    Some(std::mem::replace(unread, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_whole_however_they_arrive() {
        let mut unread = b"{\"a\":1}\n{\"b\"".to_vec();
        assert_eq!(take_line(&mut unread).as_deref(), Some(&b"{\"a\":1}\n"[..]));
        assert_eq!(take_line(&mut unread), None);
        unread.extend_from_slice(b":2}\n");
        assert_eq!(take_line(&mut unread).as_deref(), Some(&b"{\"b\":2}\n"[..]));
        assert!(unread.is_empty());
    }
}

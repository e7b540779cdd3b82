// SPDX-License-Identifier: MIT
//! One request and its answer: HTTP/1.1 with JSON over a unix socket.

use super::{Client, ClientError, Feed};
use crate::{ApiError, Endpoint, ErrorAnswer, ErrorCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::time::Duration;
use tokio::net::UnixStream;

/// How long an answer may take; longer than the daemon gives itself, so that its own word on a
/// timeout arrives.
const ANSWER: Duration = Duration::from_secs(15);

impl Client {
    /// Asks for an answer that comes a line at a time.
    pub(super) async fn feed<T>(
        &self,
        endpoint: Endpoint,
        query: &str,
    ) -> Result<Feed<T>, ClientError> {
        let response = within(self.send(endpoint, query, Bytes::new())).await?;
        Ok(Feed::of(succeeded(response).await?.into_body()))
    }

    /// Asks, and changes nothing.
    pub(super) async fn question<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        query: &str,
    ) -> Result<T, ClientError> {
        self.receive(self.send(endpoint, query, Bytes::new())).await
    }

    /// Asks with a body.
    pub(super) async fn ask<T: DeserializeOwned>(
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

async fn within<T>(work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
    let answer = tokio::time::timeout(ANSWER, work).await;
    answer.unwrap_or(Err(ClientError::TimedOut(ANSWER)))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function for map_err"
)]
pub(super) fn broken(error: hyper::Error) -> ClientError {
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

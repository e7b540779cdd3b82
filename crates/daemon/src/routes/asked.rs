// SPDX-License-Identifier: MIT
//! Who asks, and what for.

use super::Failure;
use crate::audit;
use crate::ban::Moment;
use crate::peer::Peer;
use crate::quota::{Stream, Visit};
use aegis_api::{ApiError, ErrorCode, MAX_BODY_BYTES};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Whoever is at the other end of a connection.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    peer: Peer,
    rights: Result<(), ApiError>,
    visit: Arc<Visit>,
}

impl Caller {
    /// A peer, whether it may change what is enforced, and what it takes of the socket.
    pub fn new(peer: Peer, rights: Result<(), ApiError>, visit: Visit) -> Self {
        let visit = Arc::new(visit);
        Self(Arc::new(Facts {
            peer,
            rights,
            visit,
        }))
    }

    /// The process.
    pub fn peer(&self) -> &Peer {
        &self.0.peer
    }

    /// One more stream.
    ///
    /// # Errors
    /// As [`Visit::stream`].
    pub fn stream(&self) -> Result<Stream, ApiError> {
        self.0.visit.stream()
    }
}

/// Lets a request through where its user has not sent too many.
pub async fn admitted(
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    match caller.0.visit.request(Moment::now().monotonic) {
        Ok(()) => next.run(request).await,
        Err(error) => Failure(error).into_response(),
    }
}

/// A change that somebody asks for.
#[derive(Debug)]
pub struct Asked {
    caller: Caller,
    /// Such as `POST /v1/bans`.
    what: String,
    /// Not read of somebody who may not change anything.
    body: Result<Bytes, Unread>,
}

#[derive(Debug)]
enum Unread {
    Refused(ApiError),
    Broken(BytesRejection),
}

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let caller = request.extensions().get::<Caller>().cloned();
        let nobody = || ApiError::new(ErrorCode::NotPermitted, "it is not known who asks");
        let caller = caller.ok_or_else(nobody)?;
        let what = format!("{} {}", request.method(), request.uri().path());
        let body = match &caller.0.rights {
            Ok(()) => Bytes::from_request(request, state)
                .await
                .map_err(Unread::Broken),
            Err(refusal) => Err(Unread::Refused(refusal.clone())),
        };
        Ok(Self { caller, what, body })
    }
}

impl Asked {
    /// The request, where whoever asks may change anything.
    ///
    /// # Errors
    /// As [`Asked::body`], and what is wrong with the body. They are logged here: the owner does
    /// not get to see them.
    pub fn permitted<Q: DeserializeOwned>(&self) -> Result<Q, ApiError> {
        let body = self.body(MAX_BODY_BYTES)?;
        parse(&body).inspect_err(|error| self.refused("", error))
    }

    /// The body, of which there may be so much.
    ///
    /// # Errors
    /// Those of the caller's rights, and why it cannot be read. They are logged here.
    pub fn body(&self, most: usize) -> Result<Bytes, ApiError> {
        let body = match &self.body {
            Ok(body) => Ok(body.clone()),
            Err(Unread::Refused(refusal)) => Err(refusal.clone()),
            Err(Unread::Broken(rejection)) => Err(broken(rejection, most)),
        };
        body.inspect_err(|error| self.refused("", error))
    }

    /// Logs that it came to nothing.
    pub fn refused(&self, subject: &str, error: &ApiError) {
        audit::refused(&self.what, subject, self.caller.peer(), error);
    }

    /// On whose behalf.
    pub fn peer(&self) -> Peer {
        self.caller.peer().clone()
    }
}

pub(super) fn parse<Q: DeserializeOwned>(body: &[u8]) -> Result<Q, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::new(ErrorCode::InvalidRequest, format!("bad request: {error}")))
}

fn broken(rejection: &BytesRejection, most: usize) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("the request is larger than {most} bytes");
        return ApiError::new(ErrorCode::TooLarge, message).next("split it");
    }
    ApiError::new(ErrorCode::InvalidRequest, rejection.body_text())
}

// SPDX-License-Identifier: MIT
//! Answers that go on: one JSON object a line (NDJSON).
//!
//! A line is made when the connection can take it, so that a reader who is slow, or reads nothing,
//! costs the few lines that its socket holds and delays nobody.

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use serde::Serialize;

/// An answer whose lines `next` makes one after the other, until it returns `None`.
pub fn lines<S, T, F>(state: S, next: impl FnMut(S) -> F + Send + 'static) -> Response
where
    S: Send + 'static,
    T: Serialize + Send + 'static,
    F: Future<Output = Option<(T, S)>> + Send + 'static,
{
    let lines = unfold(state, next).map(|line| written(&line));
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (kind, Body::from_stream(lines)).into_response()
}

fn written(line: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    let mut json = serde_json::to_vec(line)?;
    json.push(b'\n');
    Ok(json.into())
}

// SPDX-License-Identifier: MIT
//! Answers that come a line at a time.

use super::ClientError;
use super::exchange::broken;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// The longest line, bytes: every counter there is fits.
const MAX_LINE: usize = 1 << 20;

/// Values as they come.
#[derive(Debug)]
pub struct Feed<T> {
    body: Incoming,
    unread: Vec<u8>,
    lines: PhantomData<fn() -> T>,
}

impl<T> Feed<T> {
    pub(super) fn of(body: Incoming) -> Self {
        Self {
            body,
            unread: Vec::new(),
            lines: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Feed<T> {
    /// The next line; `None` when the daemon has ended the stream.
    ///
    /// # Errors
    /// [`ClientError::Broken`] and [`ClientError::Nonsense`].
    pub async fn next(&mut self) -> Result<Option<T>, ClientError> {
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

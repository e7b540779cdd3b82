// SPDX-License-Identifier: MIT
//! Where bytes go as they arrive: counted, bounded and hashed.

use super::{FetchError, Proof, Request};
use crate::signature::{SignatureError, Signed};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// What has arrived so far.
pub(super) struct Sink<'a, W> {
    url: String,
    most: u64,
    bytes: u64,
    hash: Sha256,
    signed: Option<Signed<'a>>,
    body: &'a mut W,
}

/// SHA-256 in hexadecimal, and how many bytes it is of.
pub(super) type Taken = (String, u64);

impl<'a, W: Write> Sink<'a, W> {
    /// Of what is wanted, signed or not.
    pub(super) fn new(request: &Request, signed: Option<Signed<'a>>, body: &'a mut W) -> Self {
        Self {
            url: request.source.to_string(),
            most: request.limits.bytes,
            bytes: 0,
            hash: Sha256::new(),
            signed,
            body,
        }
    }

    /// Whether so many bytes, as announced, are not too many.
    pub(super) fn has_room(&self, bytes: u64) -> Result<(), FetchError> {
        if bytes <= self.most {
            return Ok(());
        }
        let (url, most) = (self.url.clone(), self.most);
        Err(FetchError::TooLong { url, most })
    }

    /// Takes all of it; `failed` says what a failure to read means.
    pub(super) fn take(
        &mut self,
        reader: &mut impl Read,
        failed: impl Fn(std::io::Error) -> FetchError,
    ) -> Result<(), FetchError> {
        let mut piece = vec![0; PIECE];
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(length) => self.put(&piece[..length])?,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// Bytes that may still come.
    pub(super) fn room(&self) -> u64 {
        self.most.saturating_sub(self.bytes)
    }

    /// Takes what comes next.
    pub(super) fn put(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        self.bytes += piece.len() as u64;
        self.has_room(self.bytes)?;
        self.hash.update(piece);
        if let Some(signed) = &mut self.signed {
            signed.update(piece);
        }
        let kept = self.body.write_all(piece);
        kept.map_err(|error| FetchError::Kept {
            why: error.to_string(),
        })
    }

    /// Nothing follows.
    ///
    /// # Errors
    /// Where it is not what `proof` shows.
    pub(super) fn finish(self, proof: &Proof) -> Result<Taken, FetchError> {
        let found = hexadecimal(&self.hash.finalize());
        let url = self.url;
        proof.hold_hash(&url, found.clone())?;
        if let Some(signed) = self.signed {
            let proven = signed.finish();
            proven.map_err(|why: SignatureError| FetchError::Signature { url, why })?;
        }
        Ok((found, self.bytes))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

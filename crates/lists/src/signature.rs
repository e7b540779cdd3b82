// SPDX-License-Identifier: MIT
//! Signatures of lists, as minisign(1) makes them: Ed25519 over BLAKE2b, so that a list is checked as it
//! arrives. Signatures of its older kind, over the list itself, are refused.

use crate::fetch::Source;
use minisign_verify::{Error, PublicKey, Signature, StreamVerifier};
use serde::{Deserialize, Serialize};

/// Whose signature a list must have, and where that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minisign {
    /// The publisher's key: the line that begins with `RW` of the file with the public key.
    pub key: String,
    /// Where the signature is; `None`: where the list is, with [`Minisign::SUFFIX`].
    pub signature: Option<Source>,
}

impl Minisign {
    /// What the name of a signature ends with.
    pub const SUFFIX: &str = ".minisig";
    /// Bytes that a signature may have: four lines.
    pub const MOST: u64 = 8 << 10;

    /// What a list is to be held to, by its signature.
    ///
    /// # Errors
    /// Where the key or the signature is none.
    pub fn check(&self, signature: &str) -> Result<Check, SignatureError> {
        let key = PublicKey::from_base64(self.key.trim());
        let signature = Signature::decode(signature);
        Ok(Check {
            key: key.map_err(|error| SignatureError::Key(error.to_string()))?,
            signature: signature.map_err(|error| SignatureError::Unreadable(error.to_string()))?,
        })
    }

    /// Whether a whole list is signed by that.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn prove(&self, signature: &str, list: &[u8]) -> Result<(), SignatureError> {
        let check = self.check(signature)?;
        let mut signed = check.begin()?;
        signed.update(list);
        signed.finish()
    }
}

/// A key, and a signature that should be its.
pub struct Check {
    key: PublicKey,
    signature: Signature,
}

impl Check {
    /// Before the first byte of the list.
    ///
    /// # Errors
    /// Where the signature is another key's, or of the older kind.
    pub fn begin(&self) -> Result<Signed<'_>, SignatureError> {
        let verifier = self.key.verify_stream(&self.signature);
        Ok(Signed(verifier.map_err(of)?))
    }
}

/// A list on its way through.
pub struct Signed<'a>(StreamVerifier<'a>);

impl Signed<'_> {
    /// What comes next of it.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Nothing follows.
    ///
    /// # Errors
    /// [`SignatureError::Wrong`].
    pub fn finish(mut self) -> Result<(), SignatureError> {
        self.0.finalize().map_err(of)
    }
}

fn of(error: Error) -> SignatureError {
    match error {
        Error::UnexpectedKeyId => SignatureError::Stranger,
        Error::UnsupportedLegacyMode | Error::UnsupportedAlgorithm => SignatureError::Old,
        _ => SignatureError::Wrong,
    }
}

/// What is wrong with a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum SignatureError {
    /// The key that is configured is none.
    #[error("the public key cannot be read ({0}): it is one line that begins with RW")]
    Key(String),
    /// What is there is no signature of minisign's.
    #[error("the signature cannot be read ({0})")]
    Unreadable(String),
    /// Somebody else has signed it.
    #[error("it is signed with another key")]
    Stranger,
    /// It is of the kind that takes the whole list at once.
    #[error("it is signed in the older way of minisign: its publisher has to sign with -H")]
    Old,
    /// The list is another one than was signed.
    #[error("it has been changed since, or belongs to another one")]
    Wrong,
}

#[cfg(test)]
mod tests {
    use super::*;

    // From the documentation of the crate: a signature of the four bytes `test`.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const SIGNATURE: &str = include_str!("signature/test.minisig");

    fn proven(key: &str, signature: &str, pieces: &[&str]) -> Result<(), SignatureError> {
        let minisign = Minisign {
            key: key.to_owned(),
            signature: None,
        };
        let check = minisign.check(signature)?;
        let mut signed = check.begin()?;
        for piece in pieces {
            signed.update(piece.as_bytes());
        }
        signed.finish()
    }

    #[test]
    fn a_list_is_proven_whole_or_in_pieces_and_a_changed_one_is_not() {
        assert_eq!(proven(KEY, SIGNATURE, &["test"]), Ok(()));
        assert_eq!(proven(KEY, SIGNATURE, &["t", "", "est"]), Ok(()));
        for changed in ["Test", "test\n", ""] {
            assert_eq!(
                proven(KEY, SIGNATURE, &[changed]),
                Err(SignatureError::Wrong)
            );
        }
        let comment = SIGNATURE.replace("file:test", "file:other");
        assert_eq!(proven(KEY, &comment, &["test"]), Err(SignatureError::Wrong));
    }

    #[test]
    fn what_is_no_key_and_no_signature_is_told_apart() {
        let none = proven("RW", SIGNATURE, &["test"]);
        assert!(matches!(none, Err(SignatureError::Key(_))), "{none:?}");
        let page = proven(KEY, "<html>", &["test"]);
        assert!(
            matches!(page, Err(SignatureError::Unreadable(_))),
            "{page:?}"
        );
        let other = "RWTM8o+sNDCLGSMyNJTBa+Zy6f3aM4qN5y7uJcuUcIZbMnAmX8Jd2ZUl";
        assert_ne!(proven(other, SIGNATURE, &["test"]), Ok(()));
    }
}

// SPDX-License-Identifier: MIT
//! What shows that a list is what its publisher has made.

use super::{FetchError, sha256};
use crate::signature::Minisign;
use serde::{Deserialize, Serialize};

/// What shows that a list is what its publisher has made. Nothing at all: that it came over HTTPS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// SHA-256 of the list in hexadecimal, of one that never changes.
    pub sha256: Option<String>,
    /// A signature.
    pub minisign: Option<Minisign>,
}

impl Proof {
    /// Whether anything is asked for.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        *self != Self::default()
    }

    /// Holds a whole list, and the signature that came with it, against what is asked for; `place` is
    /// where it is from, as it may be shown. Whoever fetched it has looked as well, and may have been
    /// taken over by whom it talked to.
    ///
    /// # Errors
    /// [`FetchError::Hash`] and [`FetchError::Signature`].
    pub fn hold(
        &self,
        place: &str,
        signature: Option<&str>,
        list: &[u8],
    ) -> Result<(), FetchError> {
        if self.sha256.is_some() {
            self.hold_hash(place, sha256(list))?;
        }
        let Some(minisign) = &self.minisign else {
            return Ok(());
        };
        let proven = minisign.prove(signature.unwrap_or_default(), list);
        proven.map_err(|why| FetchError::Signature {
            url: place.to_owned(),
            why,
        })
    }

    /// The same about its hash alone.
    pub(super) fn hold_hash(&self, place: &str, found: String) -> Result<(), FetchError> {
        match &self.sha256 {
            Some(expected) if !expected.eq_ignore_ascii_case(&found) => Err(FetchError::Hash {
                url: place.to_owned(),
                expected: expected.clone(),
                found,
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const SIGNATURE: &str = include_str!("../signature/test.minisig");

    #[test]
    fn nothing_is_held_against_what_nobody_asked_for() {
        let nothing = Proof::default();
        assert!(!nothing.is_asked_for());
        assert_eq!(nothing.hold("there", None, b"any"), Ok(()));
    }

    #[test]
    fn a_list_has_the_hash_that_was_asked_for() {
        let proof = Proof {
            sha256: Some(sha256(b"192.0.2.1\n").to_uppercase()),
            minisign: None,
        };
        assert_eq!(proof.hold("there", None, b"192.0.2.1\n"), Ok(()));
        let other = proof.hold("there", None, b"192.0.2.2\n");
        assert!(matches!(other, Err(FetchError::Hash { .. })), "{other:?}");
    }

    #[test]
    fn a_list_has_the_signature_that_was_asked_for() {
        let proof = Proof {
            sha256: None,
            minisign: Some(Minisign {
                key: KEY.to_owned(),
                signature: None,
            }),
        };
        assert_eq!(proof.hold("there", Some(SIGNATURE), b"test"), Ok(()));
        for (signature, list) in [(Some(SIGNATURE), b"Test"), (None, b"test")] {
            let refused = proof.hold("there", signature, list);
            let told = matches!(refused, Err(FetchError::Signature { .. }));
            assert!(told, "{refused:?}");
        }
    }
}

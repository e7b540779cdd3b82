// SPDX-License-Identifier: MIT
//! Since when something stands.

use aegis_core::Nanos;

/// Nanoseconds on the clock by which bans end. That begins with the host, and what stood before is
/// below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Since(i64);

impl Since {
    /// The nearest that there is.
    pub(crate) fn new(nanos: i128) -> Self {
        let nearest = nanos.clamp(i64::MIN.into(), i64::MAX.into());
        Self(i64::try_from(nearest).unwrap_or_default())
    }

    /// Nanoseconds after the clock's beginning.
    #[must_use]
    pub fn nanos(self) -> i64 {
        self.0
    }
}

impl From<Nanos> for Since {
    fn from(time: Nanos) -> Self {
        Self::new(time.0.into())
    }
}

// SPDX-License-Identifier: MIT
//! Rate limiting by the generic cell rate algorithm (ITU-T I.371, the virtual scheduling form).
//!
//! It admits exactly what a token bucket admits, in one word of state and without a division: the
//! state is the time at which the bucket would be full again. Nothing is rounded, so the remainder
//! of a token is never lost. A zeroed state is a full bucket.
//!
//! Overflow: the state is never further ahead of `now` than `tolerance_ns + interval_ns`, each at
//! most 2⁶⁴ by saturation, and `now` in nanoseconds reaches 2⁶³ after 292 years.

use crate::Nanos;
use aegis_abi::Rate;

/// Takes a token; `false` where there is none.
#[inline(always)]
pub fn admit(arrival_ns: &mut u64, rate: Rate, now: Nanos) -> bool {
    let due = if *arrival_ns > now.0 { *arrival_ns } else { now.0 };
    let conforms = due - now.0 <= rate.tolerance_ns;
    if conforms {
        *arrival_ns = due.saturating_add(rate.interval_ns);
    }
    conforms
}

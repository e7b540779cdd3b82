// SPDX-License-Identifier: MIT
//! Tables of four places a line, which forget rather than fill up: a line of tags is searched, and
//! whoever was used longest ago gives way.

use crate::Nanos;
use aegis_abi::Ways;

/// A place in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which, below [`Ways::WAYS`].
    pub way: u32,
    /// What was there before.
    pub before: Before,
}

/// Who had a place before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Before {
    /// Whoever has it now.
    Same,
    /// Nobody, or one who had not been seen for a while.
    Free,
    /// One who had to give way.
    Evicted,
}

/// No place.
pub const NONE: u32 = u32::MAX;

/// The place of a tag whose last use is not longer ago than `keep_ns`; [`NONE`] where there is none.
/// Looking is no use: who asks for a place in vain must not keep it from giving way.
#[inline(always)]
pub fn find(line: &Ways, tag: u64, keep_ns: u64, now: Nanos) -> u32 {
    let way = place_of(line, tag);
    if way == NONE || now.0 >= line.last_ns[way as usize & 3].saturating_add(keep_ns) {
        NONE
    } else {
        way
    }
}

/// A place is used.
#[inline(always)]
pub fn touch(line: &mut Ways, way: u32, now: Nanos) {
    line.last_ns[way as usize & 3] = now.0;
}

/// A place for a tag: its own, a free one, or the one that was used longest ago.
#[inline(always)]
pub fn claim(line: &mut Ways, tag: u64, keep_ns: u64, now: Nanos) -> Claim {
    let own = place_of(line, tag);
    let way = if own == NONE { oldest(line) } else { own };
    let at = way as usize & 3;
    let stale = now.0 >= line.last_ns[at].saturating_add(keep_ns);
    let before = if stale || line.tags[at] == 0 {
        Before::Free
    } else if own == NONE {
        Before::Evicted
    } else {
        Before::Same
    };
    line.tags[at] = tag;
    line.last_ns[at] = now.0;
    Claim { way, before }
}

/// Gives a place back.
#[inline(always)]
pub fn release(line: &mut Ways, way: u32) {
    line.tags[way as usize & 3] = 0;
    line.last_ns[way as usize & 3] = 0;
}

#[inline(always)]
fn place_of(line: &Ways, tag: u64) -> u32 {
    let mut way = NONE;
    for (at, &candidate) in line.tags.iter().enumerate() {
        if candidate == tag {
            way = at as u32;
            break;
        }
    }
    way
}

/// A free place has never been used, so it is the oldest.
#[inline(always)]
fn oldest(line: &Ways) -> u32 {
    let mut way = 0;
    let mut last = line.last_ns[0];
    for (at, &candidate) in line.last_ns.iter().enumerate().skip(1) {
        if candidate < last {
            last = candidate;
            way = at as u32;
        }
    }
    way
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT
//! Packets that are longer than what can be read of them.

use crate::frame::Frame;

/// The first bytes of a packet whose rest lies in further buffers: a super-packet of the stack's
/// (GSO, BIG TCP) or of a driver's.
#[derive(Clone, Copy, Debug)]
pub struct Partial<'a> {
    /// What can be read.
    pub head: &'a [u8],
    /// Bytes of the whole.
    pub length: usize,
}

impl Frame for Partial<'_> {
    fn take<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.head.take(at)
    }

    fn length(&self) -> usize {
        self.length
    }
}

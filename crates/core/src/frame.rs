// SPDX-License-Identifier: MIT
//! Where bytes come from. The only way to read a packet is to ask for a number of bytes at an
//! offset and to be told if they are not there.

/// Bytes in whole words.
#[derive(Clone, Copy, Debug)]
#[repr(align(8))]
pub struct Words<const N: usize>(pub [u8; N]);

/// Bytes of one packet: kernel memory, a slice on the host, or a captured file.
pub trait Frame {
    /// The `N` bytes at offset `at`, or `None` where the readable part ends before them.
    fn take<const N: usize>(&self, at: usize) -> Option<[u8; N]>;

    /// The same for headers that most packets have. Next to the tag of an `Option`, bytes that are
    /// aligned to nothing begin at an odd place, from where they are moved one by one.
    #[inline(always)]
    fn header<const N: usize>(&self, at: usize) -> Option<Words<N>> {
        self.take(at).map(Words)
    }

    /// Bytes of the whole packet from the first header on. It may be more than can be taken:
    /// drivers and the stack keep payload in further buffers.
    fn length(&self) -> usize;

    /// Packets that this one stands for on the wire: the stack's super-packets are cut into
    /// segments after they were judged.
    fn segments(&self) -> u32 {
        1
    }

    /// The same value, of which the kernel's verifier knows nothing any more. It follows each way
    /// to a value by itself for as long as it knows that they differ; where many ways meet, this
    /// makes one of them.
    #[inline(always)]
    fn obscure<T: Copy>(&self, value: T) -> T {
        value
    }
}

/// Beyond this offset no header is looked for: the largest chain the parser follows ends before
/// it, and the verifier wants to know a bound.
pub const MAX_OFFSET: usize = 0x3fff;

impl Frame for &[u8] {
    fn take<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        if at > MAX_OFFSET {
            return None;
        }
        self.get(at..at + N)?.try_into().ok()
    }

    fn length(&self) -> usize {
        self.len()
    }
}

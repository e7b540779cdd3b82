// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! Packet memory: the only place with packet pointer arithmetic.

use aegis_core::frame::{Frame, MAX_OFFSET, Words};
use core::mem::MaybeUninit;

/// One load of the given width. The packet is aligned to nothing, so the compiler would take it
/// byte by byte, 20 loads and shifts for an IPv4 header; the machine does not mind.
macro_rules! load {
    ($width:literal, $address:expr) => {{
        let value: u64;
        // SAFETY: the caller has checked the bounds, and the verifier checks them again. Kernels
        // accept unaligned packet access wherever the machine does (`BPF_F_ANY_ALIGNMENT` aside).
        unsafe {
            core::arch::asm!(
                concat!("{value} = *(", $width, " *)({address} + 0)"),
                value = out(reg) value,
                address = in(reg) $address,
                options(nostack, readonly, preserves_flags, pure),
            );
        }
        value
    }};
}

/// One store of the given width, as [`load`].
macro_rules! store {
    ($width:literal, $address:expr, $value:expr) => {{
        // SAFETY: as in `load`; a packet is this program's own while it runs.
        unsafe {
            core::arch::asm!(
                concat!("*(", $width, " *)({address} + 0) = {value}"),
                value = in(reg) $value,
                address = in(reg) $address,
                options(nostack, preserves_flags),
            );
        }
    }};
}

/// The directly readable part of a packet, and the length of the whole.
pub struct Linear {
    data: usize,
    end: usize,
    length: usize,
    segments: u32,
}

impl Linear {
    /// `data..end` as the context tells them; `length` counts further buffers too.
    #[inline(always)]
    pub fn new(data: usize, end: usize, length: usize) -> Self {
        Self {
            data,
            end,
            length,
            segments: 1,
        }
    }

    /// A super-packet, which is cut into segments later.
    #[inline(always)]
    pub fn standing_for(self, segments: u32) -> Self {
        Self { segments, ..self }
    }
}

impl Linear {
    /// Bytes that can be read.
    #[inline(always)]
    pub fn readable(&self) -> usize {
        self.end - self.data
    }

    /// Writes `N` bytes, a multiple of four, at offset `at`; whether they are part of the packet.
    #[inline(always)]
    pub fn put<const N: usize>(&mut self, at: usize, bytes: &[u8; N]) -> bool {
        if at > MAX_OFFSET {
            return false;
        }
        let start = self.data + at;
        if past::<N>(start) > self.end {
            return false;
        }
        let (words, _) = bytes.as_chunks::<4>();
        let mut at = start;
        for word in words {
            store!("u32", at, u64::from(u32::from_ne_bytes(*word)));
            at += 4;
        }
        true
    }
}

impl Frame for Linear {
    #[inline(always)]
    fn take<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.header(at).map(|header: Words<N>| header.0)
    }

    #[inline(always)]
    fn header<const N: usize>(&self, at: usize) -> Option<Words<N>> {
        let at = settled(at);
        if at > MAX_OFFSET {
            return None;
        }
        let start = self.data + at;
        if past::<N>(start) > self.end {
            return None;
        }
        Some(read(start))
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.length
    }

    #[inline(always)]
    fn segments(&self) -> u32 {
        self.segments
    }

    /// What an unknown number is twice exclusively or'd with is itself, which the verifier does not
    /// know.
    #[inline(always)]
    fn obscure<T: Copy>(&self, value: T) -> T {
        const { assert!(size_of::<T>() <= size_of::<u64>() && align_of::<T>() <= 8) };
        let mut word = MaybeUninit::<u64>::zeroed();
        // SAFETY: the word has room for the value, which is copied there and back as it was; what
        // of it is not initialised stays so.
        unsafe {
            word.as_mut_ptr().cast::<T>().write(value);
            core::arch::asm!(
                "{0} ^= {1}",
                "{0} ^= {1}",
                inout(reg) word,
                in(reg) self.length,
                options(pure, nomem, nostack),
            );
            word.as_ptr().cast::<T>().read()
        }
    }
}

/// The same number in one register, so that the one that is compared is the one that is used: the
/// verifier does not know of others that they are the same.
#[inline(always)]
fn settled(number: usize) -> usize {
    let settled;
    // SAFETY: a copy.
    unsafe {
        core::arch::asm!(
            "{to} = {from}",
            to = lateout(reg) settled,
            from = in(reg) number,
            options(nomem, nostack, pure),
        );
    }
    settled
}

/// `start + N`, opaque to the compiler: it would turn `start + 1 > end` into `start >= end`, from
/// which the verifier learns nothing.
#[inline(always)]
fn past<const N: usize>(start: usize) -> usize {
    let mut past = start;
    // SAFETY: an addition.
    unsafe {
        core::arch::asm!("{0} += {1}", inout(reg) past, const N, options(nomem, nostack, pure));
    }
    past
}

/// Reads `N` bytes at an address that was just checked to lie within the packet.
#[inline(always)]
fn read<const N: usize>(start: usize) -> Words<N> {
    let mut header = Words([0; N]);
    let (words, rest) = header.0.as_chunks_mut::<8>();
    let mut at = start;
    for word in words {
        *word = load!("u64", at).to_ne_bytes();
        at += 8;
    }
    let (words, rest) = rest.as_chunks_mut::<4>();
    for word in words {
        *word = (load!("u32", at) as u32).to_ne_bytes();
        at += 4;
    }
    let (words, rest) = rest.as_chunks_mut::<2>();
    for word in words {
        *word = (load!("u16", at) as u16).to_ne_bytes();
        at += 2;
    }
    for byte in rest {
        *byte = load!("u8", at) as u8;
    }
    header
}

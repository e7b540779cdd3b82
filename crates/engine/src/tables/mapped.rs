// SPDX-License-Identifier: MIT
//! Array tables as shared memory: a word is read or written without a system call.

use super::failed;
use crate::EngineError;
use aya::maps::MapData;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// An array table, mapped.
pub(crate) struct Mapped {
    start: NonNull<u8>,
    length: usize,
    /// Programs are loaded with the number of its file descriptor, which must stay open till then.
    _table: Option<MapData>,
}

// SAFETY: the memory belongs to the kernel's table, is valid in every thread until it is unmapped,
// and is only ever touched as atomics.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

impl Mapped {
    pub(crate) fn new(
        name: &'static str,
        map: MapData,
        length: usize,
    ) -> Result<Self, EngineError> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh mapping chosen by the kernel; nothing of ours lies there.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                access,
                MapFlags::SHARED,
                map.fd(),
                0,
            )
        };
        let start = start.map_err(|error| failed(name, format!("it cannot be mapped: {error}")))?;
        let start =
            NonNull::new(start.cast()).ok_or_else(|| failed(name, "mapped at 0".to_owned()))?;
        Ok(Self {
            start,
            length,
            _table: Some(map),
        })
    }

    pub(crate) fn words(&self) -> &[AtomicU32] {
        // SAFETY: the mapping is page-aligned, `length` bytes long, lives as long as `self`, and
        // is shared with the kernel, which is what atomics are for.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast(), self.length / 4) }
    }

    pub(crate) fn long_words(&self) -> &[AtomicU64] {
        // SAFETY: as in `words`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast(), self.length / 8) }
    }
}

/// Entries, which the kernel's arrays keep eight bytes apart at least.
impl Mapped {
    /// An entry, read word by word: one that is written meanwhile may be half old, half new.
    pub(crate) fn entry<T: FromBytes>(&self, index: usize) -> Option<T> {
        let words = size_of::<T>().div_ceil(8);
        let own = self.long_words().get(index * words..(index + 1) * words)?;
        let bytes: Vec<u8> = own
            .iter()
            .flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes())
            .collect();
        T::read_from_prefix(&bytes).ok().map(|(entry, _)| entry)
    }

    /// Replaces an entry, likewise.
    pub(crate) fn set_entry<T: IntoBytes + Immutable>(&self, index: usize, entry: &T) {
        let words = size_of::<T>().div_ceil(8);
        let Some(own) = self.long_words().get(index * words..(index + 1) * words) else {
            return;
        };
        for (word, bytes) in own.iter().zip(entry.as_bytes().chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            word.store(u64::from_ne_bytes(whole), Ordering::Relaxed);
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: the mapping of `new`, unmapped once.
        if let Err(error) = unsafe { munmap(self.start.as_ptr().cast(), self.length) } {
            tracing::warn!(%error, "a table could not be unmapped");
        }
    }
}

#[cfg(test)]
impl Mapped {
    /// Memory of the process's own instead of a kernel table's.
    pub(crate) fn anonymous(length: usize) -> Self {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh mapping chosen by the kernel.
        let start = unsafe {
            rustix::mm::mmap_anonymous(std::ptr::null_mut(), length, access, MapFlags::PRIVATE)
        };
        Self {
            start: NonNull::new(start.unwrap().cast()).unwrap(),
            _table: None,
            length,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.words()
            .iter()
            .flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes())
            .collect()
    }
}

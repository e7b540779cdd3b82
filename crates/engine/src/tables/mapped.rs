// SPDX-License-Identifier: MIT
//! Array tables as shared memory: a word is read or written without a system call.

use super::failed;
use crate::EngineError;
use aya::maps::MapData;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// An array table, mapped while it is in use. The kernel maps all of a table at once, and counts
/// every page as the process's own: one that is not needed for a while is better let go of
/// ([`Mapped::rest`]).
pub(crate) struct Mapped {
    length: usize,
    view: OnceLock<View>,
    /// `None` where somebody else keeps it, and in tests, which have memory of their own.
    table: Option<MapData>,
}

/// The mapping itself.
struct View {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the memory belongs to the kernel's table, is valid in every thread until it is unmapped,
// and is only ever touched as atomics.
unsafe impl Send for View {}
// SAFETY: as above.
unsafe impl Sync for View {}

impl View {
    fn of(table: BorrowedFd<'_>, length: usize) -> Result<Self, Errno> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let anywhere = std::ptr::null_mut();
        // SAFETY: a fresh mapping chosen by the kernel; nothing of ours lies there.
        let start = unsafe { mmap(anywhere, length, access, MapFlags::SHARED, table, 0) }?;
        let start = NonNull::new(start.cast()).ok_or(Errno::FAULT)?;
        Ok(Self { start, length })
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: the mapping of `of`, unmapped once; whoever borrows it borrows this value.
        if let Err(error) = unsafe { munmap(self.start.as_ptr().cast(), self.length) } {
            tracing::warn!(%error, "a table could not be unmapped");
        }
    }
}

impl Mapped {
    pub(crate) fn new(
        name: &'static str,
        table: MapData,
        length: usize,
    ) -> Result<Self, EngineError> {
        let mapped = Self::of(name, table.fd().as_fd(), length)?;
        Ok(Self {
            table: Some(table),
            ..mapped
        })
    }

    /// Maps a table that somebody else keeps open for as long as that matters.
    pub(crate) fn of(
        name: &'static str,
        table: BorrowedFd<'_>,
        length: usize,
    ) -> Result<Self, EngineError> {
        let view = View::of(table, length)
            .map_err(|error| failed(name, format!("it cannot be mapped: {error}")))?;
        Ok(Self {
            length,
            view: view.into(),
            table: None,
        })
    }

    /// Lets go of the memory until it is needed again.
    pub(crate) fn rest(&mut self) {
        if self.table.is_some() {
            self.view.take();
        }
    }

    /// The mapping, made anew where it was let go of.
    ///
    /// # Panics
    /// Where the kernel has no memory left for page tables: it mapped this very table before. The
    /// programs filter on without this process.
    fn view(&self) -> &View {
        self.view.get_or_init(|| {
            let table = self.table.as_ref().expect("what has no table never rests");
            View::of(table.fd().as_fd(), self.length)
                .expect("what was mapped once can be mapped again")
        })
    }

    pub(crate) fn words(&self) -> &[AtomicU32] {
        let View { start, length } = self.view();
        // SAFETY: the mapping is page-aligned, `length` bytes long, lives as long as it is borrowed,
        // and is shared with the kernel, which is what atomics are for.
        unsafe { std::slice::from_raw_parts(start.as_ptr().cast(), length / 4) }
    }

    pub(crate) fn long_words(&self) -> &[AtomicU64] {
        let View { start, length } = self.view();
        // SAFETY: as in `words`.
        unsafe { std::slice::from_raw_parts(start.as_ptr().cast(), length / 8) }
    }
}

/// Entries, which the kernel's arrays keep eight bytes apart at least.
impl Mapped {
    /// An entry, read word by word: one that is written meanwhile may be half old, half new.
    pub(crate) fn entry<T: FromBytes + IntoBytes>(&self, index: usize) -> Option<T> {
        let words = size_of::<T>().div_ceil(8);
        let own = self.long_words().get(index * words..(index + 1) * words)?;
        let mut entry = T::new_zeroed();
        for (bytes, word) in entry.as_mut_bytes().chunks_mut(8).zip(own) {
            let whole = word.load(Ordering::Relaxed).to_ne_bytes();
            bytes.copy_from_slice(&whole[..bytes.len()]);
        }
        Some(entry)
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

#[cfg(test)]
impl Mapped {
    /// Memory of the process's own instead of a kernel table's.
    pub(crate) fn anonymous(length: usize) -> Self {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh mapping chosen by the kernel.
        let start = unsafe {
            rustix::mm::mmap_anonymous(std::ptr::null_mut(), length, access, MapFlags::PRIVATE)
        };
        let start = NonNull::new(start.unwrap().cast()).unwrap();
        Self {
            length,
            view: View { start, length }.into(),
            table: None,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.words()
            .iter()
            .flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes())
            .collect()
    }
}

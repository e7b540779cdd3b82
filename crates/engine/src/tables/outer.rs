// SPDX-License-Identifier: MIT
//! Tables of tables, for which aya asks more of the tables inside than there is to know.
//!
//! Every update ends with a grace period: when it returns, no program that found the former table is
//! running (`maybe_wait_bpf_programs` in `kernel/bpf/syscall.c`, Linux 4.20). So does every deletion.
//! Where the kernel takes several updates at once (`array_of_maps_map_ops` in
//! `kernel/bpf/arraymap.c`, Linux 5.19), newer ones have them share one. No kernel takes several
//! deletions of this kind of table at once: each has a grace period of its own.

use super::failed;
use crate::EngineError;
use crate::error::one_line;
use crate::syscall::bpf;
use aya::maps::{Map, MapData};
use aya_obj::generated::{bpf_attr, bpf_cmd};
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};

/// A table of tables of a loaded object.
pub(super) struct Outer {
    name: &'static str,
    table: MapData,
}

impl Outer {
    pub(super) fn take(ebpf: &mut aya::Ebpf, name: &'static str) -> Result<Self, EngineError> {
        match ebpf.take_map(name) {
            Some(Map::ArrayOfMaps(table)) => Ok(Self { name, table }),
            _ => Err(failed(name, "the object has no such table".to_owned())),
        }
    }

    /// Puts tables into places, the first of which is `first`.
    pub(super) fn put(&self, first: u32, tables: &[&MapData]) -> Result<(), EngineError> {
        let inner = tables.iter().map(|table| table.fd().as_fd().as_raw_fd());
        let inner: Vec<i32> = inner.collect();
        let keys: Vec<u32> = (first..).take(inner.len()).collect();
        let together = put_together(self.fd(), &keys, &inner);
        let put = together.or_else(|_| {
            let one = |(&key, &inner): (&u32, &i32)| put(self.fd(), key, inner);
            keys.iter().zip(&inner).try_for_each(one)
        });
        put.map_err(|error| self.failed(&error))
    }

    /// Empties places; those that are empty stay so.
    pub(super) fn clear(&self, places: std::ops::Range<u32>) -> Result<(), EngineError> {
        let mut taken = places.filter(|&place| self.id(place).is_some());
        let cleared = taken.try_for_each(|place| remove(self.fd(), place));
        cleared.map_err(|error| self.failed(&error))
    }

    /// The kernel's number of the table in a place: later tables have higher ones.
    pub(super) fn id(&self, place: u32) -> Option<u32> {
        let mut id = 0_u32;
        let mut attribute = element(self.fd(), &place, &raw mut id);
        bpf(bpf_cmd::BPF_MAP_LOOKUP_ELEM, &mut attribute).ok()?;
        Some(id)
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.table.fd().as_fd()
    }

    fn failed(&self, error: &io::Error) -> EngineError {
        failed(self.name, one_line(error))
    }
}

/// Puts a table into a place of a table of tables.
pub(super) fn put(outer: BorrowedFd<'_>, place: u32, inner: i32) -> io::Result<()> {
    let mut inner = inner;
    let mut attribute = element(outer, &place, &raw mut inner);
    bpf(bpf_cmd::BPF_MAP_UPDATE_ELEM, &mut attribute).map(drop)
}

fn remove(outer: BorrowedFd<'_>, place: u32) -> io::Result<()> {
    let mut attribute = element(outer, &place, std::ptr::null_mut::<u32>());
    match bpf(bpf_cmd::BPF_MAP_DELETE_ELEM, &mut attribute) {
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(()),
        other => other.map(drop),
    }
}

/// What is asked for one place; the pointers are the caller's to keep alive.
fn element<T>(outer: BorrowedFd<'_>, place: &u32, value: *mut T) -> bpf_attr {
    // SAFETY: a union of integers.
    let mut attribute: bpf_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the member of these commands.
    let element = unsafe { &mut attribute.__bindgen_anon_2 };
    element.map_fd = outer.as_raw_fd() as u32;
    element.key = std::ptr::from_ref(place) as u64;
    element.__bindgen_anon_1.value = value as u64;
    attribute
}

/// Puts tables into places, all with one call.
fn put_together(outer: BorrowedFd<'_>, places: &[u32], inner: &[i32]) -> io::Result<()> {
    // SAFETY: a union of integers.
    let mut attribute: bpf_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the member of these commands.
    let batch = unsafe { &mut attribute.batch };
    batch.keys = places.as_ptr() as u64;
    batch.values = inner.as_ptr() as u64;
    batch.count = places.len() as u32;
    batch.map_fd = outer.as_raw_fd() as u32;
    bpf(bpf_cmd::BPF_MAP_UPDATE_BATCH, &mut attribute).map(drop)
}

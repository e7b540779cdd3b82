// SPDX-License-Identifier: MIT
//! Waiting until every program that runs now has ended.
//!
//! The kernel promises it of an update of a table of tables: the system call returns when all
//! programs have ended that may have found the former table in it (`maybe_wait_bpf_programs` in
//! `kernel/bpf/syscall.c`, Linux 4.20: an RCU grace period, within which XDP and TC programs run).
//! So there is one of one place, which no program knows of. `docs/adr/0012-generations.md` says what
//! else was considered.

use super::outer::put;
use crate::EngineError;
use crate::error::one_line;
use crate::syscall::bpf;
use aya::maps::{Array, IterableMap, MapData};
use aya_obj::generated::{bpf_attr, bpf_cmd, bpf_map_type};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// What it is called in messages.
const NAME: &str = "the table that is waited by";

/// A table of tables that exists to be updated.
pub(super) struct Grace {
    outer: OwnedFd,
    inner: Array<MapData, u32>,
}

impl Grace {
    /// Makes the table.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub(super) fn new() -> Result<Self, EngineError> {
        let inner = Array::create(1, 0);
        let inner = inner.map_err(|error| super::failed(NAME, one_line(&error)))?;
        let outer = table_of(&inner);
        let outer = outer.map_err(|error| super::failed(NAME, error.to_string()))?;
        Ok(Self { outer, inner })
    }

    /// Returns once every program has ended that is running now, a few milliseconds later; every
    /// program that begins afterwards sees what was written before.
    ///
    /// # Errors
    /// The kernel's, which has no reason for any.
    pub(super) fn wait(&self) -> io::Result<()> {
        put(
            self.outer.as_fd(),
            0,
            self.inner.map().fd().as_fd().as_raw_fd(),
        )
    }
}

/// A table with one place for tables like this.
fn table_of(inner: &Array<MapData, u32>) -> io::Result<OwnedFd> {
    // SAFETY: a union of integers.
    let mut attribute: bpf_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the member of this command.
    let outer = unsafe { &mut attribute.__bindgen_anon_1 };
    outer.map_type = bpf_map_type::BPF_MAP_TYPE_ARRAY_OF_MAPS as u32;
    outer.key_size = size_of::<u32>() as u32;
    outer.value_size = size_of::<u32>() as u32;
    outer.max_entries = 1;
    outer.inner_map_fd = inner.map().fd().as_fd().as_raw_fd() as u32;
    let descriptor = bpf(bpf_cmd::BPF_MAP_CREATE, &mut attribute)?;
    // SAFETY: a new descriptor that nobody else has.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

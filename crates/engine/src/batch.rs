// SPDX-License-Identifier: MIT
//! Whole tables in few system calls (`BPF_MAP_LOOKUP_BATCH`, Linux 5.6), for which aya has no call.

use crate::syscall::bpf;
use aya_obj::generated::{bpf_attr, bpf_cmd};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Entries that are asked for at once: so few that what the kernel writes is still in the cache when it is
/// read.
const CHUNK: usize = 1_024;
/// The kernel's position in a table: for a hash table, a bucket.
const POSITION: usize = 8;

/// Every entry of a hash table, one after the other, so that no copy is made of what is looked at and let
/// go. What is added or removed meanwhile may be there or not.
pub(crate) fn each<K, V>(table: BorrowedFd<'_>, mut visit: impl FnMut(K, V)) -> io::Result<()>
where
    K: FromBytes,
    V: FromBytes,
{
    let (key_size, value_size) = (size_of::<K>(), size_of::<V>());
    let mut room = CHUNK;
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    let mut position: Option<[u8; POSITION]> = None;
    loop {
        keys.resize(room * key_size, 0);
        values.resize(room * value_size, 0);
        let mut next = [0; POSITION];
        let answer = chunk(table, (position, &mut next), (&mut keys, &mut values), room);
        let (count, last) = match answer {
            // One bucket holds more than there was room for.
            Err(error) if error.raw_os_error() == Some(libc::ENOSPC) && room < 1 << 20 => {
                room *= 4;
                continue;
            }
            answer => answer?,
        };
        let pairs = keys
            .chunks(key_size)
            .zip(values.chunks(value_size))
            .take(count);
        for (key, value) in pairs {
            if let (Ok(key), Ok(value)) = (K::read_from_bytes(key), V::read_from_bytes(value)) {
                visit(key, value);
            }
        }
        if last {
            return Ok(());
        }
        position = Some(next);
    }
}

type Cursor<'a> = (Option<[u8; POSITION]>, &'a mut [u8; POSITION]);

/// How many entries came, and whether they were the last.
fn chunk(
    table: BorrowedFd<'_>,
    (position, next): Cursor<'_>,
    (keys, values): (&mut [u8], &mut [u8]),
    room: usize,
) -> io::Result<(usize, bool)> {
    // SAFETY: a union of integers.
    let mut attribute: bpf_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the member of this command.
    let batch = unsafe { &mut attribute.batch };
    batch.in_batch = position.as_ref().map_or(0, |at| at.as_ptr() as u64);
    batch.out_batch = next.as_mut_ptr() as u64;
    batch.keys = keys.as_mut_ptr() as u64;
    batch.values = values.as_mut_ptr() as u64;
    batch.count = room as u32;
    batch.map_fd = table.as_raw_fd() as u32;
    match bpf(bpf_cmd::BPF_MAP_LOOKUP_BATCH, &mut attribute) {
        // SAFETY: as above; the kernel has written the count.
        Ok(_) => Ok((unsafe { attribute.batch.count } as usize, false)),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {
            // SAFETY: as above.
            Ok((unsafe { attribute.batch.count } as usize, true))
        }
        Err(error) => Err(error),
    }
}

/// Removes an entry and returns what it was, both at once (Linux 5.14 for hash tables); `None` where
/// it was not there.
pub(crate) fn remove<K, V>(table: BorrowedFd<'_>, key: &K) -> io::Result<Option<V>>
where
    K: IntoBytes + Immutable,
    V: FromBytes + IntoBytes,
{
    let mut value = V::new_zeroed();
    // SAFETY: a union of integers.
    let mut attribute: bpf_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the member of this command.
    let element = unsafe { &mut attribute.__bindgen_anon_2 };
    element.map_fd = table.as_raw_fd() as u32;
    element.key = key.as_bytes().as_ptr() as u64;
    element.__bindgen_anon_1.value = value.as_mut_bytes().as_mut_ptr() as u64;
    match bpf(bpf_cmd::BPF_MAP_LOOKUP_AND_DELETE_ELEM, &mut attribute) {
        Ok(_) => Ok(Some(value)),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

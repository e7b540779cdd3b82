// SPDX-License-Identifier: MIT
//! A generator inside the kernel: a program that redirects a frame to an interface, run with
//! `BPF_F_TEST_XDP_LIVE_FRAMES` (Linux 5.18), which makes the frames real.
//!
//! The program has four instructions that name the interface, so it is assembled here; only
//! `aegis_engine` loads object files.

use anyhow::{Context as _, Result};
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_PROG_TEST_RUN: libc::c_long = 10;
const BPF_PROG_TYPE_XDP: u32 = 6;
const BPF_F_TEST_XDP_LIVE_FRAMES: u32 = 1 << 1;
/// Frames that are handed over at once: as many as the ring of veth holds and the kernel allows. The
/// pool that their pages come from has the same size; with a smaller one the receiver would spend its
/// time giving pages back to the allocator, which drivers with rings of their own need not.
const BATCH: u32 = 256;

/// `union bpf_attr` for `BPF_PROG_LOAD`, up to what is used here.
#[repr(C)]
#[derive(Default)]
struct Load {
    kind: u32,
    instructions: u32,
    code: u64,
    license: u64,
    log: [u64; 2],
    version_and_flags: [u32; 2],
    name: [u8; 16],
}

/// `union bpf_attr` for `BPF_PROG_TEST_RUN`.
#[repr(C)]
#[derive(Default)]
struct Run {
    program: u32,
    answer: u32,
    input_size: u32,
    output_size: u32,
    input: u64,
    output: u64,
    repeat: u32,
    duration: u32,
    context_sizes: [u32; 2],
    contexts: [u64; 2],
    flags: u32,
    cpu: u32,
    batch: u32,
    end: u32,
}

/// A frame, and the interface it goes out by.
#[derive(Debug)]
pub struct Flood {
    program: OwnedFd,
    frame: Vec<u8>,
}

impl Flood {
    /// Prepares to send a frame by the interface with this index.
    ///
    /// # Errors
    /// Where the kernel does not load the program: no root, or an old kernel.
    pub fn new(interface: u32, frame: Vec<u8>) -> Result<Self> {
        let code = redirect_to(interface);
        let license = c"MIT";
        let mut load = Load {
            kind: BPF_PROG_TYPE_XDP,
            instructions: code.len() as u32,
            code: code.as_ptr() as u64,
            license: license.as_ptr() as u64,
            name: *b"aegis_flood\0\0\0\0\0",
            ..Load::default()
        };
        let fd =
            bpf(BPF_PROG_LOAD, &mut load).context("cannot load the generator; it needs root")?;
        // SAFETY: the descriptor is new and nobody else knows it.
        let program = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { program, frame })
    }

    /// Sends the frame so many times, from the network namespace of the calling thread. What does not
    /// fit into the receiver's ring is lost.
    ///
    /// # Errors
    /// Where the kernel cannot (before Linux 5.18), or the peer takes no frames.
    pub fn send(&self, count: u32) -> Result<()> {
        let mut run = Run {
            program: self.program.as_raw_fd() as u32,
            input_size: self.frame.len() as u32,
            input: self.frame.as_ptr() as u64,
            repeat: count,
            flags: BPF_F_TEST_XDP_LIVE_FRAMES,
            batch: BATCH,
            ..Run::default()
        };
        bpf(BPF_PROG_TEST_RUN, &mut run)
            .context("cannot generate frames; this needs Linux 5.18")?;
        Ok(())
    }
}

/// `return bpf_redirect(interface, 0)`.
fn redirect_to(interface: u32) -> [u64; 4] {
    const HELPER_REDIRECT: u32 = 23;
    let instruction = |code: u8, register: u8, value: u32| {
        u64::from(value) << 32 | u64::from(register) << 8 | u64::from(code)
    };
    [
        instruction(0xb7, 1, interface),
        instruction(0xb7, 2, 0),
        instruction(0x85, 0, HELPER_REDIRECT),
        instruction(0x95, 0, 0),
    ]
}

fn bpf<T>(command: libc::c_long, attributes: &mut T) -> io::Result<i32> {
    let attributes_at = std::ptr::from_mut(attributes);
    // SAFETY: pointer and size describe a live `#[repr(C)]` part of `union bpf_attr` without padding;
    // the buffers that it points to are borrowed by the caller for the length of the call. Of it the
    // kernel writes `answer` and `duration` of a run, which nobody reads.
    let answer = unsafe { libc::syscall(libc::SYS_bpf, command, attributes_at, size_of::<T>()) };
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_the_layout_of_the_kernel() {
        assert_eq!(size_of::<Load>(), 64);
        assert_eq!(std::mem::offset_of!(Load, name), 48);
        assert_eq!(std::mem::offset_of!(Run, flags), 64);
        assert_eq!(size_of::<Run>(), 80);
    }

    #[test]
    fn instructions_read_as_the_assembler_writes_them() {
        assert_eq!(redirect_to(5)[0].to_le_bytes(), [0xb7, 1, 0, 0, 5, 0, 0, 0]);
        assert_eq!(
            redirect_to(5)[2].to_le_bytes(),
            [0x85, 0, 0, 0, 23, 0, 0, 0]
        );
    }
}

// SPDX-License-Identifier: MIT
//! What is brought: a file in memory (memfd_create(2)) that is sealed before it changes hands.

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

/// Neither longer, nor shorter, nor otherwise than it is.
const SEALED: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::WRITE)
    .union(SealFlags::SEAL);

/// One to be written.
pub(super) fn create() -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    Ok(memfd_create("aegis-body", flags)?.into())
}

/// Nobody writes to it any more.
pub(super) fn seal(body: File) -> io::Result<OwnedFd> {
    fcntl_add_seals(&body, SEALED)?;
    Ok(body.into())
}

/// All of it.
///
/// # Errors
/// Where it is not sealed, such as no file in memory at all, or longer than `most`.
pub(super) fn open(body: OwnedFd, most: u64) -> io::Result<Vec<u8>> {
    if !fcntl_get_seals(&body)?.contains(SEALED) {
        return Err(io::Error::other("it could be changed"));
    }
    let length = u64::try_from(fstat(&body)?.st_size).unwrap_or(u64::MAX);
    if length > most {
        return Err(io::Error::other(format!(
            "{length} bytes, of {most} at most"
        )));
    }
    let length = usize::try_from(length).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    File::from(body).read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_is_sealed_is_read_and_nothing_else() {
        let made = |content: &[u8]| {
            let mut body = create().expect("there is memory");
            body.write_all(content).expect("there is memory");
            body
        };
        let sealed = seal(made(b"content")).expect("it can be sealed");
        let ours = File::from(sealed.try_clone().expect("there are numbers left"));
        assert!(ours.write_at(b"other", 0).is_err());
        assert_eq!(open(sealed, 7).expect("it is sealed"), b"content");
        let sealed = seal(made(b"content")).expect("it can be sealed");
        assert!(open(sealed, 6).is_err(), "longer than it may be");
        assert!(open(made(b"content").into(), 7).is_err(), "not sealed");
        let file = File::open("/proc/self/status").expect("it is there");
        assert!(open(file.into(), 1 << 20).is_err(), "not in memory");
    }
}

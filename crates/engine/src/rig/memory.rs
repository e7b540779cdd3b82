// SPDX-License-Identifier: MIT
//! What tables take, as the kernel accounts for it.

use crate::EngineError;
use crate::error::one_line;
use crate::tables::failed;
use aya::maps::MapInfo;
use std::fs;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};

/// Name and bytes of the table with this number.
pub(super) fn of_table(id: u32) -> Result<(String, u64), EngineError> {
    let told = |error: &dyn std::error::Error| failed("a table", one_line(error));
    let info = MapInfo::from_id(id).map_err(|error| told(&error))?;
    let name = info.name_as_str().unwrap_or_default().to_owned();
    let fd = info.fd().map_err(|error| told(&error))?;
    Ok((name, charged_for(fd.as_fd())?))
}

/// Bytes of an open table.
pub(super) fn charged_for(table: BorrowedFd<'_>) -> Result<u64, EngineError> {
    let told = |error: &dyn std::error::Error| failed("a table", one_line(error));
    let path = format!("/proc/self/fdinfo/{}", table.as_raw_fd());
    let text = fs::read_to_string(path).map_err(|error| told(&error))?;
    charged(&text).ok_or_else(|| failed("a table", "the kernel tells no memlock".to_owned()))
}

fn charged(fdinfo: &str) -> Option<u64> {
    let line = fdinfo
        .lines()
        .find_map(|line| line.strip_prefix("memlock:"))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::charged;

    #[test]
    fn the_charge_is_found_among_the_lines() {
        let text = "pos:\t0\nmap_type:\t2\nmemlock:\t4096\nmap_id:\t7\n";
        assert_eq!(charged(text), Some(4096));
        assert_eq!(charged("pos:\t0\n"), None);
    }
}

// SPDX-License-Identifier: MIT
//! What an instance's folder of pins is called. A bpf file system refuses names with a dot
//! (`bpf_lookup`, kernel/bpf/inode.c), and VLAN interfaces have one.

use std::path::{Path, PathBuf};

/// In the place of a dot; no instance has it in its name.
const STAND_IN: &str = "%";

/// The folder of an instance.
#[must_use]
pub fn pin_folder(bpffs: &Path, instance: &str) -> PathBuf {
    bpffs.join(instance.replace('.', STAND_IN))
}

/// The instances that have one.
#[must_use]
pub fn pinned_instances(bpffs: &Path) -> Vec<String> {
    let folders = std::fs::read_dir(bpffs).into_iter().flatten().flatten();
    let names = folders.filter_map(|folder| folder.file_name().into_string().ok());
    names.map(|name| name.replace(STAND_IN, ".")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_vlan_has_no_dot_and_is_found_again() {
        let bpffs = std::env::temp_dir().join(format!("aegis-pins-{}", std::process::id()));
        let folder = pin_folder(&bpffs, "eth0.10+wg0");
        assert_eq!(folder.file_name().unwrap(), "eth0%10+wg0");
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        assert_eq!(pinned_instances(&bpffs), ["eth0.10+wg0"]);
        std::fs::remove_dir_all(&bpffs).expect("it is ours");
    }
}

// SPDX-License-Identifier: MIT
//! Where in the file system the daemon has business.

use crate::{Options, geo, logging};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What is read: the kernel's own files, of which `/proc` is whole because its entries come and go;
/// how many processors there are, and the kernel's types, for tables and programs that are loaded
/// later; and who may use the sockets, for a successor.
const READ: [&str; 4] = [
    "/proc",
    "/sys/devices/system/cpu",
    "/sys/kernel/btf",
    "/etc/group",
];

/// What Landlock allows. Folders rather than files, as a file that is replaced is another one.
/// What is not there is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// Files are made, changed and removed in there.
    pub(super) kept: Vec<PathBuf>,
    /// Read.
    pub(super) read: Vec<PathBuf>,
    /// Programs and libraries are executed from there: the daemon's own.
    pub(super) executed: Vec<PathBuf>,
}

impl Places {
    /// Those of a daemon.
    pub(super) fn of(options: &Options) -> Self {
        let mut kept = vec![
            options.instance.run_dir().to_owned(),
            options.bpffs.clone(),
            options.state(),
            PathBuf::from("/dev/null"),
        ];
        // `allow add` writes a new file beside it; a link is followed, as it is there.
        let file = options.configuration.path();
        kept.extend(file.parent().map(Path::to_owned));
        let aim = fs::canonicalize(file).ok();
        kept.extend(aim.and_then(|aim| Some(aim.parent()?.to_owned())));
        let written = &options.config.logging;
        let logs = [&written.file, &written.events_file]
            .map(|file| logging::path(file, options.instance.name()));
        kept.extend(
            logs.iter()
                .filter_map(|file| file.parent())
                .map(Path::to_owned),
        );
        let objects = [&options.xdp_object, &options.tc_object];
        let given = objects
            .into_iter()
            .flatten()
            .filter_map(|path| path.parent());
        let given = given.map(Path::to_owned).chain(lists(options));
        let read = READ.into_iter().map(PathBuf::from);
        let places = geo::read_folders(&options.config.geo, &options.state);
        let keys = crate::crowd::files(options).into_iter();
        let keys = keys.filter_map(|file| file.parent().map(Path::to_owned));
        Self {
            kept,
            read: read.chain(given).chain(places).chain(keys).collect(),
            executed: own_program(),
        }
    }
}

/// The folders of lists that are files, and of what is sent along for others.
fn lists(options: &Options) -> impl Iterator<Item = PathBuf> {
    let files = options.config.feeds.sources().into_iter();
    let files = files.flat_map(|source| [source.path, source.headers_file]);
    let files = files.filter(|file| !file.is_empty());
    let folder = |file: String| {
        let file = logging::path(&file, options.instance.name());
        Some(file.parent()?.to_owned())
    };
    files.filter_map(folder)
}

/// The folders of the program and of the libraries that it runs with. An update puts new ones in
/// their place, and the daemon may have to execute itself again.
pub(super) fn own_program() -> Vec<PathBuf> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let code: BTreeSet<PathBuf> = maps.lines().filter_map(code_folder).collect();
    code.into_iter().collect()
}

/// The folder of a file that is mapped as code, of a line of `/proc/self/maps` (proc(5)): `ADDRESS
/// PERMISSIONS OFFSET DEVICE INODE PATH`.
fn code_folder(line: &str) -> Option<PathBuf> {
    let mut words = line.split_whitespace();
    let permissions = words.nth(1)?;
    let path = line.get(line.find('/')?..)?;
    let path = path.strip_suffix(" (deleted)").unwrap_or(path);
    let folder = Path::new(path).parent()?;
    permissions.contains('x').then(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_the_rest_of_what_is_mapped() {
        let folder = |line| code_folder(line).map(|folder| folder.display().to_string());
        let code = "7f10-7f20 r-xp 00001000 fe:00 1234    /usr/lib/x y/libc.so.6 (deleted)";
        assert_eq!(folder(code).as_deref(), Some("/usr/lib/x y"));
        assert_eq!(
            folder("7f10-7f20 r--p 00001000 fe:00 1234 /usr/lib/libc.so.6"),
            None
        );
        assert_eq!(folder("7f10-7f20 r-xp 00000000 00:00 0    [vdso]"), None);
        assert_eq!(folder(""), None);
    }

    #[test]
    fn this_program_is_among_what_may_be_executed() {
        let own = std::env::current_exe().expect("a process knows its program");
        let folder = own.parent().expect("a program is in a folder").to_owned();
        assert!(own_program().contains(&folder), "{:?}", own_program());
    }
}

// SPDX-License-Identifier: MIT
//! The folder of pins of one instance: what outlives the process that made it.
//!
//! | pin | what it is |
//! |---|---|
//! | `HEADER` | which version made the rest |
//! | `BANS_V4`, `FLOWS_V4`, … | the tables, by name |
//! | `xdp-2`, `tc-2`, … | the links, by hook and interface index |
//!
//! Removing a link's pin detaches its program, once nobody holds the link open either.

use crate::EngineError;
use crate::error::one_line;
use crate::link_state::{self, LinkState};
use crate::tables::Row;
use aegis_abi::names::HEADER;
use aegis_abi::{Header, Hook};
use aya::maps::{Array, Map, MapData};
use rustix::fs::statfs;
use rustix::mount::{MountFlags, mount};
use std::path::{Path, PathBuf};
use std::{fs, io};

const BPF_FS_MAGIC: u64 = 0xcafe_4a11;
const USUAL: &str = "/sys/fs/bpf";

/// An instance's folder of pins.
#[derive(Clone, Debug)]
pub(crate) struct Pins {
    path: PathBuf,
}

/// A link, pinned.
#[derive(Clone, Debug)]
pub(crate) struct PinnedLink {
    pub(crate) path: PathBuf,
    pub(crate) hook: Hook,
    /// Index of the interface that it was made for.
    pub(crate) index: u32,
}

impl PinnedLink {
    /// What the kernel says of it; `None` where it is attached to nothing any more.
    pub(crate) fn state(&self) -> io::Result<Option<LinkState>> {
        let state = link_state::read(&self.path)?;
        Ok((state.index == self.index).then_some(state))
    }
}

const HOOKS: [(Hook, &str); 2] = [(Hook::XdpIngress, "xdp"), (Hook::TcEgress, "tc")];

impl Pins {
    /// The folder, which need not be there.
    pub(crate) fn at(path: &Path) -> Self {
        let path = path.to_path_buf();
        Self { path }
    }

    /// Makes the folder where it is missing, and mounts the usual bpf file system.
    pub(crate) fn make(&self) -> Result<(), EngineError> {
        require_bpffs(&self.path)
            .and_then(|()| fs::create_dir_all(&self.path))
            .map_err(|error| self.failed("", &error))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What a program or a predecessor left here; `None` where there is no header to tell.
    pub(crate) fn header(&self) -> Result<Option<Header>, EngineError> {
        let path = self.path.join(HEADER);
        if !path.exists() {
            return Ok(None);
        }
        let unreadable = |reason: String| self.failed("its header: ", &io::Error::other(reason));
        let map = MapData::from_pin(&path).map_err(|error| unreadable(one_line(&error)))?;
        let map = Map::from_map_data(map).map_err(|error| unreadable(one_line(&error)))?;
        let array: Array<MapData, Row<Header>> =
            Array::try_from(map).map_err(|error| unreadable(one_line(&error)))?;
        let row = array
            .get(&0, 0)
            .map_err(|error| unreadable(one_line(&error)))?;
        if row.0.magic != Header::MAGIC {
            return Err(unreadable("it is not one of Aegis".to_owned()));
        }
        Ok(Some(row.0))
    }

    /// Says which version made what is pinned here.
    pub(crate) fn set_header(&self, header: Header) -> Result<(), EngineError> {
        let failed = |error: &dyn std::error::Error| {
            self.failed("its header: ", &io::Error::other(one_line(error)))
        };
        let mut array: Array<MapData, Row<Header>> =
            Array::create(1, 0).map_err(|error| failed(&error))?;
        array
            .set(0, Row(header), 0)
            .map_err(|error| failed(&error))?;
        array
            .pin(self.path.join(HEADER))
            .map_err(|error| failed(&error))
    }

    /// Where a link is pinned, or is to be.
    pub(crate) fn link(&self, hook: Hook, index: u32) -> PinnedLink {
        let name = HOOKS.iter().find(|(known, _)| *known == hook);
        let name = name.map_or("link", |(_, name)| name);
        let path = self.path.join(format!("{name}-{index}"));
        PinnedLink { path, hook, index }
    }

    /// The links that are pinned here.
    pub(crate) fn links(&self) -> Vec<PinnedLink> {
        let names = fs::read_dir(&self.path).into_iter().flatten().flatten();
        names
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let (kind, index) = name.split_once('-')?;
                let (hook, _) = HOOKS.into_iter().find(|(_, known)| *known == kind)?;
                Some(self.link(hook, index.parse().ok()?))
            })
            .collect()
    }

    /// Whether any link holds a program.
    pub(crate) fn filter(&self) -> bool {
        let holds = |link: &PinnedLink| link.state().is_ok_and(|state| state.is_some());
        self.links().iter().any(holds)
    }

    /// Removes everything: links first, so that no program looks into tables that are gone.
    pub(crate) fn remove(&self) -> Result<(), EngineError> {
        let removed = self.links().iter().try_for_each(|link| remove(&link.path));
        let removed = removed.and_then(|()| match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        });
        removed.map_err(|error| self.failed("pins cannot be removed: ", &error))
    }

    fn failed(&self, what: &str, error: &io::Error) -> EngineError {
        match error.kind() {
            io::ErrorKind::PermissionDenied => EngineError::NotPermitted,
            _ => EngineError::BpfFs {
                path: self.path.clone(),
                reason: format!("{what}{error}"),
            },
        }
    }
}

/// Removes one pin; one that is gone is no failure.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Mounts the usual bpf file system where it is missing, as systemd does at boot.
fn require_bpffs(path: &Path) -> io::Result<()> {
    if is_bpffs(path) {
        return Ok(());
    }
    if !path.starts_with(USUAL) {
        return Err(io::Error::other("it is not on a bpf file system"));
    }
    mount(
        "bpf",
        USUAL,
        "bpf",
        MountFlags::empty(),
        None::<&std::ffi::CStr>,
    )?;
    tracing::info!("mounted a bpf file system on {USUAL}");
    Ok(())
}

/// Whether a path is, or would be, on a bpf file system.
pub(crate) fn is_bpffs(path: &Path) -> bool {
    let existing = path.ancestors().find(|ancestor| ancestor.exists());
    existing
        .and_then(|ancestor| statfs(ancestor).ok())
        .is_some_and(|found| found.f_type as u64 == BPF_FS_MAGIC)
}

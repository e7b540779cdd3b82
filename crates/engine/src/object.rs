// SPDX-License-Identifier: MIT
//! Object files: the embedded one, or one of the operator's.

use crate::EngineError;
use crate::error::one_line;
use aegis_abi::Link;
use aegis_abi::names::{constant, table};
use aya::{Ebpf, EbpfLoader};
use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{fs, io};

static EMBEDDED: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/aegis-ebpf.o"));

/// Bytes of the largest object file that is read; ours has a few hundred KiB.
const MAX_OBJECT: u64 = 16 << 20;

/// What is fixed when a program is loaded for an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Constants {
    pub(crate) link: Link,
    pub(crate) loopback: bool,
    pub(crate) seed: u32,
    pub(crate) flow_room: u32,
    /// See [`constant::REHEARSED`].
    pub(crate) rehearsed: u32,
}

/// Bytes of an object file and where they are from.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    bytes: Cow<'static, [u8]>,
    path: Option<PathBuf>,
}

impl Object {
    /// The one built with this binary.
    pub(crate) fn embedded() -> Self {
        Self {
            bytes: Cow::Borrowed(EMBEDDED),
            path: None,
        }
    }

    /// The operator's own, or the embedded one.
    pub(crate) fn choose(path: Option<&Path>) -> Result<Self, EngineError> {
        let Some(path) = path else {
            return Ok(Self::embedded());
        };
        let bytes = read(path).map_err(|error| EngineError::Object {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })?;
        let object = Self {
            bytes: Cow::Owned(bytes),
            path: Some(path.to_path_buf()),
        };
        object.require_same_tables()?;
        Ok(object)
    }

    fn unusable(&self, reason: String) -> EngineError {
        match &self.path {
            Some(path) => EngineError::Object {
                path: path.clone(),
                reason,
            },
            None => EngineError::Embedded { reason },
        }
    }

    fn parse(&self) -> Result<aya_obj::Object, EngineError> {
        aya_obj::Object::parse(&self.bytes)
            .map_err(|error| self.unusable(format!("it is no eBPF object: {}", one_line(&error))))
    }

    /// aya adopts a shared table without comparing shapes; a program would then read rows of
    /// another layout.
    fn require_same_tables(&self) -> Result<(), EngineError> {
        let theirs = self.parse()?;
        let ours = Self::embedded().parse()?;
        for name in table::ALL {
            let (Some(their), Some(our)) = (theirs.maps.get(*name), ours.maps.get(*name)) else {
                continue;
            };
            let shape = |map: &aya_obj::Map| {
                (
                    map.map_type(),
                    map.key_size(),
                    map.value_size(),
                    map.max_entries(),
                )
            };
            if shape(their) != shape(our) {
                return Err(self.unusable(format!(
                    "its table {name} has another shape; build it from the sources of this version"
                )));
            }
        }
        Ok(())
    }

    /// Creates the tables, or adopts those pinned in `pins`, and prepares the programs.
    pub(crate) fn load(
        &self,
        constants: Constants,
        pins: Option<&Path>,
    ) -> Result<Ebpf, EngineError> {
        let link = u32::from(constants.link.code());
        let loopback = u32::from(constants.loopback);
        let paths: Vec<PathBuf> = pins
            .map(|pins| table::ALL.iter().map(|name| pins.join(name)).collect())
            .unwrap_or_default();
        let mut loader = EbpfLoader::new();
        loader.override_global(constant::LINK, &link, false);
        loader.override_global(constant::LOOPBACK, &loopback, false);
        loader.override_global(constant::SEED, &constants.seed, false);
        loader.override_global(constant::REHEARSED, &constants.rehearsed, false);
        for flows in [table::FLOWS_V4, table::FLOWS_V6] {
            loader.map_max_entries(flows, constants.flow_room);
        }
        for (name, path) in table::ALL.iter().zip(&paths) {
            loader.map_pin_path(name, path.as_path());
        }
        loader
            .load(&self.bytes)
            .map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &aya::EbpfError) -> EngineError {
        let reason = one_line(error);
        if reason.contains("Operation not permitted") {
            return EngineError::NotPermitted;
        }
        match &self.path {
            Some(_) => self.unusable(reason),
            None => EngineError::Load {
                program: "aegis".to_owned(),
                reason,
            },
        }
    }

    /// The program to attach: the one of this name, else the only one that `fits`.
    pub(crate) fn program_name(
        &self,
        ebpf: &Ebpf,
        preferred: &str,
        fits: fn(&aya::programs::Program) -> bool,
    ) -> Result<String, EngineError> {
        if ebpf.program(preferred).is_some_and(fits) {
            return Ok(preferred.to_owned());
        }
        let mut candidates = ebpf.programs().filter(|(_, program)| fits(program));
        match (candidates.next(), candidates.next()) {
            (Some((name, _)), None) => Ok(name.to_owned()),
            (None, _) => Err(self.unusable(format!("it has no program {preferred}"))),
            (Some(_), Some(_)) => Err(self.unusable(format!(
                "it has several programs and none is named {preferred}"
            ))),
        }
    }
}

/// Reads an object file: a regular one of sensible size, so that a wrong path costs no more than a
/// message.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > MAX_OBJECT {
        let reason = format!(
            "it has {} bytes, and no object more than {MAX_OBJECT}",
            metadata.len()
        );
        return Err(io::Error::other(reason));
    }
    let mut bytes = Vec::new();
    file.take(MAX_OBJECT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

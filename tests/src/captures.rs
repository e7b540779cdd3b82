// SPDX-License-Identifier: MIT
//! Frames from captured files.

use aegis_abi::Link;
use aegis_testbed::corpus_dir;
use anyhow::{Context as _, Result};
use pcap_file::DataLink;
use pcap_file::pcap::PcapReader;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// One file.
#[derive(Clone, Debug)]
pub struct Capture {
    /// Where it is.
    pub path: PathBuf,
    /// What its frames begin with. Those of other link layers are read as Ethernet: nonsense, which
    /// the packet path must bear too.
    pub link: Link,
    /// The frames, up to the first record that is none.
    pub frames: Vec<Vec<u8>>,
}

/// Every capture of the shared corpus; none where there is no corpus.
///
/// # Errors
/// When a file cannot be read or is no capture.
pub fn corpus() -> Result<Vec<Capture>> {
    let Some(folder) = corpus_dir() else {
        return Ok(Vec::new());
    };
    let mut paths = Vec::new();
    for kind in fs::read_dir(folder.join("pcaps"))? {
        let kind = kind?.path();
        if kind.is_dir() {
            paths.extend(
                fs::read_dir(kind)?
                    .filter_map(Result::ok)
                    .map(|entry| entry.path()),
            );
        }
    }
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "pcap")
    });
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Capture> {
    let no_capture = || format!("{} is no capture", path.display());
    let mut reader = PcapReader::new(File::open(path)?).with_context(no_capture)?;
    let link = match reader.header().datalink {
        DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => Link::RawIp,
        _ => Link::Ethernet,
    };
    let mut frames = Vec::new();
    while let Some(Ok(packet)) = reader.next_packet() {
        frames.push(packet.data.into_owned());
    }
    Ok(Capture {
        path: path.to_owned(),
        link,
        frames,
    })
}

// SPDX-License-Identifier: MIT
//! Events, written to a file: one of them a line, with the field names of the API.

use crate::model::Extent;
use aegis_api::SecurityEvent;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes them to a file that only its owner may read, and that is not there yet. What they are of all that
/// came is told with it.
///
/// # Errors
/// Why it could not be, with the path; there is no half of a file then.
pub async fn export(
    path: PathBuf,
    events: Vec<Arc<SecurityEvent>>,
    extent: Extent,
) -> Result<String, String> {
    let written = tokio::task::spawn_blocking(move || {
        let shown = path.display();
        match write(&path, &events) {
            Ok(()) => Ok(format!("{extent} written to {shown}")),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(format!("{shown} is there already, and is left as it is"))
            }
            Err(error) => Err(format!("cannot write {shown}: {error}")),
        }
    });
    let ended = |error| Err(format!("nothing was written: {error}"));
    written.await.unwrap_or_else(ended)
}

fn write(path: &Path, events: &[Arc<SecurityEvent>]) -> io::Result<()> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let mut file = BufWriter::new(file);
    let lines = events.iter().try_for_each(|event| {
        serde_json::to_writer(&mut file, &**event)?;
        file.write_all(b"\n")
    });
    let result = lines.and_then(|()| file.flush());
    if result.is_err() {
        // What was made here, and is not whole, is of no use; the first mistake is the one to tell.
        fs::remove_file(path).ok();
    }
    result
}

#[cfg(test)]
mod tests;

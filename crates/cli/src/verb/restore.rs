// SPDX-License-Identifier: MIT
//! `restore`: what was saved stands again, or, where any of it is wrong, nothing of it.

use crate::arguments::{GlobalOptions, Restore};
use crate::failure::{Failure, exit};
use crate::output::{self, saved};
use crate::session;
use aegis_api::RestoreRequest;
use aegis_policy::saved::{MOST_BYTES, read_file};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What standard input is called in mistakes.
const INPUT: &str = "standard input";

/// Every line is read before the daemon hears of any.
pub async fn run(options: &GlobalOptions, arguments: &Restore) -> Result<u8, Failure> {
    let file = named(arguments.file.as_deref());
    let name = file.map_or_else(|| INPUT.to_owned(), |path| path.display().to_string());
    let bytes = read(file).map_err(|error| {
        Failure::failed(format!(
            "cannot read {name}: {error}; name another with -f FILE"
        ))
    })?;
    read_file(&name, &bytes)?;
    let text = String::from_utf8(bytes).map_err(Failure::usage)?;
    let request = RestoreRequest {
        name,
        text,
        force: arguments.force,
        session_peer: session::peer(),
    };
    let answer = options.client()?.restore(&request).await?;
    output::answer(options.json, &answer, || saved::restored(&answer))?;
    Ok(exit::DONE)
}

/// The file that is meant, unless that is standard input or output.
pub(super) fn named(file: Option<&Path>) -> Option<&Path> {
    file.filter(|path| *path != Path::new("-"))
}

/// Up to one byte more than there may be.
fn read(file: Option<&Path>) -> io::Result<Vec<u8>> {
    let most = MOST_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    match file {
        Some(path) => File::open(path)?.take(most).read_to_end(&mut bytes)?,
        None => io::stdin().lock().take(most).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

// SPDX-License-Identifier: MIT
//! `feeds load`: a list from a file of the operator's.

use super::begun;
use crate::arguments::{FeedsLoad, GlobalOptions};
use crate::failure::Failure;
use aegis_api::ListLoadRequest;
use aegis_lists::parse::{self, Format};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes that a text may have, as the daemon takes it.
const MOST: usize = 32 << 20;

/// The daemon may not read files of whoever asks, so that it is the text that is sent.
pub async fn run(options: &GlobalOptions, arguments: &FeedsLoad) -> Result<u8, Failure> {
    let file = &arguments.file;
    let failed = |why: &dyn std::fmt::Display| {
        Failure::failed(format!("cannot read {}: {why}", file.display()))
    };
    let bytes = read(file).map_err(|error| failed(&error))?;
    let text = parse::text(&bytes, MOST).map_err(|failure| failed(&failure))?;
    let request = ListLoadRequest {
        name: arguments.name.clone(),
        // What is no text is refused line by line.
        text: String::from_utf8_lossy(&text).into_owned(),
        format: (arguments.format != Format::Auto).then(|| arguments.format.to_string()),
        category: arguments.category.clone(),
        action: Some(arguments.action),
        direction: Some(arguments.direction),
    };
    let client = options.client()?;
    let begun = client.load_list(&request).await?;
    begun::wait(options, &client, &begun).await
}

/// One byte more than may be, so that it is seen that there are more.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let source: Box<dyn Read> = match file.as_os_str() == "-" {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(file)?),
    };
    let mut bytes = Vec::new();
    source.take(MOST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

// SPDX-License-Identifier: MIT
//! `man`: pages of the manual, from the same definition that reads the command line.

use crate::arguments::Arguments;
use crate::failure::{Failure, exit};
use crate::output;
use clap::CommandFactory;
use std::fs;
use std::path::Path;

/// Prints the main page and nothing else, or writes one page for each verb, and says nothing.
pub fn run(folder: Option<&Path>) -> Result<u8, Failure> {
    let command = Arguments::command();
    match folder {
        Some(folder) => fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(command, folder))
            .map_err(|error| unwritable(folder, &error))?,
        // `help` has no page of its own.
        None => output::document(&page(command.disable_help_subcommand(true))?)?,
    }
    Ok(exit::DONE)
}

fn page(command: clap::Command) -> Result<String, Failure> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    rendered.map_err(Failure::failed)?;
    String::from_utf8(page).map_err(Failure::failed)
}

fn unwritable(folder: &Path, error: &std::io::Error) -> Failure {
    let folder = folder.display();
    Failure::failed(format!(
        "cannot write pages into {folder}: {error}; name a folder of your own"
    ))
}

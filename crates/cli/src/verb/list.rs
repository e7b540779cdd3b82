// SPDX-License-Identifier: MIT
//! `list`: bans in force.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output::{self, bans};

/// Sorted by target.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let answer = options.client()?.bans().await?;
    output::answer(options.json, &answer, || bans::list(&answer))?;
    Ok(exit::DONE)
}

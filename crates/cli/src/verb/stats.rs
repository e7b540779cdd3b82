// SPDX-License-Identifier: MIT
//! `stats`: packets and bytes by reason.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output::{self, stats};

/// Read from the kernel.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let answer = options.client()?.stats().await?;
    output::answer(options.json, &answer, || stats::render(&answer))?;
    Ok(exit::DONE)
}

// SPDX-License-Identifier: MIT
//! `status`: what is enforced.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output::{self, status};

/// Exit code 0 only where everything is enforced.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let answer = options.client()?.status().await?;
    output::answer(options.json, &answer, || status::render(&answer))?;
    Ok(if answer.healthy {
        exit::DONE
    } else {
        exit::FAILED
    })
}

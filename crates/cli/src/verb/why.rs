// SPDX-License-Identifier: MIT
//! `why`: what is known about an address.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output::{self, why};
use crate::target;

/// Asks; changes nothing.
pub async fn run(options: &GlobalOptions, address: &str) -> Result<u8, Failure> {
    let address = target::address(address)?;
    let answer = options.client()?.why(address).await?;
    output::answer(options.json, &answer, || why::render(&answer))?;
    Ok(exit::DONE)
}

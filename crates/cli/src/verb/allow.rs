// SPDX-License-Identifier: MIT
//! `allow`: what is never banned.

use crate::arguments::{AllowVerb, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::output::{self, allow};
use crate::target;

/// Takes effect at the next packet.
pub async fn run(options: &GlobalOptions, action: &AllowVerb) -> Result<u8, Failure> {
    match action {
        AllowVerb::Add(arguments) => {
            let request = target::allow(arguments)?;
            let answer = options.client()?.allow(&request).await?;
            output::answer(options.json, &answer, || allow::added(&answer))?;
        }
        AllowVerb::Remove { target } => {
            let request = target::disallow(target)?;
            let answer = options.client()?.disallow(&request).await?;
            output::answer(options.json, &answer, || allow::removed(&answer))?;
        }
        AllowVerb::List => {
            let answer = options.client()?.allowlist().await?;
            output::answer(options.json, &answer, || allow::list(&answer))?;
        }
    }
    Ok(exit::DONE)
}

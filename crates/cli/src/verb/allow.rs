// SPDX-License-Identifier: MIT
//! `allow`: what is never banned.

use crate::arguments::{AllowVerb, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::output::{self, allow};
use crate::target;
use aegis_api::{AllowRequest, DisallowRequest};

/// Takes effect at the next packet.
pub async fn run(options: &GlobalOptions, action: &AllowVerb) -> Result<u8, Failure> {
    match action {
        AllowVerb::Add {
            target,
            reason,
            force,
        } => {
            let request = AllowRequest {
                target: target::target(target)?,
                reason: reason.as_deref().map(target::remark).transpose()?,
                force: *force,
            };
            let answer = options.client()?.allow(&request).await?;
            output::answer(options.json, &answer, || allow::added(&answer))?;
        }
        AllowVerb::Remove { target } => {
            let target = target::target(target)?;
            let answer = options
                .client()?
                .disallow(&DisallowRequest { target })
                .await?;
            output::answer(options.json, &answer, || allow::removed(&answer))?;
        }
        AllowVerb::List => {
            let answer = options.client()?.allowlist().await?;
            output::answer(options.json, &answer, || allow::list(&answer))?;
        }
    }
    Ok(exit::DONE)
}

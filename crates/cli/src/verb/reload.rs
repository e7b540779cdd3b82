// SPDX-License-Identifier: MIT
//! `reload`: the daemon reads its configuration again.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output::{self, config};
use aegis_api::ReloadRequest;

/// Takes effect at the next packet; connections and counters stay.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let answer = options.client()?.reload(&ReloadRequest {}).await?;
    output::answer(options.json, &answer, || config::reloaded(&answer))?;
    Ok(exit::DONE)
}

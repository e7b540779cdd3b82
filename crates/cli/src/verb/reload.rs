// SPDX-License-Identifier: MIT
//! `reload`: the daemon reads its configuration again.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output::{self, config};
use crate::session;
use aegis_api::ReloadRequest;

/// Takes effect at the next packet; connections and counters stay.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let request = ReloadRequest {
        session_peer: session::peer(),
    };
    let answer = options.client()?.reload(&request).await?;
    output::answer(options.json, &answer, || config::reloaded(&answer))?;
    Ok(exit::DONE)
}

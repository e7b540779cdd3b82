// SPDX-License-Identifier: MIT
//! `feeds update`: the newest copies, now.

use super::{begun, offline};
use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use aegis_api::ListUpdateRequest;

/// By the daemon; where there is none, by this process, for its next start.
pub async fn run(options: &GlobalOptions, name: Option<&str>) -> Result<u8, Failure> {
    let asked = ask(options, name).await;
    match asked {
        Err(failure) if failure.exit_code() == exit::NO_DAEMON => offline::run(options, name).await,
        asked => asked,
    }
}

async fn ask(options: &GlobalOptions, name: Option<&str>) -> Result<u8, Failure> {
    let client = options.client()?;
    let request = ListUpdateRequest {
        name: name.map(str::to_owned),
    };
    let begun = client.update_lists(&request).await?;
    begun::wait(options, &client, &begun).await
}

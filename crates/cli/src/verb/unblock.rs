// SPDX-License-Identifier: MIT
//! `unblock`: ends bans.

use crate::arguments::{GlobalOptions, Unblock};
use crate::failure::{Failure, exit};
use crate::output::{self, bans};
use crate::target;

/// Takes effect at the next packet.
pub async fn run(options: &GlobalOptions, arguments: &Unblock) -> Result<u8, Failure> {
    let request = target::unban(arguments)?;
    let answer = options.client()?.unban(&request).await?;
    output::answer(options.json, &answer, || bans::unbanned(&answer))?;
    Ok(exit::DONE)
}

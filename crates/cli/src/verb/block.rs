// SPDX-License-Identifier: MIT
//! `block`: bans.

use crate::arguments::{Block, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::output::{self, bans};
use crate::{session, target};

/// Takes effect at the next packet.
pub async fn run(options: &GlobalOptions, arguments: &Block) -> Result<u8, Failure> {
    let request = target::ban(arguments, session::peer())?;
    let answer = options.client()?.ban(&request).await?;
    output::answer(options.json, &answer, || bans::banned(&answer))?;
    Ok(exit::DONE)
}

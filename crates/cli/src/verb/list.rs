// SPDX-License-Identifier: MIT
//! `list`: bans in force.

use crate::arguments::{GlobalOptions, List};
use crate::failure::{Failure, exit};
use crate::output::{self, bans};
use aegis_api::BanQuery;

/// What stands for bans of every origin.
const ALL: &str = "all";

/// Sorted by target. Of bans that only others want there may be a hundred thousand: they are counted,
/// unless somebody asks for them.
pub async fn run(options: &GlobalOptions, arguments: &List) -> Result<u8, Failure> {
    let which = which(arguments.origin.as_deref());
    let answer = options.client()?.some_bans(&which).await?;
    output::answer(options.json, &answer, || bans::list(&answer))?;
    Ok(exit::DONE)
}

fn which(origin: Option<&str>) -> BanQuery {
    BanQuery {
        own: origin.is_none(),
        origin: origin.filter(|origin| *origin != ALL).map(str::to_owned),
    }
}

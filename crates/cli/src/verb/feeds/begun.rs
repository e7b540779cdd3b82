// SPDX-License-Identifier: MIT
//! Waiting for what was begun about lists.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output::{self, lists};
use aegis_api::{Client, ListsAnswer, ListsBegun};
use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);
/// A list may take two minutes, and four are fetched at once; more than that is left alone.
const PATIENCE: Duration = Duration::from_secs(600);

/// Waits for all of them, and tells what came of each. The exit code is that of a failure where any of
/// them was not taken.
pub async fn wait(
    options: &GlobalOptions,
    client: &Client,
    begun: &ListsBegun,
) -> Result<u8, Failure> {
    let since = Instant::now();
    let answer = loop {
        let mut answer = client.lists().await?;
        answer.lists.retain(|list| begun.begun.contains(&list.name));
        if answer.lists.iter().all(|list| !list.busy) {
            break answer;
        }
        if since.elapsed() > PATIENCE {
            let message =
                "it takes longer than ten minutes, and goes on; `aegis-cli feeds list` tells";
            return Err(Failure::failed(message));
        }
        tokio::time::sleep(PAUSE).await;
    };
    output::answer(options.json, &answer, || lists::outcome(&answer))?;
    Ok(code(&answer))
}

fn code(answer: &ListsAnswer) -> u8 {
    let in_force = answer.problem.is_none();
    match in_force && answer.lists.iter().all(lists::is_taken) {
        true => exit::DONE,
        false => exit::FAILED,
    }
}

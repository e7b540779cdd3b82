// SPDX-License-Identifier: MIT
//! `flows`: connections.

use crate::arguments::{Flows, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::output::{self, Reader, flows};
use crate::target;
use aegis_api::FlowQuery;
use std::time::Duration;

/// Connections shown with `--follow` and without `--limit`.
const SCREEN: usize = 20;
/// Reading every connection takes a moment; more often than this would be all the daemon does.
const SHORTEST: Duration = Duration::from_millis(100);

/// Once, or until interrupted or nobody reads any more.
pub async fn run(options: &GlobalOptions, arguments: &Flows) -> Result<u8, Failure> {
    let interval = target::span(&arguments.interval, "--interval")?.max(SHORTEST);
    let screen = arguments.follow.then_some(SCREEN);
    let query = FlowQuery {
        filter: target::filter(&arguments.filter)?,
        sort: arguments.sort,
        reverse: arguments.reverse,
        limit: arguments.limit.or(screen),
    };
    let client = options.client()?;
    if !arguments.follow {
        let answer = client.flows(&query).await?;
        output::answer(options.json, &answer, || flows::list(&answer))?;
        return Ok(exit::DONE);
    }
    loop {
        let answer = client.flows(&query).await?;
        let text = || flows::screen(&answer);
        if output::frame(options.json, &answer, text)? == Reader::Gone {
            return Ok(exit::DONE);
        }
        tokio::time::sleep(interval).await;
    }
}

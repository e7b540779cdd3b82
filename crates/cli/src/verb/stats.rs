// SPDX-License-Identifier: MIT
//! `stats`: packets and bytes by reason.

use crate::arguments::{GlobalOptions, Stats};
use crate::failure::{Failure, exit};
use crate::output::{self, Reader, rates, stats};
use aegis_api::{Client, Rates, StatsStreamQuery};
use std::time::Duration;

/// Read from the kernel, once or again and again.
pub async fn run(options: &GlobalOptions, arguments: &Stats) -> Result<u8, Failure> {
    let every = interval(&arguments.every)?;
    let client = options.client()?;
    if arguments.follow {
        return follow(options, &client, every).await;
    }
    let answer = client.stats().await?;
    output::answer(options.json, &answer, || stats::render(&answer))?;
    Ok(exit::DONE)
}

fn interval(text: &str) -> Result<Duration, Failure> {
    let every = Some(text.to_owned());
    StatsStreamQuery { every }.interval().map_err(|wrong| {
        Failure::usage(format!("--every: {wrong}; give a time such as 500ms or 5s"))
    })
}

/// Until interrupted, or nobody reads any more.
async fn follow(options: &GlobalOptions, client: &Client, every: Duration) -> Result<u8, Failure> {
    let mut feed = client.follow_stats(every).await?;
    let mut earlier = None;
    while let Some(snapshot) = feed.next().await? {
        let rates = earlier
            .as_ref()
            .and_then(|earlier| Rates::between(earlier, &snapshot));
        let frame = rates::Frame { snapshot, rates };
        if output::frame(options.json, &frame, || rates::screen(&frame))? == Reader::Gone {
            return Ok(exit::DONE);
        }
        earlier = Some(frame.snapshot);
    }
    Err(Failure::failed(
        "the daemon ended the stream; it was probably stopped",
    ))
}

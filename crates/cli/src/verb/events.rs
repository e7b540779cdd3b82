// SPDX-License-Identifier: MIT
//! `events`: what was dropped, as it was reported.

use crate::arguments::{Events, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::output::{self, events};
use aegis_api::StreamLine;

/// Events shown without `--limit` and without `--follow`.
const DEFAULT_LIMIT: usize = 20;

/// One event a line; with `--json` and `--follow` one object a line.
pub async fn run(options: &GlobalOptions, arguments: &Events) -> Result<u8, Failure> {
    let client = options.client()?;
    if !arguments.follow {
        let answer = client
            .events(arguments.limit.unwrap_or(DEFAULT_LIMIT))
            .await?;
        output::answer(options.json, &answer, || events::list(&answer))?;
        return Ok(exit::DONE);
    }
    // First the feed, then the past: an event in between is shown twice rather than never.
    let mut feed = client.follow().await?;
    if let Some(limit) = arguments.limit {
        for event in client.events(limit).await?.events {
            let line = StreamLine::Event(Box::new(event));
            output::line(options.json, &line, || events::line(&line))?;
        }
    }
    while let Some(line) = feed.next().await? {
        if output::line(options.json, &line, || events::line(&line))? == output::Reader::Gone {
            return Ok(exit::DONE);
        }
    }
    Err(Failure::failed(
        "the daemon ended the stream; it was probably stopped",
    ))
}

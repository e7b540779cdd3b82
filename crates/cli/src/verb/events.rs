// SPDX-License-Identifier: MIT
//! `events`: what was dropped, as it was reported.

use crate::arguments::{EventFormat, Events, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::output::{self, Reader, events};
use aegis_api::{StreamLine, ecs};

/// Events shown without `--limit` and without `--follow`.
const DEFAULT_LIMIT: usize = 20;

/// One event a line; with `--json` and `--follow` one object a line.
pub async fn run(options: &GlobalOptions, arguments: &Events) -> Result<u8, Failure> {
    let client = options.client()?;
    if !arguments.follow {
        let answer = client
            .events(arguments.limit.unwrap_or(DEFAULT_LIMIT))
            .await?;
        match arguments.format {
            None => output::answer(options.json, &answer, || events::list(&answer))?,
            Some(_) => {
                for event in answer.events {
                    show(options, arguments, &StreamLine::Event(Box::new(event)))?;
                }
            }
        }
        return Ok(exit::DONE);
    }
    // First the feed, then the past: an event in between is shown twice rather than never.
    let mut feed = client.follow().await?;
    if let Some(limit) = arguments.limit {
        for event in client.events(limit).await?.events {
            let line = StreamLine::Event(Box::new(event));
            show(options, arguments, &line)?;
        }
    }
    while let Some(line) = feed.next().await? {
        if show(options, arguments, &line)? == Reader::Gone {
            return Ok(exit::DONE);
        }
    }
    Err(Failure::failed(
        "the daemon ended the stream; it was probably stopped",
    ))
}

/// One line, in the format that was asked for.
fn show(options: &GlobalOptions, arguments: &Events, line: &StreamLine) -> Result<Reader, Failure> {
    match arguments.format {
        None => output::line(options.json, line, || events::line(line)),
        Some(EventFormat::Aegis) => output::line(true, line, String::new),
        Some(EventFormat::Ecs) => output::line(true, &ecs::line(line), String::new),
    }
}

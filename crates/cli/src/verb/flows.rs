// SPDX-License-Identifier: MIT
//! `flows`: connections, one by one or counted together.

use crate::arguments::{Flows, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::output::{self, Reader, flow_groups, flows};
use crate::target;
use aegis_api::{
    Client, ClientError, FlowGroupBy, FlowGroupList, FlowGroupQuery, FlowList, FlowQuery,
};
use std::str::FromStr;
use std::time::Duration;

/// Connections shown with `--follow` and without `--limit`.
const SCREEN: usize = 20;
/// Reading every connection takes a moment; more often than this would be all the daemon does.
const SHORTEST: Duration = Duration::from_millis(100);

enum Question {
    Flows(FlowQuery),
    Groups(FlowGroupQuery),
}

enum Answer {
    Flows(FlowList),
    Groups(FlowGroupBy, FlowGroupList),
}

/// Once, or until interrupted or nobody reads any more.
pub async fn run(options: &GlobalOptions, arguments: &Flows) -> Result<u8, Failure> {
    let interval = target::span(&arguments.interval, "--interval")?.max(SHORTEST);
    let question = question(arguments)?;
    let client = options.client()?;
    if !arguments.follow {
        let answer = question.ask(&client).await?;
        answer.write(options.json)?;
        return Ok(exit::DONE);
    }
    loop {
        let answer = question.ask(&client).await?;
        if answer.draw(options.json)? == Reader::Gone {
            return Ok(exit::DONE);
        }
        tokio::time::sleep(interval).await;
    }
}

fn question(arguments: &Flows) -> Result<Question, Failure> {
    let filter = target::filter_with(&arguments.filter, &arguments.words)?;
    let screen = arguments.follow.then_some(SCREEN);
    let (reverse, limit) = (arguments.reverse, arguments.limit.or(screen));
    Ok(match arguments.group_by {
        None => Question::Flows(FlowQuery {
            filter,
            sort: order(arguments)?,
            reverse,
            limit,
        }),
        Some(by) => Question::Groups(FlowGroupQuery {
            filter,
            by,
            sort: order(arguments)?,
            reverse,
            limit,
        }),
    })
}

fn order<T: FromStr<Err = String> + Default>(arguments: &Flows) -> Result<T, Failure> {
    let order = arguments.sort.as_deref().map(str::parse).transpose();
    Ok(order.map_err(Failure::usage)?.unwrap_or_default())
}

impl Question {
    async fn ask(&self, client: &Client) -> Result<Answer, ClientError> {
        Ok(match self {
            Self::Flows(query) => Answer::Flows(client.flows(query).await?),
            Self::Groups(query) => Answer::Groups(query.by, client.flow_groups(query).await?),
        })
    }
}

impl Answer {
    fn write(&self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Flows(answer) => output::answer(json, answer, || flows::list(answer)),
            Self::Groups(by, answer) => {
                output::answer(json, answer, || flow_groups::list(*by, answer))
            }
        }
    }

    fn draw(&self, json: bool) -> Result<Reader, Failure> {
        match self {
            Self::Flows(answer) => output::frame(json, answer, || flows::screen(answer)),
            Self::Groups(by, answer) => {
                output::frame(json, answer, || flow_groups::screen(*by, answer))
            }
        }
    }
}

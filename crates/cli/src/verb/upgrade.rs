// SPDX-License-Identifier: MIT
//! `upgrade`: the program that is installed now takes the daemon's place.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output;
use aegis_api::{Client, Status, UpgradeRequest};
use std::time::{Duration, Instant};

/// How long the successor may take until it answers.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// Packets are judged all the while.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let client = options.client()?;
    let before = client.status().await?;
    let answer = client.upgrade(&UpgradeRequest {}).await?;
    let after = succeeded(&client, &before).await?;
    output::answer(options.json, &after, || {
        let program = answer.program.as_deref().unwrap_or("the program");
        let (old, new) = (&before.version, &after.version);
        format!(
            "{program} has taken over: version {old} before, {new} now; nothing was let through"
        )
    })?;
    Ok(exit::DONE)
}

/// Waits for the daemon that started after this one.
async fn succeeded(client: &Client, before: &Status) -> Result<Status, Failure> {
    let began = Instant::now();
    loop {
        match client.status().await {
            Ok(status) if status.started != before.started => return Ok(status),
            Ok(_) | Err(_) if began.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
            _ => {
                let seconds = PATIENCE.as_secs();
                let message = format!(
                    "no successor answers after {seconds} s; programs filter on by the last \
                     policy: see the daemon's log, then start it again"
                );
                return Err(Failure::failed(message));
            }
        }
    }
}

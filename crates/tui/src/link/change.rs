// SPDX-License-Identifier: MIT
//! Changes, made by the daemon.

use crate::message::{Change, Outcome};
use aegis_api::{Client, ClientError};

/// Has the daemon make a change; what goes wrong is told in words.
///
/// # Errors
/// What the daemon says, or why it says nothing.
pub async fn make(client: &Client, change: &Change) -> Result<Box<Outcome>, String> {
    let outcome = send(client, change).await;
    outcome.map(Box::new).map_err(|error| error.to_string())
}

async fn send(client: &Client, change: &Change) -> Result<Outcome, ClientError> {
    Ok(match change {
        Change::Ban(request) => Outcome::Banned(client.ban(request).await?),
        Change::Unban(request) => Outcome::Unbanned(client.unban(request).await?),
        Change::Allow(request) => Outcome::Allowlist(client.allow(request).await?),
        Change::Disallow(request) => Outcome::Allowlist(client.disallow(request).await?),
        Change::Kill(request) => Outcome::Killed(client.kill(request).await?),
        Change::Switch(request) => Outcome::Switched(client.switch(request).await?),
        Change::SwitchList(request) => Outcome::ListSwitched(client.switch_list(request).await?),
        Change::UpdateList(request) => Outcome::Begun(client.update_lists(request).await?),
        Change::ReleaseList(request) => Outcome::Begun(client.release_list(request).await?),
        Change::Restore(restoration) => {
            Outcome::Restored(client.restore(&restoration.request).await?)
        }
    })
}

// SPDX-License-Identifier: MIT
//! Changes, made by the daemon.

use super::Messages;
use crate::message::{Change, Message, Outcome};
use aegis_api::{Client, ClientError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long the end waits for changes that were asked for before it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Changes on their way, made one after the other in the order in which they were asked for.
#[derive(Debug)]
pub struct Changes {
    /// As many as somebody has keys for.
    queue: UnboundedSender<Change>,
    work: JoinHandle<()>,
}

impl Changes {
    /// Waits for some, and tells what has come of each.
    #[must_use]
    pub fn start(client: Client, messages: Messages) -> Self {
        let (queue, mut asked) = unbounded_channel();
        let work = tokio::spawn(async move {
            while let Some(change) = asked.recv().await {
                let outcome = send(&client, &change).await;
                let result = outcome.map(Box::new).map_err(|error| error.to_string());
                // Where nobody listens any more it is made all the same.
                messages.send(Message::Changed(change, result)).await.ok();
            }
        });
        Self { queue, work }
    }

    /// Has the daemon make one.
    pub fn make(&self, change: Change) {
        // It listens for as long as this is there.
        self.queue.send(change).ok();
    }

    /// Waits for those that were asked for, so that a key that came before the end is not lost.
    pub async fn finish(self) {
        drop(self.queue);
        timeout(PATIENCE, self.work).await.ok();
    }
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

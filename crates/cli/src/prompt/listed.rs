// SPDX-License-Identifier: MIT
//! What the daemon lists at the moment, to complete words with. Whoever types does not wait for it.

use aegis_api::{BanQuery, Client, ClientError, Flow, FlowQuery};
use std::collections::HashSet;
use std::sync::mpsc;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long an answer may take before there is nothing to complete.
const PATIENCE: Duration = Duration::from_millis(200);
/// The most that is offered of anything.
const MOST: usize = 100;
/// Whom CrowdSec bans is too much to choose from.
const OWN: BanQuery = BanQuery {
    origin: None,
    own: true,
};
/// Connections among which words are looked for; a full table would take longer than there is time.
const BUSIEST: usize = 1_000;

/// What may be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Addresses and prefixes that are banned.
    Bans,
    /// Addresses and prefixes that are never banned.
    Allowed,
    /// Connections, by id.
    Flows,
    /// Addresses that are banned, or that have connections.
    Peers,
    /// Modules, by name.
    Modules,
    /// Lists of addresses, by name.
    Lists,
}

/// Asks the daemon on the prompt's runtime, from the thread that reads lines.
#[derive(Clone, Debug)]
pub struct Lister {
    client: Client,
    runtime: Handle,
}

impl Lister {
    /// Asks this daemon. The runtime goes on while lines are read.
    pub fn new(client: Client, runtime: Handle) -> Self {
        Self { client, runtime }
    }

    /// At most [`MOST`] words that begin so, in the daemon's order and each of them once; none where
    /// it does not answer in time.
    pub fn words(&self, listed: Listed, beginning: &str) -> Vec<String> {
        let mut seen = HashSet::new();
        let words = self.ask(listed).into_iter();
        words
            .filter(|word| word.starts_with(beginning) && seen.insert(word.clone()))
            .take(MOST)
            .collect()
    }

    fn ask(&self, listed: Listed) -> Vec<String> {
        let (answer, asked) = mpsc::channel();
        let client = self.client.clone();
        self.runtime.spawn(async move {
            let words = tokio::time::timeout(PATIENCE, list(&client, listed)).await;
            // Nobody waits for what comes too late.
            drop(answer.send(words.ok().and_then(Result::ok).unwrap_or_default()));
        });
        asked.recv_timeout(PATIENCE).unwrap_or_default()
    }
}

async fn list(client: &Client, listed: Listed) -> Result<Vec<String>, ClientError> {
    let words = match listed {
        Listed::Bans => banned(client).await?,
        Listed::Allowed => {
            let allowed = client.allowlist().await?.allow;
            allowed.into_iter().map(|entry| entry.target).collect()
        }
        Listed::Flows => {
            let flows = flows(client).await?;
            flows.into_iter().map(|flow| flow.id).collect()
        }
        Listed::Peers => {
            let mut words = banned(client).await?;
            words.retain(|target| !target.contains('/'));
            words.extend(
                flows(client)
                    .await?
                    .iter()
                    .map(|flow| flow.peer.to_string()),
            );
            words
        }
        Listed::Lists => {
            let lists = client.lists().await?.lists;
            lists.into_iter().map(|list| list.name).collect()
        }
        Listed::Modules => {
            let modules = client.modules().await?.modules;
            modules.into_iter().map(|module| module.name).collect()
        }
    };
    Ok(words)
}

async fn banned(client: &Client) -> Result<Vec<String>, ClientError> {
    let bans = client.some_bans(&OWN).await?.bans;
    Ok(bans.into_iter().map(|ban| ban.target).collect())
}

/// The busiest.
async fn flows(client: &Client) -> Result<Vec<Flow>, ClientError> {
    let query = FlowQuery {
        limit: Some(BUSIEST),
        ..FlowQuery::default()
    };
    Ok(client.flows(&query).await?.flows)
}

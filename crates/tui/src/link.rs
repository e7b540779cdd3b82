// SPDX-License-Identifier: MIT
//! What is asked of the daemon, and what it tells: tasks that turn its answers into messages.

mod change;
mod export;
mod obey;
mod process;

pub use change::Changes;
pub use export::export;
pub use obey::obey;

use crate::message::{Message, Told, Wanted};
use crate::model::{Ends, Hits};
use aegis_api::{Client, ClientError, ErrorCode, FlowFilter, FlowQuery, HistoryQuery, StreamLine};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Between two answers to the same question.
const EVERY: Duration = Duration::from_secs(1);
/// Between two looks at what changes seldom.
const SELDOM: Duration = Duration::from_secs(2);
/// Events of the past, at first.
const PAST: usize = 1_000;

/// Who hears of it.
pub type Messages = mpsc::Sender<Message>;

/// Tasks that ask; they end with it.
#[derive(Debug)]
pub struct Link {
    wanted: watch::Sender<Wanted>,
    _tasks: JoinSet<()>,
}

impl Link {
    /// Begins to ask.
    #[must_use]
    pub fn start(client: &Client, messages: &Messages) -> Self {
        let (wanted, wishes) = watch::channel(Wanted::default());
        let mut tasks = JoinSet::new();
        let asker = || Asker {
            client: client.clone(),
            messages: messages.clone(),
            wishes: wishes.clone(),
        };
        tasks.spawn(asker().status());
        tasks.spawn(asker().events());
        let (listed, ends) = watch::channel(Vec::new());
        tasks.spawn(asker().flows(listed));
        tasks.spawn(process::processes(ends, messages.clone()));
        tasks.spawn(asker().groups());
        tasks.spawn(asker().hits());
        tasks.spawn(asker().history());
        tasks.spawn(asker().bans());
        tasks.spawn(asker().allowlist());
        tasks.spawn(asker().list());
        tasks.spawn(asker().geo());
        tasks.spawn(asker().why());
        Self {
            wanted,
            _tasks: tasks,
        }
    }

    /// What is to be kept fresh from now on. What is new is asked at once.
    pub fn want(&self, wanted: Wanted) {
        self.wanted.send_if_modified(|before| {
            let is_new = *before != wanted;
            *before = wanted;
            is_new
        });
    }
}

/// One task's way to the daemon.
struct Asker {
    client: Client,
    messages: Messages,
    wishes: watch::Receiver<Wanted>,
}

impl Asker {
    async fn tell(&self, told: Told) {
        // Where nobody listens any more this task is about to end.
        self.messages.send(Message::Told(told)).await.ok();
    }

    /// The one task that says whether the daemon is there, and what goes on.
    async fn status(self) {
        loop {
            match self.client.status().await {
                Ok(status) => self.tell(Told::Status(Box::new(status))).await,
                Err(error) => {
                    self.messages
                        .send(Message::Lost(error.to_string()))
                        .await
                        .ok();
                }
            }
            sleep(SELDOM).await;
        }
    }

    async fn events(self) {
        loop {
            // Whether the daemon is there, `status` finds out.
            self.follow_events().await.ok();
            sleep(EVERY).await;
        }
    }

    async fn follow_events(&self) -> Result<(), ClientError> {
        let mut feed = self.client.follow().await?;
        self.tell(Told::Past(self.client.events(PAST).await?)).await;
        while let Some(line) = feed.next().await? {
            let told = match line {
                StreamLine::Event(event) => Told::Event(event),
                StreamLine::Missed { missed } => Told::Missed(missed),
            };
            self.tell(told).await;
        }
        Ok(())
    }

    /// `listed` hears which connections there are.
    async fn flows(mut self, listed: watch::Sender<Vec<Ends>>) {
        loop {
            let (query, changes) = self.wish(|wanted| (wanted.flows.clone(), wanted.changes));
            if let Some(query) = &query {
                match self.client.flows(query).await {
                    Ok(list) => {
                        listed.send_replace(list.flows.iter().filter_map(Ends::of).collect());
                        self.tell(Told::Flows(query.clone(), list)).await;
                    }
                    Err(error) => self.refused(&query.filter, error).await,
                }
            }
            let is_other = |wanted: &Wanted| (&wanted.flows, wanted.changes) != (&query, changes);
            self.pause_or(EVERY, is_other).await;
        }
    }

    async fn groups(mut self) {
        loop {
            let query = self.wish(|wanted| wanted.groups.clone());
            if let Some(query) = &query {
                match self.client.flow_groups(query).await {
                    Ok(list) => self.tell(Told::Groups(query.clone(), list)).await,
                    Err(error) => self.refused(&query.filter, error).await,
                }
            }
            self.pause_or(EVERY, |wanted| wanted.groups != query).await;
        }
    }

    /// How many connections a ban would hit that is about to be asked for.
    async fn hits(mut self) {
        loop {
            let filter = self.wish(|wanted| wanted.hits.clone());
            if let Some(filter) = &filter {
                let query = FlowQuery {
                    filter: filter.clone(),
                    limit: Some(0),
                    ..FlowQuery::default()
                };
                if let Ok(list) = self.client.flows(&query).await {
                    let hits = Hits {
                        connections: list.matched,
                        total: list.total,
                    };
                    self.tell(Told::Hits(filter.clone(), hits)).await;
                }
            }
            self.pause_or(SELDOM, |wanted| wanted.hits != filter).await;
        }
    }

    /// What is wrong with a filter is told; whether the daemon is there, `status` finds out.
    async fn refused(&self, filter: &FlowFilter, error: ClientError) {
        if let ClientError::Refused(error) = error
            && error.code == ErrorCode::InvalidRequest
        {
            let why = error.to_string();
            self.tell(Told::Refused(filter.clone(), why)).await;
        }
    }

    /// All of it at first, and then what is new.
    async fn history(self) {
        let mut query = HistoryQuery::default();
        loop {
            if let Ok(history) = self.client.history(&query).await {
                query.since = history.until.or(query.since);
                self.tell(Told::History(history)).await;
            }
            sleep(EVERY).await;
        }
    }

    async fn bans(mut self) {
        loop {
            let (query, changes) = self.wish(|wanted| (wanted.bans.clone(), wanted.changes));
            if let Some(query) = &query
                && let Ok(list) = self.client.some_bans(query).await
            {
                self.tell(Told::Bans(query.clone(), list)).await;
            }
            let is_other = |wanted: &Wanted| (&wanted.bans, wanted.changes) != (&query, changes);
            self.pause_or(SELDOM, is_other).await;
        }
    }

    async fn allowlist(mut self) {
        loop {
            let asked = self.wish(|wanted| (wanted.allowlist, wanted.changes));
            if asked.0
                && let Ok(list) = self.client.allowlist().await
            {
                self.tell(Told::Allowlist(list)).await;
            }
            let is_other = |wanted: &Wanted| (wanted.allowlist, wanted.changes) != asked;
            self.pause_or(SELDOM, is_other).await;
        }
    }

    async fn list(mut self) {
        loop {
            let (name, changes) = self.wish(|wanted| (wanted.list.clone(), wanted.changes));
            if let Some(name) = &name
                && let Ok(detail) = self.client.list(name).await
            {
                self.tell(Told::List(Box::new(detail))).await;
            }
            let is_other = |wanted: &Wanted| (&wanted.list, wanted.changes) != (&name, changes);
            self.pause_or(SELDOM, is_other).await;
        }
    }

    async fn geo(mut self) {
        loop {
            let is_wanted = self.wish(|wanted| wanted.geo);
            if is_wanted && let Ok(geo) = self.client.geo().await {
                self.tell(Told::Geo(geo)).await;
            }
            self.pause_or(SELDOM, |wanted| wanted.geo != is_wanted)
                .await;
        }
    }

    async fn why(mut self) {
        loop {
            let (address, changes) = self.wish(|wanted| (wanted.why, wanted.changes));
            if let Some(address) = address
                && let Ok(why) = self.client.why(address).await
            {
                self.tell(Told::Why(Box::new(why))).await;
            }
            let is_other = |wanted: &Wanted| (wanted.why, wanted.changes) != (address, changes);
            self.pause_or(SELDOM, is_other).await;
        }
    }

    /// What is wanted at the moment.
    fn wish<T>(&mut self, of: impl FnOnce(&Wanted) -> T) -> T {
        of(&self.wishes.borrow_and_update())
    }

    /// Until it is time again, or what this task is for has changed.
    async fn pause_or(&mut self, time: Duration, has_changed: impl FnMut(&Wanted) -> bool) {
        tokio::select! {
            () = sleep(time) => {}
            _ = self.wishes.wait_for(has_changed) => {}
        }
    }
}

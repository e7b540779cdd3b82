// SPDX-License-Identifier: MIT
//! A process apart that talks to the Internet for the daemon, which opens no socket there: what others
//! publish is received by somebody who may do nothing else.
//!
//! It is the same program, begun by the service manager, or by the daemon before it confines itself;
//! a user of no name, without capabilities, whose files are read and never written. What it is asked
//! to do is a [`Job`]; what it brings comes back as a file in memory that nobody can change any more.
//! When the daemon is gone, however it ended, the courier ends.
//!
//! Lists in files of this host are none of its business: the daemon reads them, where it may
//! (`confine::places`), as the courier is nobody whom files are opened for.

mod apart;
mod body;
mod line;
mod work;

pub use work::carry;

use aegis_api::CourierSight;
use aegis_lists::fetch::{self, FetchError, Outcome, Request, Source};
use apart::Apart;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What the courier is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Job {
    /// Fetches something from the network, or sends it there.
    Fetch(Box<Request>),
}

impl Job {
    /// Bytes that what comes of it may have.
    fn most(&self) -> u64 {
        match self {
            Self::Fetch(request) => request.limits.bytes,
        }
    }

    /// How long it may take.
    fn longest(&self) -> Duration {
        match self {
            Self::Fetch(request) => request.limits.total,
        }
    }

    /// Does it, in this process. Takes its time.
    fn run(&self, body: &mut impl io::Write) -> Result<Outcome, FetchError> {
        match self {
            Self::Fetch(request) => fetch::fetch(request, body),
        }
    }

    /// Needs no network.
    fn is_local(&self) -> bool {
        match self {
            Self::Fetch(request) => matches!(request.source, Source::File(_)),
        }
    }
}

/// What came of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What there is to say of it.
    pub outcome: Outcome,
    /// The content; nothing where it was not modified.
    pub body: Vec<u8>,
}

/// Why nothing came of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CourierError {
    /// It was tried.
    #[error(transparent)]
    Failed(#[from] FetchError),
    /// There is nobody to try.
    #[error("nobody fetches anything: {0}")]
    Gone(String),
}

/// Who fetches.
#[derive(Clone, Debug)]
pub struct Courier {
    /// `None`: this process itself.
    apart: Option<Arc<Apart>>,
}

impl Courier {
    /// This process fetches by itself: it is not confined.
    pub fn here() -> Self {
        Self { apart: None }
    }

    /// The process that the service manager begins for whoever connects to its socket in `run_dir`,
    /// else one that this process begins.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub(crate) fn begin(run_dir: &Path) -> io::Result<Self> {
        let apart = Some(Arc::new(Apart::begin(run_dir)?));
        Ok(Self { apart })
    }

    /// Begins to hear what it says. Not before this process is confined: a thread of its own waits
    /// for that.
    pub(crate) fn listen(&self) {
        if let Some(apart) = &self.apart {
            apart.listen();
        }
    }

    /// Has it do a job. Four at a time; others wait for their turn.
    ///
    /// # Errors
    /// [`CourierError`].
    pub async fn ask(&self, job: Job) -> Result<Delivery, CourierError> {
        match &self.apart {
            Some(apart) if !job.is_local() => apart.ask(job).await,
            _ => here(job).await,
        }
    }

    /// The line to it, for the program that is about to take this one's place: confined as that is
    /// from its first moment, it could begin none that reaches anybody.
    ///
    /// # Errors
    /// Where this process has no file descriptors left.
    pub(crate) fn left(&self) -> io::Result<Option<OwnedFd>> {
        self.apart.as_ref().map_or(Ok(None), |apart| apart.left())
    }

    /// Who fetches, and what keeps them from it.
    pub(crate) fn state(&self) -> CourierSight {
        let apart = self.apart.as_ref();
        apart.map_or_else(CourierSight::default, |apart| apart.state())
    }
}

/// On a thread that may wait.
async fn here(job: Job) -> Result<Delivery, CourierError> {
    let work = move || {
        let mut body = Vec::new();
        let outcome = job.run(&mut body)?;
        Ok(Delivery { outcome, body })
    };
    let ended = |_| CourierError::Gone("the thread that did has ended".to_owned());
    tokio::task::spawn_blocking(work).await.map_err(ended)?
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT
//! A daemon in the process of the prompt, on a thread of its own. Everybody, the prompt included, is
//! a client of it as of any other.

use crate::failure::Failure;
use crate::verb;
use aegis_api::Client;
use aegis_daemon::{Options, Until};
use std::time::Duration;
use tokio::sync::oneshot::{self, Receiver, Sender};

/// Pause between two looks whether the daemon answers.
const TICK: Duration = Duration::from_millis(20);

/// A daemon that ends when it is told to.
pub struct Guard {
    stop: Sender<()>,
    ended: Receiver<Result<(), Failure>>,
}

impl Guard {
    /// Starts a daemon, and does not wait.
    ///
    /// # Errors
    /// Where there can be no thread.
    pub fn start(options: Options) -> Result<Self, Failure> {
        let (stop, told) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let work = move || {
            // Nobody waits for it where the prompt has gone first.
            drop(end.send(guard(options, Until::Told(told))));
        };
        let thread = std::thread::Builder::new().name("daemon".to_owned());
        let started = thread.spawn(work);
        started.map_err(|error| Failure::failed(format!("cannot start a daemon: {error}")))?;
        Ok(Self { stop, ended })
    }

    /// Waits until the daemon answers.
    ///
    /// # Errors
    /// Why it ended instead.
    pub async fn ready(&mut self, client: &Client) -> Result<(), Failure> {
        loop {
            tokio::select! {
                biased;
                why = self.died() => return Err(why),
                () = tokio::time::sleep(TICK) => {}
            }
            if client.status().await.is_ok() {
                return Ok(());
            }
        }
    }

    /// Waits until it has ended without being told to, and says why.
    pub async fn died(&mut self) -> Failure {
        let ended = (&mut self.ended).await.unwrap_or_else(|_| Err(died()));
        ended.err().unwrap_or_else(died)
    }

    /// Ends the daemon; what becomes of its filter is as configured.
    ///
    /// # Errors
    /// Where it could not, or had ended before.
    pub async fn stop(self) -> Result<(), Failure> {
        // One that has ended by itself says why.
        self.stop.send(()).ok();
        self.ended.await.unwrap_or_else(|_| Err(died()))
    }
}

fn guard(options: Options, until: Until) -> Result<(), Failure> {
    Ok(verb::runtime()?.block_on(aegis_daemon::run(options, until))?)
}

fn died() -> Failure {
    Failure::failed("the daemon in this process has ended; nothing is filtered")
}

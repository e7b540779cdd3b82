// SPDX-License-Identifier: MIT
//! Signals that mean something to the daemon.

use crate::command::{Change, Command};
use crate::parting::Parting;
use crate::peer::Peer;
use crate::{DaemonError, Successor, Until, service};
use aegis_api::ApiError;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// SIGINT and SIGTERM end the daemon; SIGHUP has it read its configuration again, and puts another
/// program in its place where one is installed by now.
pub struct Signals {
    until: Until,
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

type Stop = (watch::Sender<bool>, watch::Receiver<bool>);

impl Signals {
    /// From now on no signal ends the process half-way.
    pub fn new(until: Until) -> Result<Self, DaemonError> {
        let on = |kind| signal(kind).map_err(DaemonError::Signals);
        Ok(Self {
            until,
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hang_up: on(SignalKind::hangup())?,
        })
    }

    /// SIGHUP must not end the firewall with the terminal that it was started from; what it asks
    /// for takes a while, and gives way to a stop.
    pub async fn until_stop(
        mut self,
        (stop, mut stopping): Stop,
        commands: mpsc::Sender<Command>,
        successor: Option<Successor>,
    ) {
        let mut asked = JoinSet::new();
        let name = loop {
            tokio::select! {
                _ = self.interrupt.recv(), if self.until.is_signalled() => break "SIGINT",
                _ = self.terminate.recv(), if self.until.is_signalled() => break "SIGTERM",
                () = self.until.told() => break "told to",
                // One after the other; those that come meanwhile count as one.
                _ = self.hang_up.recv(), if asked.is_empty() => {
                    asked.spawn(hung_up(commands.downgrade(), successor.clone()));
                }
                Some(_) = asked.join_next() => {}
                _ = stopping.wait_for(|&stop| stop) => break "asked to",
            }
        };
        tracing::info!("{name}: stopping");
        stop.send_replace(true);
    }
}

async fn hung_up(commands: mpsc::WeakSender<Command>, successor: Option<Successor>) {
    if let Some(successor) = successor.filter(Successor::is_new) {
        let program = successor.path().display();
        tracing::info!(%program, "SIGHUP: another program is installed, and takes over");
        match successor.rehearse().await {
            Ok(()) => {
                return change(&commands, |reply| Change::Part(Parting::Succeed, reply)).await;
            }
            Err(words) => tracing::error!(%program, "it cannot take over: {words}"),
        }
    }
    tracing::info!("SIGHUP: the configuration is read again");
    service::reloading();
    // The owner logs what comes of it.
    change(&commands, |reply| Change::Reload(None, reply)).await;
    service::ready();
}

async fn change<T>(
    commands: &mpsc::WeakSender<Command>,
    change: impl FnOnce(oneshot::Sender<Result<T, ApiError>>) -> Change,
) {
    let (reply, answer) = oneshot::channel();
    let asked = Command::Change(change(reply), Peer::own());
    // Without commands the daemon is stopping.
    let Some(commands) = commands.upgrade() else {
        return;
    };
    if commands.send(asked).await.is_ok() {
        drop(commands);
        drop(answer.await);
    }
}

// SPDX-License-Identifier: MIT
//! Signals, none of which ends the process by itself: what the prompt has in the kernel goes first.

use crate::failure::Failure;
use tokio::signal::unix::{self, SignalKind};

/// A signal that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: Ctrl-C while a verb runs.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal is gone, or a daemon is to read its configuration again.
    HangUp,
}

/// Waits for signals.
pub struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hang_up: unix::Signal,
}

impl Signals {
    /// From now on they do nothing but be waited for.
    ///
    /// # Errors
    /// Where the kernel refuses.
    pub fn new() -> Result<Self, Failure> {
        let on = |kind| {
            let signal = unix::signal(kind);
            signal.map_err(|error| Failure::failed(format!("cannot wait for signals: {error}")))
        };
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hang_up: on(SignalKind::hangup())?,
        })
    }

    /// The next one. May be given up and awaited anew.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.hang_up.recv() => Signal::HangUp,
        }
    }
}

// SPDX-License-Identifier: MIT
//! What a service manager is told (sd_notify(3)), where there is one that listens.

use crate::parting::Parting;
use sd_notify::NotifyState;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// The host is guarded.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The configuration is read again; [`ready`] follows.
pub(crate) fn reloading() {
    // From systemd 253 on the time has to come with it (Type=notify-reload).
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the service manager is not told of the reload"),
    }
}

/// The daemon is about to end, or another program to go on in its place: to whoever waits that is
/// a reload, which ends with [`ready`].
pub(crate) fn parting(parting: Parting) {
    match parting {
        Parting::Detach | Parting::Keep => tell(&[NotifyState::Stopping]),
        Parting::Succeed => reloading(),
    }
}

fn tell(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, ?states, "the service manager is not told");
    }
}

/// Signs of life from the one task whose death would leave nobody to obey. They stop when it is
/// stuck, and the service manager starts another daemon.
#[derive(Debug)]
pub(crate) struct Watchdog {
    beats: Option<Interval>,
}

impl Watchdog {
    /// As the service manager wants it (`WatchdogSec=`): twice as often as it loses patience.
    pub(crate) fn from_environment() -> Self {
        Self::every(sd_notify::watchdog_enabled().map(|patience| patience / 2))
    }

    fn every(period: Option<Duration>) -> Self {
        let beats = period.filter(|period| !period.is_zero()).map(|period| {
            let mut beats = interval(period);
            beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
            beats
        });
        Self { beats }
    }

    /// When the next sign is due; never, where nobody waits for any.
    pub(crate) async fn due(&mut self) {
        match &mut self.beats {
            Some(beats) => drop(beats.tick().await),
            None => std::future::pending().await,
        }
    }

    /// Gives it.
    pub(crate) fn sign(&self) {
        tell(&[NotifyState::Watchdog]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn signs_are_due_again_and_again_or_never() {
        let mut watched = Watchdog::every(Some(Duration::from_millis(1)));
        watched.due().await;
        watched.due().await;
        let mut unwatched = Watchdog::every(None);
        let never = tokio::time::timeout(Duration::from_millis(5), unwatched.due()).await;
        assert!(never.is_err());
    }
}

// SPDX-License-Identifier: MIT
//! What CrowdSec decides, carried out a chunk at a time.

use super::Owner;
use crate::ban::Moment;
use crate::crowd::{Crowd, Told};
use aegis_policy::Origin;
use std::time::{Duration, Instant};

/// How long the owner does nothing else.
const TURN: Duration = Duration::from_millis(20);

impl Owner {
    /// Takes note of what is told, and carries out some of what is left.
    pub(super) fn follow_crowd(&mut self, told: Option<Told>) {
        let Some(mut crowd) = self.crowd.take() else {
            return;
        };
        if let Some(told) = told {
            crowd.note(told);
        }
        let begun = Instant::now();
        while begun.elapsed() < TURN && self.follow_chunk(&mut crowd) {}
        if let Some(places) = crowd.changed_places()
            && let Err(error) = self.place_decisions(Origin::CrowdSec.label(), places)
        {
            tracing::warn!(%error, "decisions about countries and networks are not carried out for now");
        }
        if crowd.is_done() {
            self.canary.note(crowd.latest());
        }
        self.crowd = Some(crowd);
    }

    /// Whether there was one.
    fn follow_chunk(&mut self, crowd: &mut Crowd) -> bool {
        let now = Moment::now().monotonic;
        let Some((chunk, applied)) = crowd.next(&mut self.policy, now) else {
            return false;
        };
        match self.write(applied) {
            Ok(outcomes) => crowd.followed(chunk, outcomes),
            Err(error) => crowd.failed(chunk, error.message),
        }
        true
    }
}

/// Waits for ever where nothing of CrowdSec is wanted.
pub(super) async fn heard(crowd: &mut Option<Crowd>) -> Option<Told> {
    match crowd {
        Some(crowd) => crowd.heard().await,
        None => std::future::pending().await,
    }
}

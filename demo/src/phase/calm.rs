// SPDX-License-Identifier: MIT
//! The client alone, for comparison.

use crate::client::Experience;
use crate::scene::Scene;
use anyhow::Result;
use std::thread;
use std::time::Duration;

/// How long it is watched.
const WHILE: Duration = Duration::from_secs(2);

/// Fetches the page for a while with nobody in the way.
pub fn run(scene: &Scene, when: &'static str) -> Result<Experience> {
    let fetcher = scene.start_fetching()?;
    thread::sleep(WHILE);
    Ok(Experience {
        when,
        report: fetcher.stop(),
    })
}

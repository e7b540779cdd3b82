// SPDX-License-Identifier: MIT
//! The real daemon goes to work.

use crate::ledger;
use crate::scene::Scene;
use aegis_api::{AttachmentStatus, Status};
use aegis_testbed::Daemon;
use anyhow::{Result, ensure};

/// Starts `aegis-cli -i eth0 daemon` on the guarded host and reads back what it attached.
pub fn run(scene: &Scene) -> Result<(Daemon, Status)> {
    let guarded = scene.guarded();
    let daemon = Daemon::on(guarded.host(), guarded.name()).start()?;
    let status = ledger::status(&daemon)?;
    ensure!(
        status.healthy,
        "the daemon started but is not healthy: {}",
        status.problems.join("; ")
    );
    Ok((daemon, status))
}

/// An attachment on one line.
pub fn attachment(attached: &AttachmentStatus) -> String {
    format!(
        "{} on {}: {}, program {} (tag {})",
        attached.hook, attached.interface, attached.mode, attached.program_id, attached.program_tag,
    )
}

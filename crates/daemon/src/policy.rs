// SPDX-License-Identifier: MIT
//! The policy that a daemon starts with, before anything is attached.

use crate::DaemonError;
use crate::error::from_policy;
use aegis_core::Nanos;
use aegis_policy::config::Config;
use aegis_policy::{Force, Policy, Remark};

/// What the configuration says. Groups of scopes are numbered on from those that are in the
/// kernel's tables.
///
/// # Errors
/// [`DaemonError::Allowlist`] where whom it allows does not fit.
pub fn of(config: &Config, last_group: u32, now: Nanos) -> Result<Policy, DaemonError> {
    let mut policy = Policy::succeeding(last_group);
    policy.set_auto_ban(config.auto_ban);
    for &target in &config.allowlist {
        let allowed = policy.allow(target, Remark::default(), Force::No, now);
        drop(allowed.map_err(|error| DaemonError::Allowlist(from_policy(&error)))?);
    }
    Ok(policy)
}

// SPDX-License-Identifier: MIT
//! What a policy does not do, or not without force.

use crate::{Block, Force, Policy, PolicyError, Target, Which};
use aegis_core::Nanos;

impl Policy {
    /// Refuses a ban that nobody wants who thinks twice.
    pub(super) fn check(&self, block: &Block, now: Nanos) -> Result<(), PolicyError> {
        let target = block.target;
        if block.expires.is_over(now) {
            return Err(PolicyError::AlreadyOver(target));
        }
        self.check_protected(block)?;
        if block.force == Force::Yes {
            return Ok(());
        }
        if let Some(entry) = self.allow.around(target) {
            return Err(PolicyError::Allowlisted { target, entry });
        }
        match self.allow.inside(target) {
            Some(entry) => Err(PolicyError::CoversAllowlisted { target, entry }),
            None => Ok(()),
        }
    }

    /// Refuses what could cut the host off, whatever the allowlist says.
    pub(super) fn check_protected(&self, block: &Block) -> Result<(), PolicyError> {
        let target = block.target;
        if block.force == Force::Yes {
            return Ok(());
        }
        if target.is_everything() {
            return Err(PolicyError::Everything(target));
        }
        match self.protected.hit_by(target, block.session) {
            Some((role, address)) => Err(PolicyError::Protected {
                target,
                address,
                role,
            }),
            None => Ok(()),
        }
    }

    /// Why there is nothing to lift, saying what is banned instead.
    pub(super) fn why_not_banned(&self, target: Target, which: Which, now: Nanos) -> PolicyError {
        let live = self
            .bans
            .get(target)
            .is_some_and(|entry| entry.is_live(now));
        match which {
            Which::Part(part) if live => return PolicyError::PartNotBanned { target, part },
            Which::Cause(_, origin) if live => {
                return PolicyError::NotWanted { target, origin };
            }
            _ => {}
        }
        if let Some(wider) = self.banned_around(target, now) {
            return PolicyError::BannedByWider { target, wider };
        }
        match self.bans.inside(target).find(|ban| ban.is_live(now)) {
            Some(ban) => PolicyError::OnlyNarrower {
                target,
                narrower: ban.target,
            },
            None => PolicyError::NotBanned(target),
        }
    }

    /// The narrowest prefix around the target that is banned, wholly or in part.
    pub(super) fn banned_around(&self, target: Target, now: Nanos) -> Option<Target> {
        self.rows
            .wider(&target.net())
            .filter_map(|prefix| Target::try_from(prefix).ok())
            .find(|wider| {
                self.bans
                    .get(*wider)
                    .is_some_and(|entry| entry.is_live(now))
            })
    }
}

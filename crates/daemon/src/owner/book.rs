// SPDX-License-Identifier: MIT
//! What people ban, unban, allow and disallow.

use super::Owner;
use crate::ban::{self, Listed, Moment};
use crate::error::{from_engine, from_policy};
use aegis_api::{
    AllowAnswer, AllowList, AllowRequest, ApiError, BanAnswer, BanQuery, BanRequest,
    DisallowRequest, EndedSockets, ErrorCode, UnbanAnswer, UnbanRequest,
};
use aegis_policy::config::AllowEdit;
use aegis_policy::{Applied, Novelty, Origin, ProtectedSet, Target, Which};

impl Owner {
    /// Writes to the kernel what policy decided, and notes what is to outlive the daemon; where the
    /// kernel refuses, policy forgets it.
    pub(super) fn apply<T>(&mut self, applied: Applied<T>) -> Result<T, ApiError> {
        let targets: Vec<Target> = applied.undo.targets().collect();
        let outcome = self.write(applied)?;
        self.canary.note(targets.into_iter());
        Ok(outcome)
    }

    /// The same for one of very many, which the canary does not try one after the other.
    pub(super) fn write<T>(&mut self, applied: Applied<T>) -> Result<T, ApiError> {
        match self.engine.apply(&applied.changes) {
            Ok(()) => {
                self.note(&applied.undo);
                Ok(applied.outcome)
            }
            Err(error) => {
                self.policy.undo(applied.undo);
                Err(from_engine(&error))
            }
        }
    }

    pub(super) fn ban(
        &mut self,
        request: &BanRequest,
        host: Result<ProtectedSet, ApiError>,
    ) -> Result<BanAnswer, ApiError> {
        let now = Moment::now();
        let block = ban::block(request, now.monotonic)?;
        // Force asks for no protection; without it, not to know is to refuse.
        if !request.force {
            self.policy.set_protected(host?);
        }
        let before = self.policy.ban_on(block.target, block.part, now.monotonic);
        let before = before.map(|entry| Box::new(ban::ban(entry, &now)));
        let applied = self
            .policy
            .block(block, now.monotonic)
            .map_err(|e| from_policy(&e))?;
        let blocked = self.apply(applied)?;
        Ok(BanAnswer {
            ban: ban::ban(&blocked.ban, &now),
            renewed: blocked.novelty == Novelty::Renewed,
            before,
            overruled_by: blocked.overridden_by.as_ref().map(Target::to_string),
            sockets: self.spare_sockets(blocked.ban.target),
            state_problem: self.store.unsaved(),
        })
    }

    /// Sockets with allowed peers inside a banned prefix must live on, and there is no telling
    /// them apart when those of the prefix are ended.
    fn spare_sockets(&self, target: Target) -> EndedSockets {
        let allowed = self
            .policy
            .allowlist()
            .find(|entry| target.covers(entry.target));
        let problem = allowed.map(|entry| {
            let entry = entry.target;
            format!("connections end by themselves, as {entry} inside is on the allowlist")
        });
        EndedSockets { ended: 0, problem }
    }

    pub(super) fn unban(&mut self, request: &UnbanRequest) -> Result<UnbanAnswer, ApiError> {
        let now = Moment::now();
        let (target, which) = ban::unblock(request)?;
        let lifted = match self.policy.unblock(target, which, now.monotonic) {
            Ok(applied) => self.apply(applied),
            Err(error) => Err(from_policy(&error)),
        };
        // Whoever ends a cause of somebody else has not let go what CrowdSec wants.
        let is_let_go = !matches!(which, Which::Cause(_, origin) if !origin.is_followed());
        if let (Ok(_), Some(crowd), true) = (&lifted, &mut self.crowd, is_let_go) {
            crowd.let_go(target);
        }
        let pardoned = which == Which::All && self.pardon(target)?;
        let unblocked = match lifted {
            Ok(unblocked) => Some(unblocked),
            Err(error) if error.code == ErrorCode::NotFound && pardoned => None,
            Err(error) => return Err(error),
        };
        let bans = unblocked.iter().flat_map(|unblocked| &unblocked.bans);
        let rest = bans.clone().filter_map(|entry| {
            let (target, part) = (entry.target, entry.part);
            self.policy.ban_on(target, part, now.monotonic)
        });
        let wider = unblocked.as_ref().and_then(|u| u.still_banned_by.as_ref());
        Ok(UnbanAnswer {
            removed: bans.map(|entry| ban::ban(entry, &now)).collect(),
            still_banned: rest.map(|entry| ban::ban(entry, &now)).collect(),
            still_covered_by: wider.map(Target::to_string),
            pardoned,
            state_problem: self.store.unsaved(),
        })
    }

    /// Ends the cool-down of a source: an address, or an IPv6 network within a /64. Whether it was
    /// cooling down.
    fn pardon(&mut self, target: Target) -> Result<bool, ApiError> {
        let net = target.net();
        if !target.is_address() && (net.addr().is_ipv4() || net.prefix_len() < 64) {
            return Ok(false);
        }
        let now = Moment::now().monotonic.0;
        let failed = |error| from_engine(&error);
        let known = self.engine.source(net.addr()).map_err(failed)?;
        let cooling = known.is_some_and(|source| source.cool_until_ns > now);
        self.engine.pardon(net.addr()).map_err(failed)?;
        Ok(cooling)
    }

    pub(super) fn allow(&mut self, request: &AllowRequest) -> Result<AllowAnswer, ApiError> {
        let target = ban::target(&request.target)?;
        let remark = ban::remark(request.reason.as_deref())?;
        let force = ban::force(request.force);
        let now = Moment::now().monotonic;
        let applied = self.policy.allow(target, remark, force, now);
        let allowed = self.apply(applied.map_err(|error| from_policy(&error))?)?;
        self.spare_allowed_on_lists();
        let (file, file_problem) = self.keep(AllowEdit::Add(target));
        Ok(AllowAnswer {
            entry: ban::allow(&allowed.entry),
            changed: allowed.novelty != Novelty::Unchanged,
            overruled_bans: allowed
                .overrides
                .iter()
                .map(|ban| ban.target.to_string())
                .collect(),
            exempt_from: allowed.exempt_from.as_ref().map(Target::to_string),
            file,
            file_problem,
            state_problem: self.store.unsaved(),
        })
    }

    pub(super) fn disallow(&mut self, request: &DisallowRequest) -> Result<AllowAnswer, ApiError> {
        let target = ban::target(&request.target)?;
        let applied = self.policy.disallow(target);
        let entry = self.apply(applied.map_err(|error| from_policy(&error))?)?;
        self.spare_allowed_on_lists();
        let (file, file_problem) = self.keep(AllowEdit::Remove(target));
        let overruled_bans = Vec::new();
        Ok(AllowAnswer {
            entry: ban::allow(&entry),
            changed: true,
            overruled_bans,
            exempt_from: None,
            file,
            file_problem,
            state_problem: self.store.unsaved(),
        })
    }

    pub(super) fn bans(&self, which: &BanQuery) -> Listed {
        let mut listed = Listed::default();
        for entry in self.policy.bans(Moment::now().monotonic) {
            let mut origins = entry.causes().iter().map(|cause| cause.origin);
            let named = |wanted: &str| origins.clone().any(|origin| origin.label() == wanted);
            if !which.origin.as_deref().is_none_or(named) {
                continue;
            }
            match which.own && origins.clone().all(Origin::is_followed) {
                true => {
                    let origin = origins.next().map_or("", Origin::label);
                    *listed.others.entry(origin.to_owned()).or_default() += 1;
                }
                false => listed.bans.push(entry.clone()),
            }
        }
        listed
    }

    pub(super) fn allowlist(&self) -> AllowList {
        AllowList {
            allow: self.policy.allowlist().map(ban::allow).collect(),
        }
    }
}

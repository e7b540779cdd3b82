// SPDX-License-Identifier: MIT
//! Countries and autonomous systems, blocked and let through while packets flow.

mod report;

use super::Owner;
use crate::command::RegionChange;
use crate::word;
use crate::{geo, places};
use aegis_api::{ApiError, ErrorCode, GeoAnswer, GeoBlockRequest, GeoUnblockRequest};
use aegis_policy::config::Direction;
use aegis_policy::saved::Record;
use aegis_policy::{GeoPolicy, GeoRule, NoRegion, ProtectedSet, Region, Role};

/// Whom a block may cut off who is not cut off at once: what spares them is their session.
const ADMINISTRATORS: [Role; 2] = [Role::Admin, Role::Session];

impl Owner {
    /// Takes over what was said to an earlier daemon.
    pub fn remember_regions(&mut self, records: &[Record]) {
        let over = self.places.remember(places::said(records));
        for note in self.forget_words(over) {
            tracing::info!("{note}");
        }
    }

    /// Notes that words do not hold any more, as the configuration has their regions otherwise; what is
    /// to be told of it.
    pub(super) fn forget_words(&mut self, over: Vec<Region>) -> Vec<String> {
        let records = over.iter().map(|region| Record::Region(*region, None));
        self.store.note(&records.collect::<Vec<_>>());
        let told = over.into_iter().map(|region| {
            format!("what was said of {region} is over: the configuration has it otherwise now")
        });
        told.collect()
    }

    pub(super) fn change_region(&mut self, change: RegionChange) -> Result<GeoAnswer, ApiError> {
        match change {
            RegionChange::Block(request, host) => self.block_region(&request, host),
            RegionChange::Unblock(request) => self.unblock_region(&request),
        }
    }

    fn block_region(
        &mut self,
        request: &GeoBlockRequest,
        host: Result<ProtectedSet, ApiError>,
    ) -> Result<GeoAnswer, ApiError> {
        let region = region(&request.region)?;
        // Force asks for no protection; without it, not to know is to refuse.
        match (request.force, host) {
            (_, Ok(host)) => self.protect(host),
            (true, Err(_)) => {}
            (false, Err(error)) => return Err(error),
        }
        let asked = request.direction.map(word::asked);
        let wanted = asked.unwrap_or(self.places.config().direction);
        let before = self.blocked(region);
        let after = before.map_or(wanted, |before| before.with(wanted));
        let word = self.places.word_for(region, Some(after));
        let next = self.places.policy_saying(region, word);
        self.can_enforce(&next)?;
        if !request.force && after != Direction::Out {
            self.spares_administrators(region, &next)?;
        }
        self.say(region, Some(after))
    }

    fn unblock_region(&mut self, request: &GeoUnblockRequest) -> Result<GeoAnswer, ApiError> {
        let region = region(&request.region)?;
        let Some(before) = self.blocked(region) else {
            return Err(self.not_blocked(region));
        };
        let asked = request.direction.map(word::asked);
        let after = asked.and_then(|asked| before.without(asked));
        if after == Some(before) {
            let way = word::told(before);
            let message = format!("{region} is blocked ({way}), and nothing of that was named");
            return Err(ApiError::new(ErrorCode::NotFound, message).next(SHOW));
        }
        self.say(region, after)
    }

    /// Which packets of a region are not let through as it is named.
    fn blocked(&self, region: Region) -> Option<Direction> {
        self.places.policy().block.get(&region).copied()
    }

    fn not_blocked(&self, region: Region) -> ApiError {
        let policy = self.places.policy();
        if policy.allow_only.is_empty() || policy.allow_only.contains(&region) {
            let message = format!("{region} is not blocked");
            return ApiError::new(ErrorCode::NotFound, message).next(SHOW);
        }
        let message = format!("{region} is not blocked, but none of those in geo.allow_only");
        ApiError::new(ErrorCode::Refused, message)
            .next("add it there, in the configuration, and then: aegis-cli reload")
    }

    fn can_enforce(&self, policy: &GeoPolicy) -> Result<(), ApiError> {
        if !self.places.has_begun()
            || (self.places.is_surveying() && self.places.atlas().is_empty())
        {
            let message = "databases of places are still being read";
            return Err(
                ApiError::new(ErrorCode::Unavailable, message).next("try again in a moment")
            );
        }
        match self.places.lacks(policy) {
            None => Ok(()),
            Some(what) => {
                let error = ApiError::new(ErrorCode::Refused, what);
                Err(error.next("fetch some: aegis-cli geo update"))
            }
        }
    }

    /// Whoever administers the host from a region that is to be blocked would be let through only for
    /// as long as their session lasts.
    fn spares_administrators(&self, region: Region, next: &GeoPolicy) -> Result<(), ApiError> {
        let mut cut = self.places.cuts_off(next, self.policy.protected());
        let Some((role, address, _)) = cut.find(|(role, address, rule)| {
            *rule == GeoRule::Blocked(region)
                && ADMINISTRATORS.contains(role)
                && !self.is_allowed(*address)
        }) else {
            return Ok(());
        };
        let place = geo::beside(address.into());
        let message = format!(
            "{place} is {role}: were {region} blocked, it would pass for as long as the session lasts,              and no longer"
        );
        Err(ApiError::new(ErrorCode::Protected, message).next(format!(
            "use --force to block it all the same, or first: aegis-cli allow add {address}"
        )))
    }

    /// Has so much of a region be blocked, at once and after the next start.
    fn say(&mut self, region: Region, blocked: Option<Direction>) -> Result<GeoAnswer, ApiError> {
        let before = self.places.policy();
        let word = self.places.word_for(region, blocked);
        let said = self.places.words().of(region);
        self.places.say(region, word);
        let policy = self.places.policy();
        let enforced = match policy == before {
            true => Ok(self.places.is_ready_for(&policy, self.policy.protected())),
            false => self.enforce_places(),
        };
        let enforced = enforced.inspect_err(|_| self.places.say(region, said))?;
        self.store.note(&[Record::Region(region, word)]);
        let mut notes = self.spared(&policy);
        if blocked.is_none() && self.places.config().blocked(region).is_some() {
            notes.push(format!(
                "the configuration has {region} in geo.block: it passes until that says otherwise than now"
            ));
        }
        Ok(GeoAnswer {
            region: region.to_string(),
            name: region.name().map(str::to_owned),
            blocked: blocked.map(word::told),
            changed: policy != before,
            enforced,
            notes,
            state_problem: self.store.unsaved(),
        })
    }
}

/// How to find out what is blocked.
const SHOW: &str = "aegis-cli geo policy shows what is";

fn region(text: &str) -> Result<Region, ApiError> {
    let region = text.parse::<Region>();
    region.map_err(|NoRegion { message, next }| {
        ApiError::new(ErrorCode::InvalidRequest, message).next(next)
    })
}

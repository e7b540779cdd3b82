// SPDX-License-Identifier: MIT
//! Places: databases that are read while packets flow, and which countries and autonomous systems
//! are let through.
//!
//! Addresses are loaded once, for every place there is. What is let through is one word for each
//! class of places; a reload stages those words with the settings that it writes, so that a packet is
//! judged by the old policy or by the new one.

use super::Owner;
use crate::Options;
use crate::courier::Courier;
use crate::error::from_engine;
use crate::geo::chart::{Chart, ChartError, Sets};
use crate::geo::timer::keep_current;
use crate::geo::{self};
use crate::places::Decision;
use aegis_abi::{Flags, Origin, SetAction, Settings, Tuple};
use aegis_api::{ApiError, ErrorCode};
use aegis_engine::{EngineError, FlowEntry};
use aegis_policy::config::Geo;
use aegis_policy::{GeoPolicy, Role};
use jiff::Timestamp;
use std::net::IpAddr;

/// What nobody of is let through is told as such.
const ROLES: [Role; 3] = [Role::Admin, Role::Session, Role::Gateway];

impl Owner {
    /// Has new databases fetched for as long as this lives, where that is wanted.
    pub fn keep_places_current(&self, courier: &Courier, options: &Options) {
        let (wanted, news) = self.places.wanted();
        let (courier, folder) = (courier.clone(), options.state());
        tokio::spawn(keep_current(wanted, courier, folder, news));
    }

    /// Begins to read databases, once it is known whom the host needs.
    pub(super) fn survey(&mut self) {
        self.places.survey(self.policy.protected());
    }

    /// Takes over what was read.
    pub(super) fn chart(&mut self, done: Result<Chart, ChartError>) {
        let chart = match done {
            Ok(chart) => chart,
            Err(error) => {
                tracing::error!(%error, "places are as they were");
                self.places.note_problem(error.to_string());
                return;
            }
        };
        let Chart {
            atlas,
            classes,
            sets,
            took,
        } = chart;
        let found = atlas.found().len();
        self.places.adopt(atlas, classes);
        if found > 0 {
            tracing::info!(databases = found, ms = took.as_millis(), "places are known");
        }
        match sets {
            // Others are needed by now than when this began.
            Some(sets) if !self.spares_needed(&sets) => self.survey(),
            Some(sets) => {
                if let Err(error) = self.load_places(sets, took) {
                    tracing::error!(%error, "places are not in the kernel");
                    self.places.note_problem(error.to_string());
                }
            }
            None => {}
        }
        if self.places.is_outdated() {
            self.survey();
        }
    }

    fn spares_needed(&self, sets: &Sets) -> bool {
        let (policy, needed) = (self.places.policy(), self.policy.protected());
        self.places.spares(&sets.extent.exempt, &policy, needed)
    }

    fn load_places(&mut self, sets: Sets, read: std::time::Duration) -> Result<(), EngineError> {
        let begun = std::time::Instant::now();
        self.engine.set_places(Some(&sets.v4), Some(&sets.v6))?;
        let took = read + begun.elapsed();
        self.places.note_loaded(sets.extent, took);
        // The policy may have changed while the sets were made.
        let policy = self.places.policy();
        self.switch_places(&policy, true)?;
        self.canary.soon();
        self.cut_off_places();
        Ok(())
    }

    /// Has the policy of a configuration wait for the settings that are written next: what becomes of
    /// the flags, and whether there is anything to wait for.
    ///
    /// # Errors
    /// Where it could not be enforced.
    pub(super) fn stage_places(
        &mut self,
        next: &Geo,
        flags: Flags,
    ) -> Result<(Flags, bool), ApiError> {
        let policy = self.places.policy_of(next);
        let changes = policy != self.places.policy();
        if changes
            && self.places.has_begun()
            && !self.places.is_surveying()
            && let Some(what) = self.places.lacks(&policy)
        {
            let error = ApiError::new(ErrorCode::Refused, format!("nothing was changed: {what}"));
            return Err(error.next("fetch some: aegis-cli geo update"));
        }
        let flags = places_flag(flags, !policy.is_empty());
        if !changes || !self.places.is_ready_for(&policy, self.policy.protected()) {
            return Ok((flags, false));
        }
        let actions = self.places.actions(&policy);
        let staged = self.engine.stage_place_actions(&actions);
        staged.map_err(|error| from_engine(&error))?;
        Ok((flags, true))
    }

    /// Has a configuration be in force whose policy is by now; what is to be told of it.
    pub(super) fn follow_places(&mut self, next: &Geo) -> Vec<String> {
        let before = self.places.policy();
        let over = self.places.set_config(next);
        let mut notes = self.forget_words(over);
        let policy = self.places.policy();
        let wanted = !policy.is_empty() || next.preload;
        let ready = self.places.is_ready_for(&policy, self.policy.protected());
        if wanted && !ready {
            self.survey();
        }
        if before == policy {
            return notes;
        }
        let later = "places are made anew for it, and the policy holds in a second or two";
        notes.extend(self.spared(&policy));
        match ready {
            true => self.cut_off_places(),
            false if !policy.is_empty() => notes.push(later.to_owned()),
            false => {}
        }
        notes
    }

    /// Whom a policy would cut off whom it does not because the host needs them.
    pub(super) fn spared(&self, policy: &GeoPolicy) -> Vec<String> {
        let cut = self.places.cuts_off(policy, self.policy.protected());
        let spared = cut.filter(|(role, ..)| ROLES.contains(role));
        spared
            .map(|(role, address, rule)| {
                let place = geo::place(address).map(|place| place.to_string());
                let place = place.unwrap_or_default();
                format!(
                    "{address} ({place}) is {role}: it passes although its place does not ({rule}), \
                     for as long as that is so"
                )
            })
            .collect()
    }

    /// Replaces what others have decided about countries and autonomous systems.
    ///
    /// # Errors
    /// Of the kernel.
    pub(super) fn place_decisions(
        &mut self,
        origin: &str,
        decisions: Vec<Decision>,
    ) -> Result<(), ApiError> {
        match self.places.decide(origin, decisions) {
            true => self.enforce_places().map(drop),
            false => Ok(()),
        }
    }

    /// Ends decisions that are over, and notices files that have changed and peers that are needed.
    pub(super) fn tend_places(&mut self) {
        if self.places.expire(Timestamp::now())
            && let Err(error) = self.enforce_places()
        {
            tracing::warn!(%error, "decisions about places that are over hold for now");
        }
        let policy = self.places.policy();
        let wanted = !policy.is_empty() && !self.places.is_surveying();
        let ready = || self.places.is_ready_for(&policy, self.policy.protected());
        if !self.places.has_begun() || self.places.has_moved() || (wanted && !ready()) {
            self.survey();
        }
    }

    /// Has the kernel go by the policy as it is now; whether it does, or only will once places are made
    /// anew.
    ///
    /// # Errors
    /// Of the kernel, which goes by the policy of before then.
    pub(super) fn enforce_places(&mut self) -> Result<bool, ApiError> {
        let policy = self.places.policy();
        let ready = self.places.is_ready_for(&policy, self.policy.protected());
        if !ready && !policy.is_empty() {
            self.survey();
            return Ok(false);
        }
        let switched = self.switch_places(&policy, ready);
        // Or else whoever writes settings next would switch to what was refused.
        let switched = switched.inspect_err(|_| self.engine.unstage_place_actions());
        switched.map_err(|error| from_engine(&error))?;
        self.canary.soon();
        self.cut_off_places();
        Ok(true)
    }

    fn switch_places(&mut self, policy: &GeoPolicy, loaded: bool) -> Result<(), EngineError> {
        if loaded {
            let actions = self.places.actions(policy);
            self.engine.stage_place_actions(&actions)?;
        }
        let settings = self.engine.settings()?;
        self.engine.set_settings(&Settings {
            flags: places_flag(settings.flags, !policy.is_empty()),
            // Connections that are known are judged anew.
            generation: settings.next_generation(),
            ..settings
        })
    }

    /// Ends connections that stand and would not have been let through. The kernel does so by itself
    /// where nothing passes either way; where only one side may begin, it does not remember who did.
    fn cut_off_places(&mut self) {
        let policy = self.places.policy();
        if policy.is_empty() || self.places.loaded().is_none() {
            return;
        }
        let mut cut: Vec<Tuple> = Vec::new();
        let looked = self.engine.each_flow(|flow| {
            if self.is_cut_off(&policy, &flow) {
                cut.push(flow.tuple);
            }
        });
        if let Err(error) = looked {
            tracing::warn!(%error, "connections that stand go on");
            return;
        }
        let mut ended = 0;
        for tuple in &cut {
            match self.engine.kill(tuple) {
                Ok(known) => ended += usize::from(known),
                Err(error) => tracing::warn!(%error, "a connection that stands goes on"),
            }
        }
        if ended > 0 {
            tracing::info!(ended, policy = %policy, "connections ended for where their peer is");
        }
    }

    pub(super) fn is_cut_off(&self, policy: &GeoPolicy, flow: &FlowEntry) -> bool {
        let Some(peer) = crate::flow::address(flow.tuple.family, flow.tuple.peer) else {
            return false;
        };
        let begun_by_peer = flow.origin != Origin::Local;
        let ends = |location| policy.ends(location, begun_by_peer);
        // Few are: lists are gone through for those only.
        let mut needed = self.policy.protected().iter();
        self.places.located(peer).is_some_and(ends)
            && !needed.any(|(_, address)| address == peer)
            && !self.is_allowed(peer)
    }

    pub(super) fn is_allowed(&self, address: IpAddr) -> bool {
        let mut entries = self.policy.allowlist();
        entries.any(|entry| entry.target.net().contains(&address))
    }

    /// The entry of `[geo]` that does not let an address through.
    pub(super) fn geo_rule(&self, address: IpAddr) -> Option<String> {
        let rule = self.places.rule(address)?;
        let departing = SetAction::DEPARTING.with(SetAction::DEPARTING_NEW);
        let does = self.places.policy().action(self.places.located(address)?);
        // What departs may not be judged.
        let is_idle = !self.expected.egress && !SetAction(does.0 & !departing.0).any(does);
        (!is_idle && !self.is_allowed(address)).then(|| rule.to_string())
    }

    /// The same of a class that a packet was dropped for.
    pub(super) fn geo_rule_of_class(&self, class: u32) -> Option<String> {
        let location = self.places.location(class)?;
        self.places
            .policy()
            .rule(location)
            .map(|rule| rule.to_string())
    }
}

/// The switch that has the kernel ask for places.
fn places_flag(flags: Flags, on: bool) -> Flags {
    match on {
        true => flags.with(Flags::PLACES),
        false => flags.without(Flags::PLACES),
    }
}

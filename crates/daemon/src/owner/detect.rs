// SPDX-License-Identifier: MIT
//! What becomes of offences, of what the host needs, and of bans whose time has come.

use super::{Batch, Owner};
use crate::ban::Moment;
use crate::{ending, geo};
use aegis_abi::OffenceCodes;
use aegis_engine::EngineError;
use aegis_policy::{AutoBanned, Offence, ProtectedSet, Role, Spared};
use std::net::IpAddr;

impl Owner {
    pub(super) fn take_offences(
        &mut self,
        batch: Result<Batch<(aegis_abi::Offence, OffenceCodes)>, EngineError>,
    ) {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                tracing::error!(%error, "offences are not read any more");
                self.offences = None;
                return;
            }
        };
        for record in batch {
            match record {
                Ok((record, codes)) => {
                    if let Some(offence) = Offence::told(&record, codes) {
                        self.judge(&offence);
                    }
                }
                Err(error) => {
                    self.undecodable += 1;
                    tracing::warn!(%error, total = self.undecodable, "an offence cannot be read");
                }
            }
        }
    }

    fn judge(&mut self, offence: &Offence) {
        self.samples.keep(offence.source, &self.recent);
        let now = Moment::now();
        self.attacks.note_offence(offence.kind, now.monotonic);
        match self.policy.offence(offence, now.monotonic) {
            Ok(applied) => match self.apply(applied) {
                Ok(banned) => {
                    self.banned(offence, &banned, &now);
                    self.alert(offence);
                }
                Err(error) => log(offence, &format!("not banned: {error}")),
            },
            Err(spared) => {
                log(offence, &told(&spared));
                if spared == Spared::Disabled {
                    self.alert(offence);
                }
            }
        }
    }

    fn alert(&self, offence: &Offence) {
        if let Some(crowd) = &self.crowd {
            crowd.alert(offence);
        }
    }

    fn banned(&self, offence: &Offence, banned: &AutoBanned, now: &Moment) {
        let ban = &banned.blocked.ban;
        let seconds = ban.expires().nanos().map_or(0, |end| {
            end.0
                .saturating_sub(now.monotonic.0)
                .div_ceil(1_000_000_000)
        });
        let (part, number) = (ban.part, banned.number);
        log(
            offence,
            &format!("{part} banned for {seconds} s, ban number {number}"),
        );
        for gone in &banned.gave_way {
            tracing::info!(subject = %gone.target, part = %gone.part, "ban gave way to another");
        }
        if ban.part.is_whole() {
            let net = ban.target.net();
            tokio::spawn(async move {
                let sockets = ending::of_peer(net).await;
                if sockets.ended > 0 {
                    tracing::info!(subject = %net, ended = sockets.ended, "sockets ended");
                }
            });
        }
    }

    /// Takes note of what the host needs now. Detectors' bans on it end.
    pub(super) fn protect(&mut self, protected: ProtectedSet) {
        self.spare_on_lists(&protected);
        let of = |own| -> Vec<IpAddr> {
            let some = protected.iter();
            let some = some.filter(|(role, _)| (*role == Role::Own) == own);
            some.map(|(_, address)| address).collect()
        };
        let told = self.engine.set_protected(&of(true), &of(false));
        self.policy.set_protected(protected);
        self.places.note_needs();
        if let Err(error) = told {
            tracing::warn!(%error, "what the host needs may cool down for now");
        }
        let applied = self.policy.spare_protected();
        if let Some(crowd) = &mut self.crowd {
            crowd.spared(&applied.outcome);
        }
        if applied.outcome.is_empty() {
            return;
        }
        match self.apply(applied) {
            Ok(spared) => {
                for ban in spared {
                    tracing::info!(subject = %ban.target, part = %ban.part, "ban lifted: the host needs it");
                }
            }
            Err(error) => tracing::warn!(%error, "bans on what the host needs hold for now"),
        }
    }

    /// Removes what is over.
    pub(super) fn expire(&mut self) {
        let applied = self.policy.expire(Moment::now().monotonic);
        if applied.outcome.is_empty() && applied.changes.is_empty() {
            return;
        }
        match self.apply(applied) {
            Ok(ended) => {
                for ban in ended {
                    let holds = ban.held_until.is_some();
                    // Of what others decide very much may end at once.
                    let own = ban
                        .causes
                        .into_iter()
                        .filter(|cause| !cause.origin.is_followed());
                    for cause in own {
                        let origin = cause.origin.label();
                        tracing::info!(subject = %ban.target, part = %ban.part, origin, holds, "ban ended");
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "ended bans stay in the tables for now"),
        }
    }
}

fn told(spared: &Spared) -> String {
    match spared {
        Spared::Disabled | Spared::Banned { .. } => spared.to_string(),
        Spared::Refused(_) => format!("not banned: {spared}"),
    }
}

/// One line: who, what, on what evidence, and what came of it.
fn log(offence: &Offence, consequence: &str) {
    let place = geo::place_of(offence.source).map(|place| place.to_string());
    tracing::info!(
        source = %offence.source,
        place,
        what = offence.kind.label(),
        ports = offence.ports_seen,
        recent_ports = ?offence.recent_ports,
        packets = offence.packets,
        refused = offence.refused,
        proven = offence.proven,
        consequence,
        "offence"
    );
}

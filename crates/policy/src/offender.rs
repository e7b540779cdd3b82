// SPDX-License-Identifier: MIT
//! Who has offended, on what evidence, and how often they were banned for it.
//!
//! As many sources are remembered as the settings say. Beyond that, those are forgotten first whose
//! evidence could be spoofed, and of these the one that has been quiet, or free, for longest.

use crate::order::Order;
use crate::{AutoBan, Offence, Since, Target};
use aegis_abi::Reason;
use aegis_core::Nanos;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Everything a source did of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// What.
    pub kind: Reason,
    /// How often it was told.
    pub offences: u64,
    /// Of these, how often with proof.
    pub proven: u64,
    /// Unsolicited packets of the source.
    pub packets: u64,
    /// Of them, those over a rate.
    pub refused: u64,
    /// Distinct ports, at most in one offence.
    pub ports_seen: u32,
    /// The ports of the last offence that told any.
    pub recent_ports: Vec<u16>,
    /// The first packet that was counted.
    pub first: Nanos,
    /// The last offence.
    pub last: Nanos,
    /// What the last offence told, as the next may tell it again.
    told: Told,
}

/// Counts of the last offence, and since when they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    since: Nanos,
    packets: u64,
    refused: u64,
}

impl Charge {
    /// Ports that are kept one by one.
    pub const PORTS: usize = 16;

    fn new(offence: &Offence) -> Self {
        Self {
            kind: offence.kind,
            offences: 0,
            proven: 0,
            packets: 0,
            refused: 0,
            ports_seen: 0,
            recent_ports: Vec::new(),
            first: offence.first_seen.min(offence.at),
            last: offence.at,
            told: Told {
                since: offence.first_seen,
                packets: 0,
                refused: 0,
            },
        }
    }

    fn add(&mut self, offence: &Offence) {
        let (packets, refused) = (offence.packets, offence.refused);
        let again = if offence.first_seen == self.told.since {
            (self.told.packets, self.told.refused)
        } else {
            (0, 0)
        };
        self.offences = self.offences.saturating_add(1);
        self.proven = self.proven.saturating_add(u64::from(offence.proven));
        self.packets = self.packets.saturating_add(packets.saturating_sub(again.0));
        self.refused = self.refused.saturating_add(refused.saturating_sub(again.1));
        self.ports_seen = self.ports_seen.max(offence.ports_seen);
        if !offence.recent_ports.is_empty() {
            let kept = offence.recent_ports.iter().take(Self::PORTS);
            self.recent_ports = kept.copied().collect();
        }
        self.first = self.first.min(offence.first_seen);
        self.last = self.last.max(offence.at);
        self.told = Told {
            since: offence.first_seen,
            packets,
            refused,
        };
    }
}

/// How often a source was banned, and until when. Bans on evidence that could be spoofed never
/// make those on proof longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strikes {
    /// Bans on proof.
    pub proven: u32,
    /// Bans without.
    pub unproven: u32,
    /// The end of the last.
    pub until: Since,
}

impl Strikes {
    /// How many of a sort.
    #[must_use]
    pub fn of(&self, proven: bool) -> u32 {
        if proven { self.proven } else { self.unproven }
    }

    /// The same with so many of a sort, the last ending then.
    pub(crate) fn with(self, (proven, number): (bool, u32), until: Since) -> Self {
        if proven {
            Self {
                proven: number,
                until,
                ..self
            }
        } else {
            Self {
                unproven: number,
                until,
                ..self
            }
        }
    }
}

/// A source that has offended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offender {
    /// Who.
    pub source: Target,
    /// What for, one for each kind of offence, by kind.
    pub charges: Vec<Charge>,
    /// What came of it.
    pub strikes: Strikes,
}

impl Offender {
    fn new(source: Target) -> Self {
        Self {
            source,
            charges: Vec::new(),
            strikes: Strikes::default(),
        }
    }

    /// The first packet that was counted.
    #[must_use]
    pub fn first(&self) -> Nanos {
        let firsts = self.charges.iter().map(|charge| charge.first);
        firsts.min().unwrap_or_default()
    }

    /// The last offence.
    #[must_use]
    pub fn last(&self) -> Nanos {
        let lasts = self.charges.iter().map(|charge| charge.last);
        lasts.max().unwrap_or_default()
    }

    fn add(&mut self, offence: &Offence) {
        let at = match self
            .charges
            .binary_search_by_key(&offence.kind, |charge| charge.kind)
        {
            Ok(at) => at,
            Err(at) => {
                self.charges.insert(at, Charge::new(offence));
                at
            }
        };
        self.charges[at].add(offence);
    }

    /// Whether any of it is proven, and since when it has been quiet and free.
    fn rank(&self) -> (bool, Since) {
        let proven = self.charges.iter().any(|charge| charge.proven > 0);
        let offences = self.charges.iter().map(|charge| charge.last.into());
        let last = offences.fold(self.strikes.until, Since::max);
        (proven, last)
    }
}

/// Every source that is remembered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offenders {
    by_source: BTreeMap<Target, Offender>,
    order: Order<Since>,
}

impl Offenders {
    pub(crate) fn get(&self, source: Target) -> Option<&Offender> {
        self.by_source.get(&source)
    }

    /// The source that an address belongs to.
    pub(crate) fn around(&self, address: IpAddr) -> Option<&Offender> {
        let own = self.get(Target::from(address));
        own.or_else(|| self.get(Target::network_of(address)?))
    }

    /// Remembers an offence; whoever is forgotten by now starts anew.
    pub(crate) fn add(&mut self, offence: &Offence, settings: &AutoBan, now: Nanos) {
        let source = offence.source;
        let horizon = settings.horizon(now);
        let known = self.remove(source);
        let mut offender = known
            .filter(|known| known.rank().1 > horizon)
            .unwrap_or_else(|| Offender::new(source));
        offender.add(offence);
        let most = settings.most_offenders();
        let too_many = (self.by_source.len() + 1).saturating_sub(most);
        let first = self.order.first(too_many, horizon);
        for other in first.collect::<Vec<Target>>() {
            self.remove(other);
        }
        self.insert(offender);
    }

    /// Every one, by source.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Offender> {
        self.by_source.values()
    }

    /// Remembers that a source was banned, if there is room and nothing is remembered of it.
    pub(crate) fn remember(&mut self, source: Target, strikes: Strikes, settings: &AutoBan) {
        let room = self.by_source.len() < settings.most_offenders();
        if room && !self.by_source.contains_key(&source) {
            let offender = Offender::new(source);
            self.insert(Offender {
                strikes,
                ..offender
            });
        }
    }

    /// Gives a source other strikes, if it is remembered; returns what it had.
    pub(crate) fn replace_strikes(&mut self, source: Target, strikes: Strikes) -> Strikes {
        let Some(mut offender) = self.remove(source) else {
            return Strikes::default();
        };
        let before = std::mem::replace(&mut offender.strikes, strikes);
        self.insert(offender);
        before
    }

    /// Forgets whoever has been quiet for long enough.
    pub(crate) fn forget(&mut self, settings: &AutoBan, now: Nanos) {
        for source in self.order.up_to(settings.horizon(now)) {
            self.remove(source);
        }
    }

    fn insert(&mut self, offender: Offender) {
        self.order.insert(offender.rank(), offender.source);
        self.by_source.insert(offender.source, offender);
    }

    fn remove(&mut self, source: Target) -> Option<Offender> {
        let offender = self.by_source.remove(&source)?;
        self.order.remove(offender.rank(), source);
        Some(offender)
    }
}

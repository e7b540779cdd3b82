// SPDX-License-Identifier: MIT
//! Whom a list must not name, whoever keeps it: so that no list cuts its user off.
//!
//! [`Guard::sift`] refuses entries one by one and says why for each; [`quarantine`] judges the list as a
//! whole against the one before. An entry inside of what is guarded is refused. Of one that reaches
//! beyond it, only the guarded addresses are cut out: a hosting network on the list that holds the
//! host's own resolver stays on it, without the resolver.

mod bars;
mod cover;
pub mod public;
pub mod quarantine;
mod why;

pub use cover::covered;
pub use why::{Role, Why};

use crate::entry::Entry;
use crate::refusals::Refusals;
use crate::set::Weight;
use crate::span::{IpSpan, Number, Span};
use crate::special::SPECIAL;
use bars::Bars;
use ipnet::{IpNet, Ipv6Net};
use jiff::Timestamp;
use public::PUBLIC;
use std::net::Ipv6Addr;

/// What of IPv6 is no global unicast space (RFC 4291 section 2.4): nobody on the Internet is there.
const NO_UNICAST: [Ipv6Net; 3] = [
    Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 3),
    Ipv6Net::new_assert(Ipv6Addr::new(0x4000, 0, 0, 0, 0, 0, 0, 0), 2),
    Ipv6Net::new_assert(Ipv6Addr::new(0x8000, 0, 0, 0, 0, 0, 0, 0), 1),
];

/// Whether a kind of addresses may be named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Take {
    /// No.
    #[default]
    Refused,
    /// Yes, as the operator says so.
    Allowed,
}

/// What a list may name, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The shortest prefix of IPv4 that is taken; of ranges, as many addresses.
    pub widest_v4: u8,
    /// The shortest prefix of IPv6.
    pub widest_v6: u8,
    /// The most addresses that all entries of a list may cover.
    pub most: Weight,
    /// Whom this host needs.
    pub protected: Vec<(Role, IpSpan)>,
    /// Addresses of special use, such as private networks.
    pub special: Take,
    /// Public resolvers and root servers.
    pub public: Take,
}

impl Default for Rules {
    /// Hardly anybody holds more of the Internet than a /8 or, of IPv6, a /19. The lists in use that
    /// cover most come to well below a hundredth of IPv4 once private and reserved networks are left
    /// out of account; a sixteenth leaves room for several such, and takes no more than sixteen /8 by
    /// mistake. Of IPv6, as much as 65,536 networks of the size that a provider gets.
    fn default() -> Self {
        Self {
            widest_v4: 8,
            widest_v6: 19,
            most: Weight {
                v4: 1 << 28,
                v6: 1 << 112,
            },
            protected: Vec::new(),
            special: Take::Refused,
            public: Take::Refused,
        }
    }
}

/// Rules made ready to sift any number of lists.
#[derive(Clone, Debug)]
pub struct Guard {
    widest_v4: u8,
    widest_v6: u8,
    most: Weight,
    v4: Bars<u32>,
    v6: Bars<u128>,
}

/// What is left of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sifted {
    /// What may be named; those of which something was cut out are at the end.
    pub kept: Vec<Entry>,
    /// What may not, entry by entry.
    pub refused: Refusals<Why>,
    /// What was cut out of entries that were kept.
    pub carved: Refusals<Why>,
    /// How many addresses are left.
    pub covered: Weight,
}

impl Guard {
    /// Rules made ready; where several hold for an address, whom this host needs goes first.
    #[must_use]
    pub fn new(rules: &Rules) -> Self {
        let mut guard = Self {
            widest_v4: rules.widest_v4,
            widest_v6: rules.widest_v6,
            most: rules.most,
            v4: Bars::default(),
            v6: Bars::default(),
        };
        let mut protected = rules.protected.clone();
        protected.sort_unstable();
        for (role, span) in protected {
            guard.bar(span, Why::Protected(role));
        }
        if rules.public == Take::Refused {
            PUBLIC
                .iter()
                .for_each(|service| guard.bar(service.address.into(), Why::Public(service)));
        }
        if rules.special == Take::Refused {
            SPECIAL
                .iter()
                .for_each(|special| guard.bar(special.net.into(), Why::Special(special)));
            NO_UNICAST
                .iter()
                .for_each(|net| guard.bar(IpNet::V6(*net).into(), Why::NoUnicast));
        }
        guard
    }

    fn bar(&mut self, span: IpSpan, why: Why) {
        match span {
            IpSpan::V4(span) => self.v4.add(span, why),
            IpSpan::V6(span) => self.v6.add(span, why),
        }
    }

    /// Refuses what must not be named, and of the rest, where it covers too much, the widest entries.
    #[must_use]
    pub fn sift(&self, entries: Vec<Entry>, now: Timestamp) -> Sifted {
        let mut sifted = Sifted {
            kept: entries,
            ..Sifted::default()
        };
        let (kept, refused, mut cuts) = (&mut sifted.kept, &mut sifted.refused, false);
        kept.retain(|entry| match self.judge(entry, now) {
            Ok(left) => {
                cuts |= matches!(left, Left::Pieces(_));
                true
            }
            Err(why) => {
                refused.add(entry.line, why, || entry.span.to_string());
                false
            }
        });
        // Before anything is cut out: of an entry that is too much no pieces are left.
        cover::cap(&mut sifted, self.most);
        if cuts {
            self.carve(&mut sifted, now);
        }
        sifted
    }

    /// Cuts out of entries what must not be named.
    fn carve(&self, sifted: &mut Sifted, now: Timestamp) {
        let mut further = Vec::new();
        let (kept, carved) = (&mut sifted.kept, &mut sifted.carved);
        kept.retain(|entry| {
            let Ok(Left::Pieces(pieces)) = self.judge(entry, now) else {
                return true;
            };
            self.tell_carved(entry, carved);
            let piece = |span| Entry {
                span,
                ..entry.clone()
            };
            further.extend(pieces.into_iter().map(piece));
            false
        });
        kept.append(&mut further);
        sifted.covered = covered(kept);
    }

    fn judge(&self, entry: &Entry, now: Timestamp) -> Result<Left, Why> {
        if entry.expires.is_some_and(|expires| expires <= now) {
            return Err(Why::Expired);
        }
        match entry.span {
            IpSpan::V4(span) => judge(span, self.widest_v4, &self.v4, IpSpan::V4),
            IpSpan::V6(span) => judge(span, self.widest_v6, &self.v6, IpSpan::V6),
        }
    }

    fn tell_carved(&self, entry: &Entry, carved: &mut Refusals<Why>) {
        let mut tell = |cut: IpSpan, why| {
            carved.add(entry.line, why, || format!("{cut} of {}", entry.span));
        };
        match entry.span {
            IpSpan::V4(span) => self
                .v4
                .within(span)
                .for_each(|(cut, why)| tell(IpSpan::V4(cut), why)),
            IpSpan::V6(span) => self
                .v6
                .within(span)
                .for_each(|(cut, why)| tell(IpSpan::V6(cut), why)),
        }
    }
}

/// What is left of an entry.
enum Left {
    All,
    Pieces(Vec<IpSpan>),
}

#[inline]
fn judge<N: Number>(
    span: Span<N>,
    widest: u8,
    bars: &Bars<N>,
    whole: fn(Span<N>) -> IpSpan,
) -> Result<Left, Why> {
    if span.first == N::MIN && span.last == N::MAX {
        return Err(Why::Everything);
    }
    let barred = bars.first_in(span).map(|why| (why, bars.gaps(span)));
    match barred {
        Some((why, left)) if left.is_empty() => Err(why),
        _ if span.addresses() > room::<N>(widest) => Err(Why::TooWide { widest }),
        Some((_, left)) => Ok(Left::Pieces(left.into_iter().map(whole).collect())),
        None => Ok(Left::All),
    }
}

/// How many addresses a prefix of this length has.
fn room<N: Number>(length: u8) -> u128 {
    N::MAX
        .wide()
        .checked_shr(length.into())
        .unwrap_or(0)
        .saturating_add(1)
}

#[cfg(test)]
mod tests;

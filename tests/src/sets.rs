// SPDX-License-Identifier: MIT
//! Sets of addresses: ranges that are put into the host model as they are, and into the kernel as
//! images.

use crate::random::Random;
use crate::scenario::near;
use aegis_abi::{ClassActions, SetAction};
use aegis_core::model;
use aegis_lists::image::{self, Image, ImageError};
use aegis_lists::set::Piece;
use aegis_lists::span::Number;
use aegis_lists::{ClassId, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Numbers of classes are below.
pub const CLASSES: u32 = 40;

/// A set of each family, and what happens to packets of its classes.
#[derive(Clone, Debug, Default)]
pub struct Sets {
    v4: Vec<Piece<u32>>,
    v6: Vec<Piece<u128>>,
    actions: BTreeMap<u32, SetAction>,
}

impl Sets {
    /// Ranges of every width, single addresses among them, in which the addresses lie or nearly lie.
    #[must_use]
    pub fn around(addresses: &[IpAddr], random: &mut Random) -> Self {
        let mut sets = Self::default();
        for class in 0..CLASSES {
            sets.actions.insert(class, action(random));
        }
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for &address in addresses {
            match (address, near(address, random)) {
                (IpAddr::V4(address), IpAddr::V4(other)) => {
                    v4.push((address.to_bits(), other.to_bits()));
                }
                (IpAddr::V6(address), IpAddr::V6(other)) => {
                    v6.push((address.to_bits(), other.to_bits()));
                }
                _ => {}
            }
        }
        sets.v4 = pieces(&v4, random);
        sets.v6 = pieces(&v6, random);
        sets
    }

    /// Ranges of one class, which do not overlap.
    #[must_use]
    pub fn of_class(ranges: &[(IpAddr, IpAddr)], class: u32, action: SetAction) -> Self {
        let mut sets = Self {
            actions: BTreeMap::from([(class, action)]),
            ..Self::default()
        };
        let class = ClassId(class);
        for range in ranges {
            match *range {
                (IpAddr::V4(first), IpAddr::V4(last)) => {
                    let (first, last) = (first.to_bits(), last.to_bits());
                    let span = Span { first, last };
                    sets.v4.push(Piece { span, class });
                }
                (IpAddr::V6(first), IpAddr::V6(last)) => {
                    let (first, last) = (first.to_bits(), last.to_bits());
                    let span = Span { first, last };
                    sets.v6.push(Piece { span, class });
                }
                _ => {}
            }
        }
        sets.v4.sort_unstable_by_key(|piece| piece.span);
        sets.v4.dedup();
        sets.v6.sort_unstable_by_key(|piece| piece.span);
        sets.v6.dedup();
        sets
    }

    /// Other actions for the same addresses.
    pub fn act_otherwise(&mut self, random: &mut Random) -> Vec<(ClassId, SetAction)> {
        for known in self.actions.values_mut() {
            *known = action(random);
        }
        let actions = self.actions.iter();
        actions
            .map(|(&class, &action)| (ClassId(class), action))
            .collect()
    }

    /// For the host, as ranges.
    #[must_use]
    pub fn ranges(&self) -> (Vec<model::Piece>, model::Actions) {
        let v4 = self.v4.iter().map(|piece| {
            let end = |bits| IpAddr::from(Ipv4Addr::from_bits(bits));
            model::Piece::new(end(piece.span.first), end(piece.span.last), piece.class.0)
        });
        let v6 = self.v6.iter().map(|piece| {
            let end = |bits| IpAddr::from(Ipv6Addr::from_bits(bits));
            model::Piece::new(end(piece.span.first), end(piece.span.last), piece.class.0)
        });
        let actions = self.actions.iter();
        let actions = actions.map(|(&class, &action)| (class, ClassActions::always(action)));
        (v4.chain(v6).collect(), actions.collect())
    }

    /// For the kernel, as lists.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn lists(&self, seed: u32) -> Result<[Image; 2], ImageError> {
        Ok([
            image::lists_v4(&self.v4, |class| self.action(class), seed)?,
            image::lists_v6(&self.v6, |class| self.action(class), seed)?,
        ])
    }

    /// For the kernel, as places.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn places(&self) -> Result<[Image; 2], ImageError> {
        Ok([
            image::places_v4(&self.v4, |class| self.action(class))?,
            image::places_v6(&self.v6, |class| self.action(class))?,
        ])
    }

    fn action(&self, class: ClassId) -> SetAction {
        self.actions.get(&class.0).copied().unwrap_or_default()
    }
}

/// Every action there is, and nothing more often than each of them.
fn action(random: &mut Random) -> SetAction {
    let one = |random: &mut Random| {
        random.one_of(&[
            SetAction::NONE,
            SetAction::NONE,
            SetAction::ARRIVING,
            SetAction::DEPARTING,
            SetAction::ARRIVING_NEW,
            SetAction::DEPARTING_NEW,
            SetAction::WATCHED_ARRIVING,
            SetAction::WATCHED_DEPARTING,
        ])
    };
    one(random).with(one(random))
}

/// What the ends of ranges cut the addresses into, of some class or of none.
fn pieces<N: Number>(ranges: &[(N, N)], random: &mut Random) -> Vec<Piece<N>> {
    let mut begins = BTreeSet::new();
    for &(one, other) in ranges {
        let next = [one, other].into_iter().filter_map(Number::after);
        begins.extend([one, other].into_iter().chain(next));
    }
    let begins: Vec<N> = begins.into_iter().collect();
    let mut pieces = Vec::new();
    for pair in begins.windows(2) {
        let (first, Some(last)) = (pair[0], pair[1].before()) else {
            continue;
        };
        let class = ClassId(random.below(CLASSES as usize) as u32);
        let covered = first == last || random.chance(40);
        if class.0 != 0 && covered {
            let span = Span { first, last };
            pieces.push(Piece { span, class });
        }
    }
    pieces
}

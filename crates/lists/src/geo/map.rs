// SPDX-License-Identifier: MIT
//! Every address at once: the countries and networks of an atlas, as pieces of address space.

use super::database::Body;
use super::{Asn, Atlas, Country, Database, Seat, schema};
use crate::set::{ClassId, Piece};
use crate::special::{Purpose, SPECIAL};
use crate::{IpSpan, Span};
use aegis_abi::set::class;
use ipnet::IpNet;
use maxminddb::{LookupResult, Reader, WithinOptions};
use std::collections::HashMap;

/// Every address of IPv4.
const ALL_V4: Span<u128> = Span {
    first: 0,
    last: u32::MAX as u128,
};
/// Classes that are kept for countries of which the networks are not told apart.
const COARSE: usize = 1_024;

/// Which country and which autonomous system, as far as they are known: what addresses of one class
/// have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The country.
    pub country: Option<Country>,
    /// The autonomous system.
    pub asn: Option<Asn>,
}

/// Classes of places. A class keeps its number for as long as this lives.
#[derive(Clone, Debug, Default)]
pub struct PlaceClasses {
    locations: Vec<Location>,
    ids: HashMap<Location, ClassId>,
}

impl PlaceClasses {
    /// The class of a location. Where there are more than a set can have, the autonomous systems of a
    /// country are not told apart any more.
    pub fn of(&mut self, location: Location) -> ClassId {
        if let Some(&id) = self.ids.get(&location) {
            return id;
        }
        if location.asn.is_some() && self.locations.len() + COARSE >= class::PLACES as usize {
            return self.of(Location {
                asn: None,
                ..location
            });
        }
        self.locations.push(location);
        let id = ClassId(self.locations.len() as u32);
        self.ids.insert(location, id);
        id
    }

    /// What a class stands for.
    #[must_use]
    pub fn location(&self, class: ClassId) -> Option<Location> {
        let before = (class.0 as usize).checked_sub(1)?;
        self.locations.get(before).copied()
    }

    /// Every class and what it stands for, by number.
    pub fn iter(&self) -> impl Iterator<Item = (ClassId, Location)> + '_ {
        let numbered = self.locations.iter().enumerate();
        numbered.map(|(at, location)| (ClassId(at as u32 + 1), *location))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.locations.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.locations.is_empty()
    }
}

/// Where every address is: pieces of one class each. Special and exempt addresses are in no piece; those
/// of which nothing is known are in the class of [`Location::default`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceMap {
    /// IPv4.
    pub v4: Vec<Piece<u32>>,
    /// IPv6.
    pub v6: Vec<Piece<u128>>,
}

impl PlaceMap {
    /// The map that an atlas comes to.
    #[must_use]
    pub fn of(atlas: &Atlas, exempt: &[IpNet], classes: &mut PlaceClasses) -> Self {
        let countries = atlas.answering(Seat::Country).map(countries);
        let systems = atlas.answering(Seat::Asn).map(systems);
        let (countries, systems) = (countries.unwrap_or_default(), systems.unwrap_or_default());
        let [out_v4, out_v6] = left_out(exempt);
        let [of_v4, of_v6] = embedding();
        let v4 = Layers {
            countries: Cursor::new(countries.v4),
            systems: Cursor::new(systems.v4),
            left_out: Cursor::new(out_v4),
            embedding: Cursor::new(of_v4),
        };
        let v6 = Layers {
            countries: Cursor::new(countries.v6),
            systems: Cursor::new(systems.v6),
            left_out: Cursor::new(out_v6),
            embedding: Cursor::new(of_v6),
        };
        let v4 = v4.laid(u32::MAX.into(), classes);
        Self {
            v4: v4.iter().map(narrow).collect(),
            v6: v6.laid(u128::MAX, classes),
        }
    }
}

/// A piece of IPv4 as what it is.
fn narrow(piece: &Piece<u128>) -> Piece<u32> {
    Piece {
        span: Span {
            first: piece.span.first as u32,
            last: piece.span.last as u32,
        },
        class: piece.class,
    }
}

type Range<T> = (Span<u128>, T);

/// Ranges of either family, sorted and disjoint; IPv4 as the lowest numbers.
struct Families<T> {
    v4: Vec<Range<T>>,
    v6: Vec<Range<T>>,
}

impl<T> Default for Families<T> {
    fn default() -> Self {
        Self {
            v4: Vec::new(),
            v6: Vec::new(),
        }
    }
}

fn countries(database: &Database) -> Families<Country> {
    match &database.body {
        Body::Mmdb(reader) => networks(reader, schema::country),
        Body::Ranges(ranges) => Families {
            v4: ranges
                .v4()
                .iter()
                .map(|(span, country)| (wide(*span), *country))
                .collect(),
            v6: ranges.v6().to_vec(),
        },
    }
}

fn systems(database: &Database) -> Families<Asn> {
    match &database.body {
        Body::Mmdb(reader) => networks(reader, schema::asn),
        Body::Ranges(_) => Families::default(),
    }
}

fn wide(span: Span<u32>) -> Span<u128> {
    Span {
        first: span.first.into(),
        last: span.last.into(),
    }
}

/// Every network of which a record says something; records that are shared are read once.
fn networks<T: Copy>(
    reader: &Reader<Vec<u8>>,
    read: impl Fn(&LookupResult<'_, Vec<u8>>) -> Option<T>,
) -> Families<T> {
    let (mut families, mut known) = (Families::default(), HashMap::new());
    // The file was verified: what cannot be read any more ends the walk, and leaves the rest unknown.
    let all = reader
        .networks(WithinOptions::default())
        .into_iter()
        .flatten();
    for found in all.map_while(Result::ok) {
        let Some(offset) = found.offset() else {
            continue;
        };
        let told = *known.entry(offset).or_insert_with(|| read(&found));
        if let (Some(told), Ok(network)) = (told, found.network()) {
            match IpNet::new(network.ip(), network.prefix()).map(IpSpan::from) {
                Ok(IpSpan::V4(span)) => families.v4.push((wide(span), told)),
                Ok(IpSpan::V6(span)) => {
                    // IPv4 is the lowest of IPv6: a record of all of that is one of IPv4, too.
                    if span.first == 0 && span.last >= ALL_V4.last {
                        families.v4.push((ALL_V4, told));
                    }
                    families.v6.push((span, told));
                }
                Err(_) => {}
            }
        }
    }
    families
}

/// What is in no piece.
fn left_out(exempt: &[IpNet]) -> [Vec<Range<()>>; 2] {
    let special = SPECIAL.iter();
    let special = special.filter(|special| special.purpose != Purpose::Embedding);
    let special = special.map(|special| special.net);
    sorted(special.chain(exempt.iter().copied()))
}

/// IPv6 that embeds IPv4: it can be anybody's, whatever a database says of it, and is therefore no
/// exception either.
fn embedding() -> [Vec<Range<()>>; 2] {
    let special = SPECIAL.iter();
    let special = special.filter(|special| special.purpose == Purpose::Embedding);
    sorted(special.map(|special| special.net))
}

/// Networks of IPv4 and of IPv6, sorted and apart.
fn sorted(nets: impl Iterator<Item = IpNet>) -> [Vec<Range<()>>; 2] {
    let mut families = [Vec::new(), Vec::new()];
    for net in nets {
        match IpSpan::from(net) {
            IpSpan::V4(span) => families[0].push((wide(span), ())),
            IpSpan::V6(span) => families[1].push((span, ())),
        }
    }
    families.map(|mut ranges| {
        // A wider one first, so that those inside it go.
        ranges.sort_by_key(|(span, ())| (span.first, std::cmp::Reverse(span.last)));
        ranges.dedup_by(|(inner, ()), (outer, ())| inner.last <= outer.last);
        ranges
    })
}

/// Goes along sorted ranges.
struct Cursor<T> {
    ranges: std::iter::Peekable<std::vec::IntoIter<Range<T>>>,
}

impl<T: Copy> Cursor<T> {
    fn new(ranges: Vec<Range<T>>) -> Self {
        let ranges = ranges.into_iter().peekable();
        Self { ranges }
    }

    /// What is at an address, and the last one up to which nothing changes. Addresses may only rise.
    fn at(&mut self, address: u128) -> (Option<T>, u128) {
        while self
            .ranges
            .next_if(|(span, _)| span.last < address)
            .is_some()
        {}
        match self.ranges.peek() {
            Some((span, told)) if span.first <= address => (Some(*told), span.last),
            Some((span, _)) => (None, span.first - 1),
            None => (None, u128::MAX),
        }
    }
}

/// What lies over each other in one family.
struct Layers {
    countries: Cursor<Country>,
    systems: Cursor<Asn>,
    left_out: Cursor<()>,
    embedding: Cursor<()>,
}

impl Layers {
    /// The pieces from 0 to `last`; neighbours of one class are one piece.
    fn laid(mut self, last: u128, classes: &mut PlaceClasses) -> Vec<Piece<u128>> {
        let mut pieces: Vec<Piece<u128>> = Vec::new();
        let mut first = 0;
        loop {
            let (country, until_country) = self.countries.at(first);
            let (asn, until_system) = self.systems.at(first);
            let (out, until_out) = self.left_out.at(first);
            let (anybody, until_known) = self.embedding.at(first);
            let end = until_country.min(until_system).min(until_out);
            let end = end.min(until_known).min(last);
            if out.is_none() {
                let location = match anybody {
                    Some(()) => Location::default(),
                    None => Location { country, asn },
                };
                let class = classes.of(location);
                put(&mut pieces, Span { first, last: end }, class);
            }
            if end == last {
                return pieces;
            }
            first = end + 1;
        }
    }
}

fn put(pieces: &mut Vec<Piece<u128>>, span: Span<u128>, class: ClassId) {
    match pieces.last_mut() {
        Some(before) if before.class == class && before.span.last + 1 == span.first => {
            before.span.last = span.last;
        }
        _ => pieces.push(Piece { span, class }),
    }
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT
//! What a list says, in little room: 12 bytes of a range of IPv4, 48 of one of IPv6, and for those that
//! end by themselves when they do. So entries end whether or not the copy on the disk can be read.

use aegis_lists::{Entry, IpSpan, Span};
use ipnet::IpNet;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// Categories of a list that are told apart; entries of further ones are of the usual one. Each adds
/// classes, of which there can be only so many.
const CATEGORIES: usize = 200;

/// A range, and the place of its category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Range<N> {
    first: N,
    last: N,
    category: u16,
}

/// A range that ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Passing<N> {
    /// Seconds since 1970.
    end: i64,
    range: Range<N>,
}

/// Ranges of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ranges<N> {
    /// In order.
    lasting: Vec<Range<N>>,
    /// The first to end first.
    passing: Vec<Passing<N>>,
}

/// What a list says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The usual one first.
    categories: Vec<Arc<str>>,
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

impl Content {
    /// What entries say at a moment, those of no category being of the `usual` one. Entries that are
    /// there twice count once.
    pub fn of(entries: Vec<Entry>, usual: &str, now: Timestamp) -> Self {
        let mut content = Self {
            categories: vec![usual.into()],
            ..Self::default()
        };
        let mut places = HashMap::from([(Arc::clone(&content.categories[0]), 0)]);
        for entry in entries {
            let end = entry.expires.map(Timestamp::as_second);
            if end.is_some_and(|end| end <= now.as_second()) {
                continue;
            }
            let category = match entry.category {
                Some(category) => content.place(category, &mut places),
                None => 0,
            };
            match entry.span {
                IpSpan::V4(span) => content.v4.push(span, category, end),
                IpSpan::V6(span) => content.v6.push(span, category, end),
            }
        }
        content.v4.tidy();
        content.v6.tidy();
        content
    }

    fn place(&mut self, category: Arc<str>, places: &mut HashMap<Arc<str>, u16>) -> u16 {
        if let Some(&place) = places.get(&category) {
            return place;
        }
        if self.categories.len() == CATEGORIES {
            return 0;
        }
        let place = self.categories.len() as u16;
        self.categories.push(Arc::clone(&category));
        places.insert(category, place);
        place
    }

    /// How many entries hold at a moment.
    pub fn len(&self, at: Timestamp) -> usize {
        self.v4.len(at.as_second()) + self.v6.len(at.as_second())
    }

    /// Its categories, the usual one first.
    pub fn categories(&self) -> &[Arc<str>] {
        &self.categories
    }

    /// Whether entries that held at a moment are over at another one.
    pub fn ends_between(&self, then: Timestamp, now: Timestamp) -> bool {
        self.len(now) < self.len(then)
    }

    /// Whether any range has an address of the prefix.
    pub fn meets(&self, net: IpNet) -> bool {
        match IpSpan::from(net) {
            IpSpan::V4(span) => self.v4.meets(span),
            IpSpan::V6(span) => self.v6.meets(span),
        }
    }

    /// The categories under which an address is named at a moment. Every range is looked at.
    pub fn categories_of(&self, address: IpAddr, at: Timestamp) -> BTreeSet<&str> {
        let address = IpSpan::from(address.to_canonical());
        let places = match address {
            IpSpan::V4(span) => self.v4.places(span, at.as_second()),
            IpSpan::V6(span) => self.v6.places(span, at.as_second()),
        };
        let categories = places.iter();
        categories.map(|place| &*self.categories[*place]).collect()
    }

    /// Every range that holds at a moment, with the place of its category among
    /// [`Content::categories`].
    pub fn ranges(&self, at: Timestamp) -> impl Iterator<Item = (usize, IpSpan)> {
        let v4 = self
            .v4
            .at(at.as_second())
            .map(|(place, span)| (place, IpSpan::V4(span)));
        let v6 = self
            .v6
            .at(at.as_second())
            .map(|(place, span)| (place, IpSpan::V6(span)));
        v4.chain(v6)
    }
}

impl<N> Default for Ranges<N> {
    fn default() -> Self {
        Self {
            lasting: Vec::new(),
            passing: Vec::new(),
        }
    }
}

impl<N: Copy + Ord> Ranges<N> {
    fn push(&mut self, Span { first, last }: Span<N>, category: u16, end: Option<i64>) {
        let range = Range {
            first,
            last,
            category,
        };
        match end {
            Some(end) => self.passing.push(Passing { end, range }),
            None => self.lasting.push(range),
        }
    }

    /// Of what is there twice, that counts which holds longest.
    fn tidy(&mut self) {
        self.lasting.sort_unstable();
        self.lasting.dedup();
        self.lasting.shrink_to_fit();
        let lasting = &self.lasting;
        self.passing
            .sort_unstable_by(|a, b| a.range.cmp(&b.range).then(b.end.cmp(&a.end)));
        self.passing.dedup_by_key(|passing| passing.range);
        self.passing
            .retain(|passing| lasting.binary_search(&passing.range).is_err());
        self.passing.sort_unstable();
        self.passing.shrink_to_fit();
    }

    /// Those that are not over yet, of those that will be.
    fn left(&self, at: i64) -> &[Passing<N>] {
        &self.passing[self.passing.partition_point(|passing| passing.end <= at)..]
    }

    fn len(&self, at: i64) -> usize {
        self.lasting.len() + self.left(at).len()
    }

    fn at(&self, at: i64) -> impl Iterator<Item = (usize, Span<N>)> {
        let left = self.left(at).iter().map(|passing| &passing.range);
        let all = self.lasting.iter().chain(left);
        all.map(|range| {
            let (first, last) = (range.first, range.last);
            (usize::from(range.category), Span { first, last })
        })
    }

    /// Categories of those that meet a span.
    fn places(&self, span: Span<N>, at: i64) -> BTreeSet<usize> {
        let meets = |range: &Span<N>| range.first <= span.last && range.last >= span.first;
        let such = self.at(at).filter(|(_, range)| meets(range));
        such.map(|(place, _)| place).collect()
    }

    /// Ranges may overlap, so that all of them that begin early enough are looked at.
    fn meets(&self, span: Span<N>) -> bool {
        let meets = |range: &Range<N>| range.first <= span.last && range.last >= span.first;
        let begun = self
            .lasting
            .partition_point(|range| range.first <= span.last);
        self.lasting[..begun].iter().any(meets)
            || self.passing.iter().any(|passing| meets(&passing.range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(address: &str, category: Option<&str>, expires: Option<i64>) -> Entry {
        let address: IpAddr = address.parse().expect("an address");
        Entry {
            span: address.into(),
            category: category.map(Arc::from),
            expires: expires.map(|end| Timestamp::from_second(end).expect("in range")),
            line: 1,
        }
    }

    #[test]
    fn what_is_over_is_left_out_and_what_ends_next_is_known() {
        let now = Timestamp::from_second(100).expect("in range");
        let entries = vec![
            entry("192.0.2.1", None, None),
            entry("192.0.2.1", None, None),
            entry("192.0.2.2", Some("c2"), Some(100)),
            entry("2001:db8::1", Some("c2"), Some(300)),
            entry("192.0.2.3", Some("c2"), Some(200)),
        ];
        let content = Content::of(entries, "listed", now);
        assert_eq!(content.len(now), 3);
        let categories: Vec<&str> = content.categories().iter().map(|c| &**c).collect();
        assert_eq!(categories, ["listed", "c2"]);
        let places: Vec<usize> = content.ranges(now).map(|(place, _)| place).collect();
        assert_eq!(places, [0, 1, 1]);
        let at = |second| Timestamp::from_second(second).expect("in range");
        let left = |second| {
            let spans = content.ranges(at(second)).map(|(_, span)| span.to_string());
            spans.collect::<Vec<String>>()
        };
        assert!(!content.ends_between(now, at(199)) && content.ends_between(now, at(200)));
        assert!(!content.ends_between(at(200), at(299)));
        assert_eq!(left(200), ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(
            (left(300), content.len(at(300))),
            (vec!["192.0.2.1".to_owned()], 1)
        );
    }

    #[test]
    fn of_what_is_there_twice_that_counts_which_holds_longest() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let entries = vec![
            entry("192.0.2.1", None, Some(300)),
            entry("192.0.2.1", None, Some(200)),
            entry("192.0.2.2", None, Some(200)),
            entry("192.0.2.2", None, None),
        ];
        let content = Content::of(entries, "listed", at(100));
        let lengths = [100, 200, 300].map(|second| content.len(at(second)));
        assert_eq!(lengths, [2, 2, 1]);
    }

    #[test]
    fn so_many_categories_are_told_apart_and_no_more() {
        let entries = (0..300).map(|number| {
            let address = IpAddr::from([192, 0, (number / 200) as u8, (number % 200) as u8]);
            entry(&address.to_string(), Some(&format!("c{number}")), None)
        });
        let content = Content::of(entries.collect(), "listed", Timestamp::UNIX_EPOCH);
        assert_eq!(
            (
                content.len(Timestamp::UNIX_EPOCH),
                content.categories().len()
            ),
            (300, CATEGORIES)
        );
        let usual = content
            .ranges(Timestamp::UNIX_EPOCH)
            .filter(|(place, _)| *place == 0);
        assert_eq!(usual.count(), 300 - (CATEGORIES - 1));
    }

    #[test]
    fn a_range_takes_as_little_room_as_is_said() {
        assert_eq!(size_of::<Range<u32>>(), 12);
        assert_eq!(size_of::<Range<u128>>(), 48);
        assert_eq!(size_of::<Passing<u32>>(), 24);
    }
}

// SPDX-License-Identifier: MIT
//! What a list says, in little room: 12 bytes of a range of IPv4, 48 of one of IPv6.

use aegis_lists::{Entry, IpSpan, Span};
use ipnet::IpNet;
use jiff::Timestamp;
use std::collections::HashMap;
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

/// What a list says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The usual one first.
    categories: Vec<Arc<str>>,
    v4: Vec<Range<u32>>,
    v6: Vec<Range<u128>>,
    /// When the first entry ends that does.
    expires: Option<Timestamp>,
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
            if let Some(end) = entry.expires {
                if end <= now {
                    continue;
                }
                content.expires = Some(content.expires.map_or(end, |first| first.min(end)));
            }
            let category = match entry.category {
                Some(category) => content.place(category, &mut places),
                None => 0,
            };
            content.push(entry.span, category);
        }
        content.v4.sort_unstable();
        content.v4.dedup();
        content.v4.shrink_to_fit();
        content.v6.sort_unstable();
        content.v6.dedup();
        content.v6.shrink_to_fit();
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

    fn push(&mut self, span: IpSpan, category: u16) {
        match span {
            IpSpan::V4(Span { first, last }) => self.v4.push(Range {
                first,
                last,
                category,
            }),
            IpSpan::V6(Span { first, last }) => self.v6.push(Range {
                first,
                last,
                category,
            }),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// Its categories, the usual one first.
    pub fn categories(&self) -> &[Arc<str>] {
        &self.categories
    }

    /// When it says less than now, if it will by itself.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// Whether any range has an address of the prefix.
    pub fn meets(&self, net: IpNet) -> bool {
        match IpSpan::from(net) {
            IpSpan::V4(span) => meets(&self.v4, span),
            IpSpan::V6(span) => meets(&self.v6, span),
        }
    }

    /// Every range, with the place of its category among [`Content::categories`].
    pub fn ranges(&self) -> impl Iterator<Item = (usize, IpSpan)> {
        let v4 = self.v4.iter().map(|range| {
            let (first, last) = (range.first, range.last);
            (
                usize::from(range.category),
                IpSpan::V4(Span { first, last }),
            )
        });
        let v6 = self.v6.iter().map(|range| {
            let (first, last) = (range.first, range.last);
            (
                usize::from(range.category),
                IpSpan::V6(Span { first, last }),
            )
        });
        v4.chain(v6)
    }
}

/// Ranges may overlap, so that all of them that begin early enough are looked at.
fn meets<N: Copy + Ord>(ranges: &[Range<N>], span: Span<N>) -> bool {
    let begun = ranges.partition_point(|range| range.first <= span.last);
    ranges[..begun].iter().any(|range| range.last >= span.first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

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
        assert_eq!(content.len(), 3);
        assert_eq!(content.expires().map(Timestamp::as_second), Some(200));
        let categories: Vec<&str> = content.categories().iter().map(|c| &**c).collect();
        assert_eq!(categories, ["listed", "c2"]);
        let places: Vec<usize> = content.ranges().map(|(place, _)| place).collect();
        assert_eq!(places, [0, 1, 1]);
    }

    #[test]
    fn so_many_categories_are_told_apart_and_no_more() {
        let entries = (0..300).map(|number| {
            let address = IpAddr::from([192, 0, (number / 200) as u8, (number % 200) as u8]);
            entry(&address.to_string(), Some(&format!("c{number}")), None)
        });
        let content = Content::of(entries.collect(), "listed", Timestamp::UNIX_EPOCH);
        assert_eq!(
            (content.len(), content.categories().len()),
            (300, CATEGORIES)
        );
        let usual = content.ranges().filter(|(place, _)| *place == 0);
        assert_eq!(usual.count(), 300 - (CATEGORIES - 1));
    }

    #[test]
    fn a_range_takes_as_little_room_as_is_said() {
        assert_eq!(size_of::<Range<u32>>(), 12);
        assert_eq!(size_of::<Range<u128>>(), 48);
    }
}

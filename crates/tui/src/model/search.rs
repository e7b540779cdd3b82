// SPDX-License-Identifier: MIT
//! Filters of rows that are all here: `country:ru port:22 192.0.2.0/24 telekom`, in the grammar of
//! [`aegis_api::filter`]. What is listed by the daemon, and may be very much, the daemon filters.

use aegis_api::filter::{Keys, Word, settled};
use aegis_api::{FilterError, Place};
use ipnet::IpNet;
use std::net::IpAddr;

/// What can be filtered.
pub trait Searched {
    /// Its keys.
    const KEYS: Keys;

    /// Whom it is about.
    fn net(&self) -> Option<IpNet>;

    /// Whether it has this value, in lower case, for one of the keys, by its usual name.
    fn has(&self, key: &str, value: &str) -> bool;

    /// Whether this is part of what is shown of it; the text is in lower case.
    fn shows(&self, text: &str) -> bool;
}

/// What a filter asks of each row: all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Within(IpNet),
    /// A key, and values of which one is enough.
    Key(&'static str, Vec<String>),
    Text(String),
}

impl Filter {
    /// What was typed.
    ///
    /// # Errors
    /// The first word that makes no sense.
    fn parse(keys: Keys, line: &str) -> Result<Self, FilterError> {
        let terms = line.split_whitespace().map(|word| Term::parse(keys, word));
        terms.collect::<Result<_, _>>().map(Self)
    }

    /// Whether a row agrees.
    #[must_use]
    pub fn admits(&self, row: &impl Searched) -> bool {
        self.0.iter().all(|term| match term {
            Term::Within(net) => row.net().is_some_and(|other| net.contains(&other)),
            Term::Key(key, values) => values.iter().any(|value| row.has(key, value)),
            Term::Text(text) => row.shows(text),
        })
    }
}

impl Term {
    fn parse(keys: Keys, word: &str) -> Result<Self, FilterError> {
        Ok(match Word::read(keys, word)? {
            Word::Net(net) => match net_of(net) {
                Some(net) => Self::Within(net),
                None => Self::Text(net.to_lowercase()),
            },
            Word::Key(key, values) => {
                let values = values.to_lowercase();
                Self::Key(key, values.split(',').map(str::to_owned).collect())
            }
            Word::Text(text) => Self::Text(text.to_lowercase()),
        })
    }
}

/// An address or a prefix as a prefix.
#[must_use]
pub fn net_of(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse::<IpNet>().ok().or_else(address)
}

/// Whether a text has another one in it, which is in lower case already.
#[must_use]
pub fn holds(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(part)
}

/// Whether two texts are the same but for case.
#[must_use]
pub fn same(text: Option<&str>, other: &str) -> bool {
    text.is_some_and(|text| text.eq_ignore_ascii_case(other))
}

/// Whether a place is the one that is looked for, by `country` or `asn`.
#[must_use]
pub fn is_at(place: Option<&Place>, key: &str, value: &str) -> bool {
    let Some(place) = place else { return false };
    match key {
        "country" => same(place.country.as_deref(), value),
        "asn" => place
            .asn
            .is_some_and(|number| number.to_string() == value.trim_start_matches("as")),
        _ => false,
    }
}

/// A line that filters a tab while it is typed. As long as what was typed makes no sense, what made
/// sense before filters on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// What was typed.
    pub text: String,
    /// What is wrong with it.
    pub problem: Option<String>,
    filter: Filter,
}

impl Search {
    /// Something else was typed, of rows of this kind. A last word that may become a key does not count
    /// yet.
    pub fn typed<T: Searched>(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.ask::<T>(settled(T::KEYS, text));
    }

    /// What was typed is all of it.
    pub fn finished<T: Searched>(&mut self) {
        let text = self.text.clone();
        self.ask::<T>(&text);
    }

    fn ask<T: Searched>(&mut self, text: &str) {
        match Filter::parse(T::KEYS, text) {
            Ok(filter) => {
                self.filter = filter;
                self.problem = None;
            }
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    /// The filter in force.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fruit(&'static str, &'static str);

    impl Searched for Fruit {
        const KEYS: Keys = &[&["colour", "color"]];

        fn net(&self) -> Option<IpNet> {
            net_of(self.0)
        }

        fn has(&self, key: &str, value: &str) -> bool {
            key == "colour" && same(Some(self.1), value)
        }

        fn shows(&self, text: &str) -> bool {
            holds(self.1, text)
        }
    }

    fn admitted(line: &str) -> bool {
        let mut search = Search::default();
        search.typed::<Fruit>(line);
        search.finished::<Fruit>();
        assert_eq!(search.problem, None, "{line}");
        search.filter().admits(&Fruit("192.0.2.7", "Red"))
    }

    #[test]
    fn every_word_must_agree_and_of_several_values_one() {
        for line in [
            "",
            "re",
            "RED colour:red",
            "color:blue,red",
            "192.0.2.0/24 e",
        ] {
            assert!(admitted(line), "{line}");
        }
        for line in ["blue", "colour:blue", "colour:re", "192.0.2.8", "re x"] {
            assert!(!admitted(line), "{line}");
        }
    }

    #[test]
    fn what_is_half_typed_leaves_the_filter_as_it_was() {
        let mut search = Search::default();
        search.typed::<Fruit>("blue");
        search.typed::<Fruit>("colour:");
        let problem = search.problem.clone().unwrap_or_default();
        assert!(problem.contains("nothing follows"), "{problem}");
        assert!(!search.filter().admits(&Fruit("192.0.2.7", "red")));
        search.typed::<Fruit>("taste:sweet");
        let problem = search.problem.unwrap_or_default();
        assert!(problem.contains("colour"), "{problem}");
    }

    #[test]
    fn a_word_that_may_become_a_key_counts_when_it_is_finished() {
        let mut search = Search::default();
        search.typed::<Fruit>("red co");
        let fruit = Fruit("192.0.2.7", "red");
        assert!(search.filter().admits(&fruit));
        search.finished::<Fruit>();
        assert!(!search.filter().admits(&fruit));
    }
}

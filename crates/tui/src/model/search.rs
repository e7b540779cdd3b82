// SPDX-License-Identifier: MIT
//! Filters of rows that are all here: `country:ru port:22 192.0.2.0/24 telekom`, in the grammar of
//! [`aegis_api::filter`]. What is listed by the daemon, and may be very much, the daemon filters.

use aegis_api::filter::{Choice, Keys, PEER, PortRange, Terms, Text, settled};
use aegis_api::{FilterError, Place};
use ipnet::IpNet;
use std::net::IpAddr;

/// What can be filtered.
pub trait Searched {
    /// Its keys. Of whom it is about, `peer` is one that [`Filter`] looks at itself.
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
pub struct Filter {
    peers: Choice<IpNet>,
    keys: Vec<(&'static str, Choice<String>)>,
    texts: Vec<Text>,
}

impl Filter {
    /// Whether a row agrees.
    #[must_use]
    pub fn admits(&self, row: &impl Searched) -> bool {
        let net = row.net();
        let is_in = |around: &IpNet| net.is_some_and(|net| around.contains(&net));
        let has = |(key, values): &(&str, Choice<String>)| values.admits(|it| row.has(key, it));
        self.peers.admits(is_in)
            && self.keys.iter().all(has)
            && self
                .texts
                .iter()
                .all(|text| text.agrees(row.shows(&text.text)))
    }
}

impl From<Terms> for Filter {
    fn from(terms: Terms) -> Self {
        let mut filter = Self::default();
        for (key, values) in terms.keys {
            match key {
                PEER => filter.peers = mapped(&values, |net| net_of(net)),
                _ => filter
                    .keys
                    .push((key, mapped(&values, |it| Some(it.to_lowercase())))),
            }
        }
        let texts = terms.texts.into_iter().map(|text| Text {
            text: text.text.to_lowercase(),
            ..text
        });
        filter.texts = texts.collect();
        filter
    }
}

/// Whatever the grammar lets through is some value.
fn mapped<T>(values: &Choice<String>, one: impl Fn(&String) -> Option<T>) -> Choice<T> {
    let all = |values: &[String]| values.iter().filter_map(&one).collect();
    Choice {
        wanted: all(&values.wanted),
        unwanted: all(&values.unwanted),
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

/// Whether a port is one of `22` or `1-1024`.
#[must_use]
pub fn is_among(port: Option<u16>, ports: &str) -> bool {
    let ports = ports.parse::<PortRange>();
    port.is_some_and(|port| ports.is_ok_and(|ports| ports.contains(port)))
}

/// A line that filters a tab while it is typed. What makes no sense yet leaves what filtered before in
/// force, and a word that cannot come to any does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// What was typed.
    pub text: String,
    /// What is wrong with it.
    pub problem: Option<String>,
    filter: Filter,
    /// What was typed to its end last, and made sense.
    agreed: (String, Filter),
}

impl Search {
    /// Something else was typed, of rows of this kind. A last word that may become something else does not
    /// count yet.
    pub fn typed<T: Searched>(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        let (terms, wrong) = Terms::default().with(T::KEYS, settled(T::KEYS, text));
        if wrong.as_ref().is_none_or(FilterError::is_unknown_key) {
            self.filter = terms.into();
        }
        self.problem = wrong.map(|error| error.to_string());
    }

    /// What was typed is all of it. Where it makes no sense, what was typed to its end before filters on.
    pub fn finished<T: Searched>(&mut self) {
        let terms = Terms::read(T::KEYS, &self.text);
        self.problem = terms.as_ref().err().map(FilterError::to_string);
        if let Ok(terms) = terms {
            self.agreed = (self.text.clone(), terms.into());
        }
        self.filter.clone_from(&self.agreed.1);
    }

    /// What was typed is not to be: what was typed to its end before filters on.
    pub fn given_up(&mut self) {
        (self.text, self.filter) = self.agreed.clone();
        self.problem = None;
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
    use aegis_api::filter::{Key, Kind};

    struct Fruit(&'static str, &'static str);

    impl Searched for Fruit {
        const KEYS: Keys = &[
            Key::new(&["colour", "color"], Kind::Any),
            Key::PORT,
            Key::PEER,
        ];

        fn net(&self) -> Option<IpNet> {
            net_of(self.0)
        }

        fn has(&self, key: &str, value: &str) -> bool {
            match key {
                "port" => is_among(Some(22), value),
                _ => same(Some(self.1), value),
            }
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
            "198.51.100.0/24,192.0.2.7",
            "port:1-1024,8080 -colour:blue",
            "colour:,red",
            "-blue !192.0.2.8 -\"re \"",
        ] {
            assert!(admitted(line), "{line}");
        }
        for line in [
            "blue",
            "colour:blue",
            "colour:re",
            "192.0.2.8",
            "re x",
            "colour:blue,",
            "-port:20-30",
            "!red",
            "-192.0.2.0/24",
            "\"colour:red\"",
        ] {
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
        assert!(problem.starts_with("\"taste:sweet\": "), "{problem}");
        assert!(problem.contains("colour"), "{problem}");
    }

    #[test]
    fn what_is_wrong_at_its_end_leaves_no_other_filter_in_force_than_was_asked_for() {
        let fruit = Fruit("192.0.2.7", "red");
        for wrong in [
            "tas",
            "taste",
            "taste:sweet",
            "colour:blue port:99",
            "port:99999",
        ] {
            let mut search = Search::default();
            search.typed::<Fruit>("colour:red");
            search.finished::<Fruit>();
            for end in 1..=wrong.len() {
                search.typed::<Fruit>(&wrong[..end]);
            }
            search.finished::<Fruit>();
            let is_wrong = search.problem.is_some();
            assert_eq!(search.filter().admits(&fruit), is_wrong, "{wrong}");
            search.given_up();
            assert_eq!(search.problem, None);
            assert_eq!(search.text, if is_wrong { "colour:red" } else { wrong });
        }
        let mut search = Search::default();
        search.typed::<Fruit>("taste");
        assert!(!search.filter().admits(&fruit), "a text so far");
        search.typed::<Fruit>("taste:");
        assert!(search.filter().admits(&fruit), "no word at all");
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

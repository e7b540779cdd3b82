// SPDX-License-Identifier: MIT
//! Countries, by their codes.

use std::fmt;
use std::str::FromStr;

/// Code and name, a line each, by code.
const TABLE: &str = include_str!("countries.tsv");

/// A country or territory: two letters of ISO 3166-1, or of a database that has one more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// Two letters, in capitals or not; whether anybody has assigned them is not asked.
    #[must_use]
    pub fn of_letters(text: &str) -> Option<Self> {
        let letters = <[u8; 2]>::try_from(text.as_bytes()).ok()?;
        let letters = letters.map(|letter| letter.to_ascii_uppercase());
        letters
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self(letters))
    }

    /// The two letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }

    /// The usual English name, where the code is an assigned one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        table()
            .find(|(code, _)| *code == self.code())
            .map(|(_, name)| name)
    }

    /// Every assigned code with its name, in order.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        table().filter_map(|(code, name)| Some((Self::of_letters(code)?, name)))
    }

    /// A code or a name of which a text is a part, or the beginning of one: who it may have meant.
    #[must_use]
    pub fn nearest(text: &str) -> Option<(Self, &'static str)> {
        let wanted = text.trim().to_lowercase();
        let meant = match wanted.as_str() {
            "uk" => "gb",
            "usa" => "us",
            "el" => "gr",
            other => other,
        };
        if let Some(country) = Self::of_letters(meant)
            && let Some(name) = country.name()
        {
            return Some((country, name));
        }
        let begins = |name: &str| name.to_lowercase().starts_with(meant);
        (meant.len() >= 2).then(|| Self::all().find(|(_, name)| begins(name)))?
    }
}

fn table() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t'))
}

/// Of an assigned code only.
impl FromStr for Country {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::of_letters(text)
            .filter(|country| country.name().is_some())
            .ok_or(())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_code_is_two_capitals() {
        let codes: Vec<&str> = table().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), 250);
        assert!(codes.is_sorted_by(|a, b| a < b));
        for code in codes {
            assert_eq!(code.parse::<Country>().expect(code).code(), code);
        }
    }

    #[test]
    fn a_code_is_read_in_any_case_and_an_unassigned_one_is_refused() {
        let germany = "de".parse::<Country>().expect("it is assigned");
        assert_eq!((germany.code(), germany.name()), ("DE", Some("Germany")));
        for wrong in ["", "D", "DEU", "D1", "ZZ", "é"] {
            assert!(wrong.parse::<Country>().is_err(), "{wrong}");
        }
        assert_eq!(Country::of_letters("zz").map(Country::name), Some(None));
    }

    #[test]
    fn who_was_meant_is_found_by_name_and_by_usual_mistakes() {
        let nearest = |text| Country::nearest(text).map(|(country, _)| country.to_string());
        assert_eq!(nearest("UK").as_deref(), Some("GB"));
        assert_eq!(nearest("germany").as_deref(), Some("DE"));
        assert_eq!(nearest("USA").as_deref(), Some("US"));
        assert_eq!(nearest("swed").as_deref(), Some("SE"));
        assert_eq!(nearest("qqq"), None);
    }
}

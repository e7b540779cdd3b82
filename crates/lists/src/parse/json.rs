// SPDX-License-Identifier: MIT
//! Walks a JSON text of any depth that serde_json allows, and hands over every object, innermost first,
//! with those of its members that are asked for. Nothing else is kept, so that what it takes up does
//! not grow with the text.

use super::ParseFailure;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A member of an object, as far as it is a plain value; of a list, the first one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Member<'t> {
    /// It is not there, null, or an object.
    #[default]
    None,
    Bool(bool),
    Number(u64),
    Text(Cow<'t, str>),
}

impl Member<'_> {
    /// Its text; nothing for what is none.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// Whether it is true; some write 1 or "1".
    pub fn is_true(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Number(value) => *value == 1,
            Self::Text(text) => matches!(&**text, "1" | "true"),
            Self::None => false,
        }
    }
}

/// Which objects and members are of interest.
pub(super) struct Wanted<const N: usize> {
    /// Names of members that are handed over.
    pub members: [&'static str; N],
    /// Names of members whose insides are passed over.
    pub closed: &'static [&'static str],
}

/// Walks the text.
///
/// # Errors
/// [`ParseFailure::Json`], or what `each` returns.
pub(super) fn walk<'t, const N: usize>(
    text: &'t [u8],
    wanted: &Wanted<N>,
    each: impl FnMut(&[Member<'t>; N]) -> Result<(), ParseFailure>,
) -> Result<(), ParseFailure> {
    walk_texts(text, (wanted, Texts::One), each)
}

/// How many JSON texts there are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    One,
    /// One after the other, as pages are kept.
    Several,
}

/// The same, of one text or of several.
pub(super) fn walk_texts<'t, const N: usize>(
    text: &'t [u8],
    (wanted, texts): (&Wanted<N>, Texts),
    each: impl FnMut(&[Member<'t>; N]) -> Result<(), ParseFailure>,
) -> Result<(), ParseFailure> {
    let mut walk = Walk {
        wanted,
        each,
        failure: None,
    };
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let ended = loop {
        if let Err(error) = Value(&mut walk).deserialize(&mut deserializer) {
            break Err(error);
        }
        match deserializer.end() {
            // Another one follows, or what is none.
            Err(_) if texts == Texts::Several => {}
            ended => break ended,
        }
    };
    match (walk.failure, ended) {
        (Some(failure), _) => Err(failure),
        (None, Err(error)) => Err(broken(&error)),
        (None, Ok(())) => Ok(()),
    }
}

fn broken(error: &serde_json::Error) -> ParseFailure {
    let what = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    ParseFailure::Json {
        line: error.line(),
        column: error.column(),
        what: what.strip_suffix(&place).unwrap_or(&what).to_owned(),
    }
}

struct Walk<'w, const N: usize, F> {
    wanted: &'w Wanted<N>,
    each: F,
    failure: Option<ParseFailure>,
}

/// Any value, and what is in it.
struct Value<'v, 'w, const N: usize, F>(&'v mut Walk<'w, N, F>);

impl<'t, const N: usize, F> DeserializeSeed<'t> for Value<'_, '_, N, F>
where
    F: FnMut(&[Member<'t>; N]) -> Result<(), ParseFailure>,
{
    type Value = Member<'t>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Member<'t>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t, const N: usize, F> Visitor<'t> for Value<'_, '_, N, F>
where
    F: FnMut(&[Member<'t>; N]) -> Result<(), ParseFailure>,
{
    type Value = Member<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Member<'t>, E> {
        Ok(Member::None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Member<'t>, E> {
        Ok(Member::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Member<'t>, E> {
        Ok(Member::Number(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member<'t>, E> {
        Ok(Member::None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member<'t>, E> {
        Ok(Member::None)
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Member<'t>, E> {
        Ok(Member::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Member<'t>, E> {
        Ok(Member::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut values: A) -> Result<Member<'t>, A::Error> {
        let first = values.next_element_seed(Value(&mut *self.0))?;
        while values.next_element_seed(Value(&mut *self.0))?.is_some() {}
        Ok(first.unwrap_or_default())
    }

    fn visit_map<A: MapAccess<'t>>(self, mut members: A) -> Result<Member<'t>, A::Error> {
        let walk = self.0;
        let mut found: [Member<'t>; N] = std::array::from_fn(|_| Member::None);
        while let Some(name) = members.next_key::<Cow<'t, str>>()? {
            if walk.wanted.closed.contains(&&*name) {
                members.next_value::<serde::de::IgnoredAny>()?;
                continue;
            }
            let member = members.next_value_seed(Value(&mut *walk))?;
            if let Some(at) = walk
                .wanted
                .members
                .iter()
                .position(|wanted| *wanted == name)
            {
                found[at] = member;
            }
        }
        (walk.each)(&found).map_err(|failure| {
            walk.failure = Some(failure);
            A::Error::custom("stopped")
        })?;
        Ok(Member::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<2> = Wanted {
        members: ["type", "on"],
        closed: &["closed"],
    };

    fn walked(text: &str) -> Result<Vec<String>, ParseFailure> {
        let mut found = Vec::new();
        walk(text.as_bytes(), &WANTED, |[kind, on]| {
            found.push(format!("{}={}", kind.text(), on.is_true()));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn every_object_is_found_wherever_it_is() {
        let text = r#"{"type":"outer","x":[1,{"type":["inner","other"],"on":true},null,-2.5],
            "closed":{"type":"hidden"},"y":{"on":"1"}}"#;
        let expected = ["inner=true", "=true", "outer=false"];
        assert_eq!(walked(text), Ok(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn broken_json_is_told_with_its_place_and_depth_has_an_end() {
        let failure = walked("{\"type\":\n\"x\"").expect_err("it is cut off");
        assert_eq!(
            failure.to_string(),
            "line 2, column 3: the JSON is broken: EOF while parsing an object"
        );
        assert_eq!(
            walked("{} x").map_err(|failure| failure.label()),
            Err("json")
        );
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(
            walked(&deep).map_err(|failure| failure.label()),
            Err("json")
        );
    }
}

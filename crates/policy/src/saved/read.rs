// SPDX-License-Identifier: MIT
//! A line, understood.

use super::word::{Misread, Word, Words};
use super::{Record, SavedAllow, SavedBan, SavedCause, SavedStrikes};
use crate::config::{Choice, Direction};
use crate::{Origin, ParseError, Part, Port, Protocol, Region, RegionWord, Remark, Target};
use jiff::Timestamp;
use std::str::FromStr;

/// What a line may begin with.
const KINDS: [&str; 6] = ["ban", "allow", "unban", "disallow", "strikes", "region"];
/// What may follow the target of a ban, protocols aside.
const OF_BAN: [&str; 7] = ["port", "protocol", "new", "by", "since", "until", "reason"];
const OF_CAUSE: [&str; 4] = ["by", "since", "until", "reason"];
const OF_ALLOW: [&str; 3] = ["configured", "since", "reason"];
const OF_PART: [&str; 3] = ["port", "protocol", "new"];

const TARGET: (&str, &str) = ("the address or prefix", "192.0.2.1 or 192.0.2.0/24");
const REGION: (&str, &str) = ("the country or autonomous system", "CN or AS4134");
const TIME: (&str, &str) = ("the time", "2026-11-28T07:00:00Z");
const COUNT: (&str, &str) = ("the number", "2");

impl Record {
    /// Reads a line without its end; `None` for one that is empty, or that is a comment as it begins
    /// with `#`.
    ///
    /// # Errors
    /// [`Misread`]: the first word that is wrong, and what to write instead.
    pub fn read(line: &str) -> Result<Option<Self>, Misread> {
        let mut words = Words::of(line);
        let Some(kind) = words.next() else {
            return Ok(None);
        };
        if kind.text.starts_with('#') {
            return Ok(None);
        }
        let record = match kind.text {
            "ban" => Self::Ban(ban(&mut words)?),
            "allow" => Self::Allow(allow(&mut words)?),
            "unban" => {
                let target = words.value(TARGET, parsed::<Target>)?;
                Self::Unban(target, part(&mut words, &OF_PART)?)
            }
            "disallow" => Self::Disallow(words.value(TARGET, parsed)?),
            "strikes" => Self::Strikes(strikes(&mut words)?),
            "region" => {
                let region = words.value(REGION, |text| {
                    text.parse::<Region>()
                        .map_err(|error| (error.message, error.next))
                })?;
                Self::Region(region, region_word(&mut words)?)
            }
            _ => return Err(kind.none_of(&KINDS)),
        };
        match words.next() {
            None => Ok(Some(record)),
            Some(word) => Err(word.wrong(
                format!("{:?} is one word too many", word.text),
                "leave it out",
            )),
        }
    }
}

fn ban(words: &mut Words<'_>) -> Result<SavedBan, Misread> {
    let target = words.value(TARGET, parsed::<Target>)?;
    let part = part(words, &OF_BAN)?;
    let mut causes: Vec<SavedCause> = Vec::new();
    loop {
        let by = words.take("by");
        let origin = by.map_or(Ok(Origin::Operator), |_| origin(words))?;
        if let (Some(by), true) = (by, causes.iter().any(|cause| cause.origin == origin)) {
            let next = "say it once for each origin";
            return Err(by.wrong(format!("{origin} wants this ban already"), next));
        }
        causes.push(cause(origin, words)?);
        if words.is_empty() {
            causes.sort_by_key(|cause| cause.origin);
            return Ok(SavedBan {
                target,
                part,
                causes,
            });
        }
    }
}

/// What is said of a cause, in any order, up to the next one.
fn cause(origin: Origin, words: &mut Words<'_>) -> Result<SavedCause, Misread> {
    let (mut since, mut until, mut remark) = (None, None, None);
    while let Some(word) = words.peek().filter(|word| word.text != "by") {
        words.next();
        match word.text {
            "since" => once(&mut since, word, time(words)?)?,
            "until" => once(&mut until, word, time(words)?)?,
            "reason" => once(&mut remark, word, reason(words)?)?,
            _ => return Err(word.none_of(&OF_CAUSE)),
        }
    }
    Ok(SavedCause {
        origin,
        since,
        until,
        remark: remark.unwrap_or_default(),
    })
}

fn allow(words: &mut Words<'_>) -> Result<SavedAllow, Misread> {
    let target = words.value(TARGET, parsed::<Target>)?;
    let (mut configured, mut since, mut remark) = (None, None, None);
    while let Some(word) = words.next() {
        match word.text {
            "configured" => once(&mut configured, word, true)?,
            "since" => once(&mut since, word, time(words)?)?,
            "reason" => once(&mut remark, word, reason(words)?)?,
            _ => return Err(word.none_of(&OF_ALLOW)),
        }
    }
    Ok(SavedAllow {
        target,
        configured: configured.unwrap_or_default(),
        since,
        remark: remark.unwrap_or_default(),
    })
}

fn strikes(words: &mut Words<'_>) -> Result<SavedStrikes, Misread> {
    let source = words.value(TARGET, parsed::<Target>)?;
    keyword(words, "proven")?;
    let proven = words.value(COUNT, number)?;
    keyword(words, "unproven")?;
    let unproven = words.value(COUNT, number)?;
    keyword(words, "until")?;
    Ok(SavedStrikes {
        source,
        proven,
        unproven,
        until: time(words)?,
    })
}

/// What was said of a region, and then how the configuration had it; or only that it is as there.
fn region_word(words: &mut Words<'_>) -> Result<Option<RegionWord>, Misread> {
    if words.take("configured").is_some() {
        return Ok(None);
    }
    let blocked = blocked(words)?;
    keyword(words, "configured")?;
    Ok(Some(RegionWord {
        blocked,
        configured: self::blocked(words)?,
    }))
}

fn blocked(words: &mut Words<'_>) -> Result<Option<Direction>, Misread> {
    let word = words.need("what becomes of it", "blocked in")?;
    match word.text {
        "passes" => Ok(None),
        "blocked" => {
            let word = words.need("the direction", "in")?;
            let mut direction = Direction::default();
            match direction.choose(word.text) {
                true => Ok(Some(direction)),
                false => Err(word.none_of(Direction::WORDS)),
            }
        }
        _ => Err(word.none_of(&["blocked", "passes"])),
    }
}

/// A part as it is shown; where nothing is said it is the whole. `known` may follow.
fn part(words: &mut Words<'_>, known: &[&'static str]) -> Result<Part, Misread> {
    if words.take("everything").is_some() {
        return Ok(Part::WHOLE);
    }
    if words.take("new").is_some() {
        keyword(words, "connections")?;
        return Ok(Part::UNSOLICITED);
    }
    let begin = words.peek();
    let protocol = protocol(words, known)?;
    let port = match words.take("port") {
        Some(_) => Some(words.value(("the port", "22"), parsed::<Port>)?),
        None => None,
    };
    let part = Part::new(port, protocol).map_err(|error| (error, begin));
    part.map_err(|(error, begin)| match begin {
        Some(word) => word.wrong(error.message(), error.next()),
        None => words.missing("the part", "tcp port 22"),
    })
}

fn protocol(words: &mut Words<'_>, known: &[&'static str]) -> Result<Option<Protocol>, Misread> {
    if words.take("protocol").is_some() {
        let number = words.value(("the protocol's number", "47"), parsed::<Protocol>)?;
        return Ok(Some(number));
    }
    let Some(word) = words.peek().filter(|word| !known.contains(&word.text)) else {
        return Ok(None);
    };
    if !Protocol::names().any(|name| name == word.text) {
        let names: Vec<&str> = known.iter().copied().chain(Protocol::names()).collect();
        return Err(word.none_of(&names));
    }
    words
        .value(("the protocol", "tcp"), parsed::<Protocol>)
        .map(Some)
}

fn origin(words: &mut Words<'_>) -> Result<Origin, Misread> {
    let word = words.need("the origin", "operator")?;
    let all: Vec<Origin> = Origin::all()
        .filter(|origin| !origin.is_followed())
        .collect();
    let found = all.iter().find(|origin| origin.label() == word.text);
    found.copied().ok_or_else(|| {
        let labels: Vec<&str> = all.iter().map(|origin| origin.label()).collect();
        word.unknown(
            &labels,
            "write operator, or what was detected, such as port_scan",
        )
    })
}

fn keyword(words: &mut Words<'_>, name: &str) -> Result<(), Misread> {
    let word = words.need(&format!("the word {name:?}"), name)?;
    match word.text == name {
        true => Ok(()),
        false => Err(word.none_of(&[name])),
    }
}

fn time(words: &mut Words<'_>) -> Result<Timestamp, Misread> {
    words.value(TIME, |text| {
        text.parse().map_err(|_| {
            let next = "write date, time and zone, such as 2026-11-28T07:00:00Z";
            (format!("{text:?} is not a time"), next.to_owned())
        })
    })
}

fn reason(words: &mut Words<'_>) -> Result<Remark, Misread> {
    let (word, text) = words.quoted()?;
    let remark = text.parse();
    remark.map_err(|error: ParseError| word.wrong(error.message(), error.next()))
}

fn number(text: &str) -> Result<u32, (String, String)> {
    text.parse().map_err(|_| {
        let next = "write digits, such as 2".to_owned();
        (format!("{text:?} is not a number"), next)
    })
}

/// A value in the words of policy.
fn parsed<T: FromStr<Err = ParseError>>(text: &str) -> Result<T, (String, String)> {
    text.parse()
        .map_err(|error: ParseError| (error.message(), error.next()))
}

fn once<T>(slot: &mut Option<T>, word: Word<'_>, value: T) -> Result<(), Misread> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(word.wrong(format!("{:?} is said twice", word.text), "say it once")),
    }
}

#[cfg(test)]
mod tests;

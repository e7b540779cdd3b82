// SPDX-License-Identifier: MIT
//! How long a ban holds.

use crate::ParseError;
use aegis_abi::Ban;
use aegis_core::Nanos;
use std::time::Duration;

/// Units, longest first, in seconds.
const UNITS: [(char, u64); 5] = [
    ('w', 604_800),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

/// Longer than any machine runs, and far from the end of 64 bits of nanoseconds.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// Reads `90s`, `45m`, `1h30m`, `2d` or `1w`: whole numbers with units, longest unit first.
///
/// # Errors
/// [`ParseError`] for nothing, zero, a missing or unknown unit, units out of order, and more than
/// a century.
pub fn parse_duration(text: &str) -> Result<Duration, ParseError> {
    let wrong = || ParseError::Duration(text.into());
    let overflow = || ParseError::DurationTooLong(text.into());
    let (mut rest, mut seconds, mut units) = (text, 0_u64, &UNITS[..]);
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(|| missing_unit(text))?;
        if digits == 0 {
            return Err(wrong());
        }
        let number: u64 = rest[..digits].parse().map_err(|_| overflow())?;
        let letter = rest[digits..].chars().next().ok_or_else(wrong)?;
        let place = units
            .iter()
            .position(|(unit, _)| *unit == letter)
            .ok_or_else(wrong)?;
        let add = number.checked_mul(units[place].1).ok_or_else(overflow)?;
        seconds = seconds.checked_add(add).ok_or_else(overflow)?;
        units = &units[place + 1..];
        rest = &rest[digits + letter.len_utf8()..];
    }
    match Duration::from_secs(seconds) {
        _ if text.is_empty() => Err(wrong()),
        Duration::ZERO => Err(ParseError::DurationZero(text.into())),
        duration if duration > LONGEST => Err(overflow()),
        duration => Ok(duration),
    }
}

fn missing_unit(text: &str) -> ParseError {
    let number = text
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(text, |at| &text[at + 1..]);
    ParseError::DurationUnit {
        given: text.into(),
        number: number.into(),
    }
}

/// When a ban ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expiry {
    /// A packet at this time passes again.
    At(Nanos),
    /// Only when it is lifted.
    Never,
}

impl Expiry {
    /// The end of what starts now; `None` does not end.
    ///
    /// # Errors
    /// [`ParseError::DurationZero`], and [`ParseError::DurationTooLong`] beyond a century.
    pub fn after(now: Nanos, duration: Option<Duration>) -> Result<Self, ParseError> {
        let Some(duration) = duration else {
            return Ok(Self::Never);
        };
        let given = || format!("{}s", duration.as_secs());
        if duration.is_zero() {
            return Err(ParseError::DurationZero(given()));
        }
        if duration > LONGEST {
            return Err(ParseError::DurationTooLong(given()));
        }
        let length = u64::try_from(duration.as_nanos()).unwrap_or(Ban::NEVER);
        let end = now.0.saturating_add(length).min(Ban::NEVER - 1);
        Ok(Self::At(Nanos(end)))
    }

    /// The time, where there is one.
    #[must_use]
    pub fn nanos(self) -> Option<Nanos> {
        match self {
            Self::At(time) => Some(time),
            Self::Never => None,
        }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(self, now: Nanos) -> bool {
        self.nanos().is_some_and(|time| time <= now)
    }

    /// As the kernel's tables have it.
    pub(crate) fn kernel(self) -> u64 {
        self.nanos()
            .map_or(Ban::NEVER, |time| time.0.min(Ban::NEVER - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_numbers_with_units() {
        for (text, seconds) in [
            ("90s", 90),
            ("45m", 2_700),
            ("1h30m", 5_400),
            ("2d", 172_800),
            ("1w", 604_800),
            ("1w2d3h4m5s", 788_645),
            ("0h5m", 300),
        ] {
            assert_eq!(
                parse_duration(text).unwrap(),
                Duration::from_secs(seconds),
                "{text}"
            );
        }
    }

    #[test]
    fn a_duration_of_zero_is_refused() {
        for text in ["0s", "0h0m"] {
            assert!(
                parse_duration(text)
                    .unwrap_err()
                    .to_string()
                    .contains("no time at all")
            );
        }
    }

    #[test]
    fn a_missing_unit_is_refused_with_a_hint() {
        let error = parse_duration("90").unwrap_err().to_string();
        assert!(error.contains("90s or 90m"), "{error}");
        assert!(
            parse_duration("1h30")
                .unwrap_err()
                .to_string()
                .contains("30s or 30m")
        );
    }

    #[test]
    fn what_is_no_duration_says_how_one_looks() {
        for text in [
            "", "h", "1x", "-5m", "1.5h", "30m1h", "1h1h", "1h 5m", "5µ", "never",
        ] {
            let error = parse_duration(text).unwrap_err().to_string();
            assert!(error.contains("1h30m"), "{text}: {error}");
        }
    }

    #[test]
    fn too_long_a_duration_is_refused() {
        for text in [
            "99999999999999999999s",
            "9999999999999999w",
            "101w36600d",
            "6000w",
        ] {
            let error = parse_duration(text).unwrap_err().to_string();
            assert!(error.contains("a century"), "{text}: {error}");
        }
    }

    #[test]
    fn a_ban_of_no_time_or_of_more_than_a_century_has_no_end_to_give() {
        let error = |seconds| {
            let end = Expiry::after(Nanos(5), Some(Duration::from_secs(seconds)));
            end.unwrap_err().to_string()
        };
        assert!(error(u64::MAX).contains("a century"));
        assert!(error(LONGEST.as_secs() + 1).contains("a century"));
        assert!(error(0).contains("no time at all"));
        assert!(Expiry::after(Nanos(5), Some(LONGEST)).is_ok());
    }

    #[test]
    fn an_end_never_reaches_the_code_for_never() {
        let end = Expiry::after(Nanos(u64::MAX - 5), Some(Duration::from_secs(9))).unwrap();
        assert_eq!(end, Expiry::At(Nanos(u64::MAX - 1)));
        assert_eq!(Expiry::At(Nanos(u64::MAX)).kernel(), u64::MAX - 1);
        assert_eq!(Expiry::after(Nanos(5), None).unwrap().kernel(), Ban::NEVER);
        assert!(Expiry::At(Nanos(5)).is_over(Nanos(5)) && !Expiry::At(Nanos(6)).is_over(Nanos(5)));
    }
}

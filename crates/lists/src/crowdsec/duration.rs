// SPDX-License-Identifier: MIT
//! Durations as Go writes them (`time.Duration.String`, `time.ParseDuration`).

use jiff::SignedDuration;

/// Longest first where one begins like another.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Digits that are looked at, before a point and behind it: more would be beyond 292 years, or below
/// a nanosecond.
const MOST_DIGITS: usize = 18;

/// Reads `3h59m27.5s`; `-1s` is over by a second. `None` for what is no duration, and for one that is
/// longer than Go has, 292 years.
#[must_use]
pub fn parse(text: &str) -> Option<SignedDuration> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let (part, behind) = leading(rest)?;
        nanos = nanos.checked_add(part)?;
        rest = behind;
    }
    let nanos = i64::try_from(nanos * sign).ok()?;
    Some(SignedDuration::from_nanos(nanos))
}

/// The first number with its unit, in nanoseconds, and what follows.
fn leading(text: &str) -> Option<(i128, &str)> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(behind) => digits(behind),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() || whole.len() > MOST_DIGITS {
        return None;
    }
    let unit_end = rest
        .find(|c: char| c.is_ascii_digit() || c == '.')
        .unwrap_or(rest.len());
    let (unit, behind) = rest.split_at(unit_end);
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    Some((whole * scale + share(fraction, *scale)?, behind))
}

/// The part of a unit that digits behind the point are; what is below a nanosecond is cut off.
fn share(fraction: &str, scale: i128) -> Option<i128> {
    let digits = &fraction[..fraction.len().min(MOST_DIGITS)];
    if digits.is_empty() {
        return Some(0);
    }
    let parts: i128 = digits.parse().ok()?;
    let whole = 10_i128.pow(u32::try_from(digits.len()).ok()?);
    Some(parts * scale / whole)
}

fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nanos(text: &str) -> Option<i128> {
        parse(text).map(|duration| duration.as_nanos())
    }

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let second = 1_000_000_000;
        for (text, expected) in [
            (
                "3h59m27.5s",
                (3 * 3_600 + 59 * 60 + 27) * second + second / 2,
            ),
            ("4h0m0s", 4 * 3_600 * second),
            ("1m30.25s", 90 * second + second / 4),
            ("-1s", -second),
            ("-12h3m0.000001s", -(12 * 3_600 + 180) * second - 1_000),
            ("1.5h", 5_400 * second),
            ("100ms", 100_000_000),
            ("1µs", 1_000),
            ("1μs", 1_000),
            ("7us", 7_000),
            ("3ns", 3),
            (".5s", second / 2),
            ("1.s", second),
            ("+2s", 2 * second),
            ("0", 0),
            ("0s", 0),
            ("1.0000000004s", second),
            ("1s1m", 61 * second),
        ] {
            assert_eq!(nanos(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        for text in [
            "",
            "-",
            "+",
            "3",
            "s",
            ".s",
            "1 s",
            "1d",
            "1hh",
            "1h-1m",
            "1e3s",
            "1.2.3s",
            "9999999h",
            "99999999999999999999s",
            "∞",
            "1ß",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whole_nanoseconds_are_read_back(hours in 0_i64..2_000_000, minutes in 0_i64..60, nanos in 0_i64..60_000_000_000) {
            let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
            let text = format!("{hours}h{minutes}m{seconds}.{rest:09}s");
            let expected = (hours * 60 + minutes) * 60_000_000_000 + nanos;
            prop_assert_eq!(parse(&text), Some(SignedDuration::from_nanos(expected)));
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,40}") {
            prop_assert!(parse(&text).is_none() || text.len() > 1 || text == "0");
        }
    }
}

// SPDX-License-Identifier: MIT
//! Values and names as people read and write them.

use std::time::Duration;

const UNITS: [(char, u64); 5] = [
    ('w', 604_800),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

/// As [`crate::parse_duration`] reads it; less than a second does not show.
pub(crate) fn duration(duration: Duration) -> String {
    let (mut rest, mut text) = (duration.as_secs(), String::new());
    for (unit, seconds) in UNITS {
        if rest >= seconds {
            text.push_str(&format!("{}{unit}", rest / seconds));
            rest %= seconds;
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

/// A basic string of TOML: what would move a terminal's cursor is escaped.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A name that somebody made up: as it is where it is plain, else quoted, and never long.
pub(crate) fn name(text: &str) -> String {
    let short: String = text.chars().take(64).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    match short == text && !text.is_empty() && text.chars().all(plain) {
        true => short,
        false => quoted(&short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_duration;

    #[test]
    fn durations_are_shown_as_they_are_read() {
        for (seconds, text) in [
            (300, "5m"),
            (90, "1m30s"),
            (86_400, "1d"),
            (604_800, "1w"),
            (694_861, "1w1d1h1m1s"),
        ] {
            let time = Duration::from_secs(seconds);
            assert_eq!(duration(time), text);
            assert_eq!(parse_duration(text), Ok(time));
        }
        assert_eq!(duration(Duration::from_millis(3)), "0s");
    }

    #[test]
    fn names_that_a_terminal_would_act_on_are_quoted() {
        assert_eq!(name("modules.port_scan"), "modules.port_scan");
        assert_eq!(name("\u{1b}[31m"), "\"\\u001B[31m\"");
        assert_eq!(name(""), "\"\"");
        assert_eq!(name(&"x".repeat(9_999)).len(), 66);
    }
}

// SPDX-License-Identifier: MIT
//! Numbers as people read them.

/// With a comma every three digits.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in binary units, with three or four digits.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if value < 1024 {
        return format!("{value} B");
    }
    // Up to 2^53 this is exact; beyond, a tenth of a unit is coarser than the error.
    let mut rest = value as f64;
    let mut unit = UNITS[0];
    for next in UNITS {
        unit = next;
        rest /= 1024.0;
        // What would be shown as 1024.0 belongs to the next unit.
        if rest < 1023.95 {
            break;
        }
    }
    format!("{rest:.1} {unit}")
}

/// The two greatest units of a duration.
pub fn duration(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let greatest = UNITS
        .iter()
        .position(|(length, _)| seconds >= *length)
        .unwrap_or(3);
    let (length, unit) = UNITS[greatest];
    let first = format!("{}{unit}", seconds / length);
    match UNITS.get(greatest + 1) {
        Some((next, name)) if seconds % length / next > 0 => {
            format!("{first} {}{name}", seconds % length / next)
        }
        _ => first,
    }
}

/// One, or several, of something.
pub fn count(value: usize, one: &str, several: &str) -> String {
    format!(
        "{} {}",
        number(value as u64),
        if value == 1 { one } else { several }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_bytes_and_durations_are_short() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
        assert_eq!(duration(0), "0s");
        assert_eq!(duration(59), "59s");
        assert_eq!(duration(3_600), "1h");
        assert_eq!(duration(5_432), "1h 30m");
        assert_eq!(duration(200_000), "2d 7h");
        assert_eq!(count(1, "ban", "bans"), "1 ban");
        assert_eq!(count(0, "ban", "bans"), "0 bans");
    }
}

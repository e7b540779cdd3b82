// SPDX-License-Identifier: MIT
//! Numbers and times as people read them, and lines of text where there is room.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// A number in four or five columns: `999`, `1.2k`, `34M`.
#[must_use]
pub fn count(number: u64) -> String {
    scaled(number as f64, 1_000.0, &["", "k", "M", "G", "T", "P", "E"])
}

/// Bytes in powers of 1,024: `999B`, `1.2K`, `34M`.
#[must_use]
pub fn bytes(number: u64) -> String {
    scaled(number as f64, 1_024.0, &["B", "K", "M", "G", "T", "P", "E"])
}

fn scaled(mut number: f64, step: f64, units: &[&str]) -> String {
    let mut unit = 0;
    // 999.5 would be written as 1000.
    while number >= 999.5 && unit + 1 < units.len() {
        number /= step;
        unit += 1;
    }
    let word = units[unit];
    match unit > 0 && number < 9.95 {
        true => format!("{number:.1}{word}"),
        false => format!("{number:.0}{word}"),
    }
}

/// A time in two units at most: `5s`, `3m07s`, `2h05m`, `4d03h`.
#[must_use]
pub fn age(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{minutes}m{:02}s", seconds % 60),
        3_600..86_400 => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}

/// Draws as many lines as there is room for.
pub fn draw(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>) {
    for (line, row) in lines.into_iter().zip(area.rows()) {
        frame.render_widget(line, row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_short() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1.0k"),
            (9_949, "9.9k"),
            (34_400_000, "34M"),
            (999_600, "1.0M"),
            (u64::MAX, "18E"),
        ] {
            assert_eq!(count(number), expected);
        }
        assert_eq!(bytes(1_536), "1.5K");
        assert_eq!(bytes(7), "7B");
    }

    #[test]
    fn times_have_two_units() {
        for (seconds, expected) in [
            (5, "5s"),
            (187, "3m07s"),
            (7_500, "2h05m"),
            (356_400, "4d03h"),
        ] {
            assert_eq!(age(seconds), expected);
        }
    }
}

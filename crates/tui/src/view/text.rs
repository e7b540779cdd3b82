// SPDX-License-Identifier: MIT
//! Numbers and times as people read them, lines of text where there is room, and text of others without
//! what it does to terminals.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A number in full: `12,345`.
#[must_use]
pub fn number(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

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

/// From then to now, as [`age`] has it; what is yet to come is `0s`.
#[must_use]
pub fn since(then: Timestamp, now: Timestamp) -> String {
    age(seconds(then, now))
}

/// From one moment to a later one, seconds.
#[must_use]
pub fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

/// The same text without control characters, and without those that reorder what stands around them
/// (Unicode TR 36, section 2.3): what peers, providers and publishers call themselves is theirs to say.
#[must_use]
pub fn plain(mut line: Line<'_>) -> Line<'_> {
    for span in &mut line.spans {
        if span.content.contains(is_unruly) {
            span.content = Cow::Owned(span.content.replace(is_unruly, ""));
        }
    }
    line
}

/// The same line in so many columns of the terminal; one that is longer ends with a sign for that.
#[must_use]
pub fn cut<'a>(line: Line<'a>, width: usize, sign: &'static str) -> Line<'a> {
    if line.width() <= width {
        return line;
    }
    let mut room = width.saturating_sub(sign.width());
    let mut spans = Vec::new();
    for span in line.spans {
        let fitting: String = span
            .content
            .chars()
            .take_while(|&letter| {
                let width = letter.width().unwrap_or(0);
                let fits = width <= room;
                room = if fits { room - width } else { 0 };
                fits
            })
            .collect();
        spans.push(Span::styled(fitting, span.style));
    }
    spans.push(Span::raw(sign));
    Line {
        spans,
        ..Line::default()
    }
    .style(line.style)
}

/// The same text in so many columns of the terminal; of one that is longer the beginning and the end
/// are left, as of addresses, which differ at both.
#[must_use]
pub fn shortened(text: &str, width: usize, sign: &str) -> String {
    // Addresses are of letters that take one column each.
    let letters: Vec<char> = text.chars().collect();
    let Some(room) = width
        .checked_sub(sign.width())
        .filter(|_| letters.len() > width)
    else {
        return text.to_owned();
    };
    let (head, tail) = (room.div_ceil(2), room / 2);
    let head: String = letters[..head].iter().collect();
    let tail: String = letters[letters.len() - tail..].iter().collect();
    format!("{head}{sign}{tail}")
}

/// A text in lines of so many columns of the terminal, broken between words; a word that is longer than
/// a line has one for itself.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn is_unruly(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Draws as many lines as there is room for.
pub fn draw(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>) {
    for (line, row) in lines.into_iter().zip(area.rows()) {
        frame.render_widget(plain(line), row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_long_addresses_both_ends_are_left() {
        let address = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:12";
        assert_eq!(shortened(address, 17, "…"), "2001:db8…:eeee:12");
        assert_eq!(shortened("192.0.2.1", 9, "…"), "192.0.2.1");
        assert_eq!(shortened(address, 1, "…"), "…");
        assert_eq!(
            shortened(address, 0, "…"),
            address,
            "there is no room for a sign"
        );
    }

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
    fn numbers_in_full_have_groups_of_three() {
        for (of, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(of), expected);
        }
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

    #[test]
    fn text_of_others_neither_controls_the_terminal_nor_turns_it_round() {
        let hostile = "Evil\u{1b}[2J\u{202e}Corp\u{7}\u{2066}\n";
        assert_eq!(plain(Line::from(hostile)).to_string(), "Evil[2JCorp");
        assert_eq!(plain(Line::from("Ünïcode ✓")).to_string(), "Ünïcode ✓");
    }

    #[test]
    fn lines_are_broken_between_words() {
        let lines = wrapped("8 connections, 0 half-open (0 %)", 16);
        assert_eq!(lines, ["8 connections, 0", "half-open (0 %)"]);
        assert_eq!(
            wrapped("a/very/long/path is old", 6),
            ["a/very/long/path", "is old"]
        );
        assert!(wrapped("", 6).is_empty());
    }

    #[test]
    fn what_is_too_long_says_so() {
        let cut = |text: &'static str, width| cut(Line::raw(text), width, "~").to_string();
        assert_eq!(cut("192.0.2.1", 9), "192.0.2.1");
        assert_eq!(cut("192.0.2.100", 9), "192.0.2.~");
        assert_eq!(cut("\u{4e2d}\u{56fd}\u{7535}\u{4fe1}", 4), "\u{4e2d}~");
        assert_eq!(cut("abc", 0), "~");
    }
}

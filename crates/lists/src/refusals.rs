// SPDX-License-Identifier: MIT
//! What was not taken, by reason: all of it counted, the first of each reason kept to be shown.

use crate::entry::Refused;

/// Why something is refused: what is wrong with its text, or what it would do.
pub trait Reason {
    /// A stable word, for programs and for counting.
    fn label(&self) -> &'static str;

    /// One sentence, without a full stop.
    fn sentence(&self) -> String;
}

/// Everything that was refused. Its size does not depend on how much that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals<W> {
    groups: Vec<Group<W>>,
}

/// What was refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<W> {
    /// How often.
    pub count: u64,
    /// The first few, at least one.
    pub first: Vec<Refused<W>>,
}

impl<W: Reason> Group<W> {
    /// The reason's stable word.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.first.first().map_or("", |refused| refused.why.label())
    }
}

impl<W> Default for Refusals<W> {
    fn default() -> Self {
        Self { groups: Vec::new() }
    }
}

impl<W: Reason> Refusals<W> {
    /// So many are kept of each reason.
    pub const KEPT: usize = 5;
    /// So many characters are kept of each text.
    pub const LONGEST_TEXT: usize = 80;

    /// One more; its text is only made if it is kept.
    pub fn add(&mut self, line: u32, why: W, text: impl FnOnce() -> String) {
        let label = why.label();
        let known = self.groups.iter().position(|group| group.label() == label);
        let at = known.unwrap_or_else(|| {
            self.groups.push(Group {
                count: 0,
                first: Vec::new(),
            });
            self.groups.len() - 1
        });
        let group = &mut self.groups[at];
        group.count += 1;
        if group.first.len() < Self::KEPT {
            let text = text();
            group.first.push(Refused { line, text, why });
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.groups.iter().map(|group| group.count).sum()
    }

    /// By reason, in the order in which each came up first.
    #[must_use]
    pub fn groups(&self) -> &[Group<W>] {
        &self.groups
    }

    /// How many were refused for a reason.
    #[must_use]
    pub fn count_of(&self, label: &str) -> u64 {
        let such = self.groups.iter().filter(|group| group.label() == label);
        such.map(|group| group.count).sum()
    }
}

/// A line of a file as it can be shown: one line, nothing that a terminal would act on, not long.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    const MOST: usize = Refusals::<Never>::LONGEST_TEXT;
    // A character has at most four bytes; one more than is kept tells that there is more.
    let start = &bytes[..bytes.len().min(4 * (MOST + 1))];
    let text = String::from_utf8_lossy(start);
    let visible = text.trim().chars().map(visible);
    let mut kept: String = visible.take(MOST + 1).collect();
    if kept.chars().count() > MOST {
        kept.pop();
        kept.push('…');
    }
    kept
}

/// A character as a terminal shows it and does not act on it.
pub(crate) fn visible(letter: char) -> char {
    match letter {
        '\t' => ' ',
        _ if letter.is_control() || is_unseen(letter) => char::REPLACEMENT_CHARACTER,
        _ => letter,
    }
}

/// Marks that turn the direction of text, or have no width: what is shown would not be what is there.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// No reason, for what does not depend on which.
enum Never {}

impl Reason for Never {
    fn label(&self) -> &'static str {
        match *self {}
    }

    fn sentence(&self) -> String {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Odd(&'static str);

    impl Reason for Odd {
        fn label(&self) -> &'static str {
            self.0
        }

        fn sentence(&self) -> String {
            format!("it is {}", self.0)
        }
    }

    #[test]
    fn everything_is_counted_and_the_first_of_each_reason_kept() {
        let mut refusals = Refusals::default();
        for line in 1..=9 {
            let label = if line == 2 { "blue" } else { "red" };
            refusals.add(line, Odd(label), || line.to_string());
        }
        assert_eq!(refusals.count(), 9);
        assert_eq!(
            (refusals.count_of("red"), refusals.count_of("blue")),
            (8, 1)
        );
        let [red, blue] = refusals.groups() else {
            panic!("two reasons")
        };
        let lines: Vec<u32> = red.first.iter().map(|refused| refused.line).collect();
        assert_eq!(lines, [1, 3, 4, 5, 6]);
        assert_eq!((blue.label(), blue.first[0].text.as_str()), ("blue", "2"));
    }

    #[test]
    fn a_text_is_shown_as_one_short_line_that_does_nothing() {
        assert_eq!(shown(b"  1.2.3\tx\r"), "1.2.3 x");
        assert_eq!(
            shown("\x1b[2J\u{202e}９.9".as_bytes()),
            "\u{fffd}[2J\u{fffd}９.9"
        );
        assert_eq!(shown(b"\xff1"), "\u{fffd}1");
        let long = shown("ä".repeat(200).as_bytes());
        assert_eq!((long.chars().count(), long.ends_with("ä…")), (81, true));
        assert_eq!(shown(&[b'a'; 80]), "a".repeat(80));
    }
}

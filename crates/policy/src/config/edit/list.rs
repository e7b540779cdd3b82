// SPDX-License-Identifier: MIT
//! A list in a text: where its items are, and the text with one more or one fewer.

use super::super::shown::quoted;
use crate::Target;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// A list of strings in a text, brackets included.
pub(super) struct List<'a> {
    text: &'a str,
    span: Range<usize>,
    items: Vec<(Target, Range<usize>)>,
}

impl<'a> List<'a> {
    pub(super) fn new(text: &'a str, value: &Spanned<DeValue<'_>>) -> Option<Self> {
        let span = value.span();
        let brackets = text.get(span.clone())?;
        let whole = brackets.starts_with('[') && brackets.ends_with(']');
        let item = |item: &Spanned<DeValue<'_>>| {
            let target: Target = item.get_ref().as_str()?.parse().ok()?;
            Some((target, item.span()))
        };
        let items = value.get_ref().as_array()?.iter().map(item);
        let items: Vec<_> = items.collect::<Option<_>>()?;
        whole.then_some(Self { text, span, items })
    }

    /// The text with one more item at the end of the list: on a line of its own where the last one
    /// is on a line of its own.
    pub(super) fn with(&self, target: Target) -> Option<String> {
        let item = quoted(&target.to_string());
        let Some((_, last)) = self.items.last() else {
            let at = self.span.start + 1;
            return Some(self.inserted(at, &item));
        };
        let Some(indent) = self.indent(last) else {
            return Some(self.inserted(last.end, &format!(", {item}")));
        };
        let newline = match self.text[..last.start].ends_with(&format!("\r\n{indent}")) {
            true => "\r\n",
            false => "\n",
        };
        let line = format!("{newline}{indent}{item},");
        match self.comma(last.end) {
            Some(comma) => Some(self.inserted(self.line_end(comma + 1), &line)),
            None => {
                let at = self.line_end(last.end);
                let (text, end) = (self.text, last.end);
                Some(format!(
                    "{},{}{line}{}",
                    &text[..end],
                    &text[end..at],
                    &text[at..]
                ))
            }
        }
    }

    /// The text without the last item that is this target; `None` where none is.
    pub(super) fn without(&self, target: Target) -> Option<String> {
        let at = self.items.iter().rposition(|(item, _)| *item == target)?;
        let extent = self.extent(at, &self.items[at].1);
        let (before, after) = (&self.text[..extent.start], &self.text[extent.end..]);
        Some(format!("{before}{after}"))
    }

    /// What goes with an item: its line, or its comma and the blanks behind it.
    fn extent(&self, at: usize, span: &Range<usize>) -> Range<usize> {
        let comma = self.comma(span.end);
        let end = comma.map_or(span.end, |comma| comma + 1);
        let line_end = self.line_end(end);
        let alone = self.blank_or_comment(end, line_end) && !self.text[line_end..].starts_with(']');
        if let (Some(indent), true) = (self.indent(span), alone) {
            let newline = self.text[line_end..].find('\n').map_or(0, |at| at + 1);
            return span.start - indent.len()..line_end + newline;
        }
        if comma.is_some() {
            let rest = &self.text[end..];
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            return span.start..end + blanks;
        }
        let before = at.checked_sub(1).and_then(|before| self.items.get(before));
        match before {
            Some((_, before)) if !self.text[before.end..span.start].contains('\n') => {
                before.end..span.end
            }
            _ => span.clone(),
        }
    }

    fn inserted(&self, at: usize, what: &str) -> String {
        format!("{}{what}{}", &self.text[..at], &self.text[at..])
    }

    /// The blanks before an item, where nothing else is before it on its line.
    fn indent(&self, span: &Range<usize>) -> Option<&'a str> {
        let before = &self.text[..span.start];
        let indent = &before[before.rfind('\n')? + 1..];
        indent.trim().is_empty().then_some(indent)
    }

    /// The comma behind an item, over blanks, line ends and comments.
    fn comma(&self, from: usize) -> Option<usize> {
        let mut comment = false;
        for (at, letter) in self.text[from..self.span.end].char_indices() {
            match letter {
                '\n' => comment = false,
                '#' => comment = true,
                ',' if !comment => return Some(from + at),
                _ => {}
            }
        }
        None
    }

    /// Where the line ends, or the list, whichever is first; before the line break.
    fn line_end(&self, from: usize) -> usize {
        let rest = &self.text[from..self.span.end];
        match rest.find('\n') {
            Some(at) => from + rest[..at].trim_end_matches('\r').len(),
            None => self.span.end - 1,
        }
    }

    fn blank_or_comment(&self, from: usize, to: usize) -> bool {
        let between = self.text[from..to].trim_start();
        between.is_empty() || between.starts_with('#')
    }
}

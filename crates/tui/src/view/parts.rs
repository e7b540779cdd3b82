// SPDX-License-Identifier: MIT
//! A line of parts of which those that matter less go first where there is no room, each as a whole.

use super::text::{cut, plain};
use crate::theme::{Role, Sign, Theme};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// One of them.
#[derive(Clone, Debug)]
pub struct Part {
    /// How it may be said, at most length first; never none.
    forms: Vec<String>,
    role: Role,
    /// Those with lower ranks have room before others.
    rank: usize,
}

impl Part {
    /// Said in one way.
    pub fn new(text: impl Into<String>, role: Role, rank: usize) -> Self {
        Self {
            forms: vec![text.into()],
            role,
            rank,
        }
    }

    /// The same, where there is less room.
    pub fn or(mut self, shorter: impl Into<String>) -> Self {
        self.forms.push(shorter.into());
        self
    }
}

/// In so many columns of the terminal: as many parts as have room, then each as long as there is.
pub fn line(parts: &[Part], width: usize, theme: Theme) -> Line<'static> {
    let separator = format!(" {} ", theme.sign(Sign::Dot));
    let chosen = chosen(parts, width, separator.width());
    let mut spans = Vec::new();
    for (part, form) in parts.iter().zip(chosen) {
        let Some(form) = form else { continue };
        if !spans.is_empty() {
            spans.push(Span::styled(separator.clone(), theme.style(Role::Dim)));
        }
        let text = part.forms[form].clone();
        spans.push(Span::styled(text, theme.style(part.role)));
    }
    cut(plain(Line::from(spans)), width, theme.sign(Sign::Cut))
}

/// In which form each part is said, if it is.
fn chosen(parts: &[Part], width: usize, separator: usize) -> Vec<Option<usize>> {
    let mut chosen = vec![None; parts.len()];
    let mut ranked: Vec<usize> = (0..parts.len()).collect();
    ranked.sort_by_key(|&part| parts[part].rank);
    let wide = |part: usize, form: usize| parts[part].forms[form].width();
    let mut used = 0;
    for &part in &ranked {
        let shortest = parts[part].forms.len() - 1;
        let before = if used == 0 { 0 } else { separator };
        let needed = before + wide(part, shortest);
        if used == 0 || used + needed <= width {
            chosen[part] = Some(shortest);
            used += needed;
        }
    }
    for &part in &ranked {
        let Some(shortest) = chosen[part] else {
            continue;
        };
        let others = used - wide(part, shortest);
        let longer = (0..shortest).find(|&form| others + wide(part, form) <= width);
        let form = longer.unwrap_or(shortest);
        used = others + wide(part, form);
        chosen[part] = Some(form);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_less_goes_first_and_as_a_whole() {
        let parts = [
            Part::new("what it is", Role::Plain, 0),
            Part::new("how long", Role::Plain, 2),
            Part::new("from where it comes", Role::Plain, 1).or("from where"),
        ];
        let said = |width| line(&parts, width, Theme::default()).to_string();
        assert_eq!(said(99), "what it is · how long · from where it comes");
        assert_eq!(said(42), "what it is · how long · from where");
        assert_eq!(said(33), "what it is · from where it comes");
        assert_eq!(said(31), "what it is · from where");
        assert_eq!(said(22), "what it is · how long");
        assert_eq!(said(12), "what it is");
        assert_eq!(said(5), "what…");
    }
}

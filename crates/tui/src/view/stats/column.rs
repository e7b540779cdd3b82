// SPDX-License-Identifier: MIT
//! Sections below one another, of which as much is shown as there is room for: the selected row is, and
//! what lies beyond is counted.

use crate::model::StatsRow;
use crate::theme::{Role, Sign, Theme};
use crate::view::text::{cut, plain};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// A title, and what stands below it.
pub struct Section {
    /// The title.
    pub title: String,
    /// Rows, each with how it looks.
    pub lines: Vec<(StatsRow, Line<'static>)>,
}

/// Draws them.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    (sections, selected): (&[Section], Option<&StatsRow>),
    theme: Theme,
) {
    let (lines, at) = lines(sections, selected, theme);
    let shown = window(lines.len(), at, usize::from(area.height));
    let last = shown.end.saturating_sub(1);
    for (number, line) in area.rows().zip(shown.clone()) {
        let beyond = match line {
            line if line == shown.start && line > 0 => Some((line + 1, "above")),
            line if line == last && shown.end < lines.len() => Some((lines.len() - last, "below")),
            _ => None,
        };
        let text = match beyond {
            Some((count, where_to)) => {
                let more = theme.sign(Sign::More);
                let text = format!("{more} {count} more {where_to}");
                Line::styled(text, theme.style(Role::Dim))
            }
            None => plain(lines[line].clone()),
        };
        let text = cut(text, usize::from(area.width), theme.sign(Sign::Cut));
        frame.render_widget(text, number);
    }
}

/// All lines, and which is the selected one.
fn lines(
    sections: &[Section],
    selected: Option<&StatsRow>,
    theme: Theme,
) -> (Vec<Line<'static>>, usize) {
    let (mut lines, mut at) = (Vec::new(), 0);
    for section in sections {
        lines.push(Line::styled(
            section.title.clone(),
            theme.style(Role::Title),
        ));
        for (row, line) in &section.lines {
            let is_selected = Some(row) == selected;
            if is_selected {
                at = lines.len();
            }
            let style = if is_selected {
                Role::Selected
            } else {
                Role::Plain
            };
            lines.push(line.clone().patch_style(theme.style(style)));
        }
    }
    (lines, at)
}

/// Which lines are shown, such that the one at `at` is, and is not where what lies beyond is counted.
fn window(count: usize, at: usize, height: usize) -> std::ops::Range<usize> {
    let beyond = count.saturating_sub(height);
    let first = at.saturating_sub(height / 2).min(beyond);
    first..(first + height).min(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_line_is_never_the_one_that_counts_others() {
        for height in 3..20 {
            for at in 0..30 {
                let shown = window(30, at, height);
                assert_eq!(shown.len(), height);
                assert!(shown.contains(&at));
                let is_first = at == shown.start && at > 0;
                let is_last = at + 1 == shown.end && shown.end < 30;
                assert!(!is_first && !is_last, "{at} in {shown:?}");
            }
        }
        assert_eq!(window(3, 2, 10), 0..3);
    }
}

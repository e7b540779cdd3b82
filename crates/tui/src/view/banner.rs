// SPDX-License-Identifier: MIT
//! What one has to know before anything else, on the lines below the tabs: that the daemon is gone, an
//! attack, what is not enforced. There are no such lines where all is well.

use super::text::age;
use crate::model::{Link, Model};
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// The most lines that it takes.
const MOST: usize = 3;

/// Its lines, the most important first.
#[must_use]
pub fn lines(model: &Model, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    match &model.link {
        Link::Lost(since, why) => {
            let seconds = model.now.as_second() - since.as_second();
            let seconds = age(u64::try_from(seconds).unwrap_or(0));
            let text = format!("daemon lost for {seconds}, asked again and again: {why}");
            lines.push(Line::styled(text, theme.style(Role::Bad)));
        }
        Link::Connecting => {
            let text = match model.about.is_own {
                true => "starting the daemon",
                false => "waiting for the daemon's first answer",
            };
            lines.push(Line::styled(text, theme.style(Role::Dim)));
        }
        Link::Live => lines.extend(amiss(model, theme)),
    }
    lines.truncate(MOST);
    lines
}

/// What the daemon says is amiss.
fn amiss(model: &Model, theme: Theme) -> impl Iterator<Item = Line<'static>> {
    let status = model.status.iter();
    status.flat_map(move |status| {
        let line = move |role| move |text: &String| Line::styled(text.clone(), theme.style(role));
        let problems = status.problems.iter().map(line(Role::Bad));
        problems.chain(status.warnings.iter().map(line(Role::Warning)))
    })
}

/// Draws as many of them as there is room for.
pub fn draw(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
    for (line, row) in lines.into_iter().zip(area.rows()) {
        frame.render_widget(line, row);
    }
}

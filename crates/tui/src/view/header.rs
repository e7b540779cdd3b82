// SPDX-License-Identifier: MIT
//! The first line: the tabs, and which daemon this is of.

use crate::model::{Link, Model, Tab};
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// Below so many columns titles are shortened, and nothing else has room.
const NARROW: u16 = 72;
/// Letters of a shortened title.
const SHORT: usize = 4;

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let tabs = tabs(model, area.width, theme);
    let taken = u16::try_from(tabs.width()).unwrap_or(u16::MAX);
    frame.render_widget(tabs, area);
    let rest = Rect {
        x: area.x.saturating_add(taken),
        width: area.width.saturating_sub(taken),
        ..area
    };
    let mut state = state(model, theme);
    let warnings = warnings(model, theme);
    let needed = state.width() + warnings.as_ref().map_or(0, Span::width);
    if needed < usize::from(rest.width) {
        state.spans.splice(0..0, warnings);
    }
    frame.render_widget(state.alignment(Alignment::Right), rest);
}

/// How many warnings there are, and where they are told.
fn warnings(model: &Model, theme: Theme) -> Option<Span<'static>> {
    let count = model.status.as_ref()?.warnings.len();
    let text = match count {
        0 => return None,
        1 => "1 warning in Stats  ".to_owned(),
        count => format!("{count} warnings in Stats  "),
    };
    Some(Span::styled(text, theme.style(Role::Warning)))
}

fn tabs(model: &Model, width: u16, theme: Theme) -> Line<'static> {
    let name = Span::styled(name(width), theme.style(Role::Title));
    let titles = Tab::ALL.map(|tab| {
        let role = Role::of_selection(tab == model.tab);
        Span::styled(title(model, tab, width), theme.style(role))
    });
    Line::from_iter(std::iter::once(name).chain(titles))
}

const fn name(width: u16) -> &'static str {
    if width < NARROW { "" } else { "aegis " }
}

fn title(model: &Model, tab: Tab, width: u16) -> String {
    let title = tab.title();
    match width < NARROW && tab != model.tab {
        true => format!("{} ", &title[..title.len().min(SHORT)]),
        false => format!(" {title} "),
    }
}

/// Which tab's title is in a column of the terminal.
pub fn tab_at(model: &Model, column: u16) -> Option<Tab> {
    let width = model.screen.0;
    let mut end = name(width).width();
    Tab::ALL.into_iter().find(|&tab| {
        let begin = end;
        end += title(model, tab, width).width();
        (begin..end).contains(&usize::from(column))
    })
}

fn state(model: &Model, theme: Theme) -> Line<'static> {
    let about = &model.about;
    let role = match (&model.link, &model.status) {
        (Link::Lost(..), _) => Role::Bad,
        (Link::Live, Some(status)) if !status.healthy => Role::Bad,
        (Link::Live, Some(_)) => Role::Good,
        (Link::Live | Link::Connecting, _) => Role::Dim,
    };
    let mut text = about.instance.clone();
    if about.is_own {
        text.push_str(" (own)");
    }
    if about.is_read_only {
        text.push_str(" (read-only)");
    }
    Line::styled(text, theme.style(role))
}

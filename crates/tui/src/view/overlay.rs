// SPDX-License-Identifier: MIT
//! What lies over a tab.

use super::text::{age, plain, seconds};
use super::{block, why};
use crate::keys;
use crate::model::{Model, Overlay};
use crate::theme::{Role, Sign, Theme};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

/// Below so many columns what a key does stands below it.
const NARROW: u16 = 60;

/// Draws it, where there is something.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    if let Some(Overlay::Block(dialog)) = &model.overlay {
        block::draw(frame, area, (dialog, model), theme);
    }
    let Some(window) = Window::of(model, area, theme) else {
        return;
    };
    window.draw(frame, area, theme);
}

/// How far down the window over the tab can be scrolled, where it is drawn there.
pub fn depth(model: &Model, area: Rect) -> u16 {
    let window = Window::of(model, area, Theme::default());
    window.map_or(0, |window| window.depth(area))
}

/// A text that is read, and as long as it is has the place of the tab.
struct Window<'a> {
    title: String,
    lines: Vec<Line<'a>>,
    /// Lines above the first that is shown; `None`: the last ones are.
    scrolled: Option<u16>,
    /// What stands at the bottom.
    hint: &'static str,
}

impl<'a> Window<'a> {
    fn of(model: &'a Model, area: Rect, theme: Theme) -> Option<Self> {
        let window = |title: String, lines, scrolled| Self {
            title,
            lines,
            scrolled: Some(scrolled),
            hint: "",
        };
        Some(match model.overlay.as_ref()? {
            Overlay::Line(_) | Overlay::Confirm(_) | Overlay::Block(_) => return None,
            Overlay::Help(scrolled) => {
                window("keys".to_owned(), help(model, area.width, theme), *scrolled)
            }
            Overlay::Text(title, lines, scrolled) => {
                let lines = lines.iter().map(|line| Line::raw(line.as_str()));
                window(title.clone(), lines.collect(), *scrolled)
            }
            Overlay::Running(scrolled) => Self {
                scrolled: *scrolled,
                hint: " Esc ends it ",
                ..running(model)?
            },
            Overlay::Why(address, known, scrolled) => {
                let lines = match known {
                    Some(known) => why::lines(known, model.now, theme),
                    None => vec![Line::raw(theme.sign(Sign::More))],
                };
                window(address.to_string(), lines, *scrolled)
            }
        })
    }

    fn text(&self) -> Paragraph<'a> {
        let lines: Vec<Line<'a>> = self.lines.iter().cloned().map(plain).collect();
        Paragraph::new(lines).wrap(Wrap { trim: false })
    }

    /// Lines that there are beyond those for which there is room.
    fn depth(&self, area: Rect) -> u16 {
        let (width, height) = (area.width.saturating_sub(2), area.height.saturating_sub(2));
        let lines = u16::try_from(self.text().line_count(width)).unwrap_or(u16::MAX);
        lines.saturating_sub(height)
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let depth = self.depth(area);
        let scrolled = self.scrolled.map_or(depth, |scrolled| scrolled.min(depth));
        let title = plain(Line::raw(format!(" {} ", self.title)));
        let mut block = Block::bordered().border_set(theme.border()).title(title);
        if !self.hint.is_empty() {
            block = block.title_bottom(Line::styled(self.hint, theme.style(Role::Key)));
        }
        if scrolled < depth {
            let below = format!(" {} more below ", depth - scrolled);
            let below = Line::styled(below, theme.style(Role::Dim));
            block = block.title_bottom(below.right_aligned());
        }
        frame.render_widget(Clear, area);
        frame.render_widget(self.text().scroll((scrolled, 0)).block(block), area);
    }
}

/// What a command has printed so far.
fn running(model: &Model) -> Option<Window<'_>> {
    let running = model.running.as_ref()?;
    let lasts = age(seconds(running.since, model.now));
    let lines = running.lines.iter().map(|line| Line::raw(line.as_str()));
    Some(Window {
        title: format!("{}: running for {lasts}", running.line),
        lines: lines.collect(),
        scrolled: None,
        hint: "",
    })
}

/// What each key does; on a narrow screen in a line of its own.
fn help(model: &Model, width: u16, theme: Theme) -> Vec<Line<'static>> {
    let lines = |binding: &keys::Binding| {
        let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
        let keys = keys.join(" ");
        let key = |text| Span::styled(text, theme.style(Role::Key));
        match width < NARROW {
            true => vec![
                Line::from(key(keys)),
                Line::raw(format!("  {}", binding.help)),
            ],
            false => vec![Line::from(vec![
                key(format!("{keys:<18}")),
                Span::raw(binding.help),
            ])],
        }
    };
    keys::on(model.tab).flat_map(lines).collect()
}

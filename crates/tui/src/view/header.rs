// SPDX-License-Identifier: MIT
//! The first line: the tabs, and how it goes with the daemon.

use crate::model::{Link, Model, Tab};
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::{Line, Span};

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let state = state(model, theme).alignment(Alignment::Right);
    frame.render_widget(state, area);
    frame.render_widget(tabs(model, theme), area);
}

fn tabs(model: &Model, theme: Theme) -> Line<'static> {
    let mut spans = vec![
        Span::styled("aegis", theme.style(Role::Title)),
        Span::raw(" "),
    ];
    for tab in Tab::ALL {
        let role = if tab == model.tab {
            Role::Selected
        } else {
            Role::Plain
        };
        spans.push(Span::styled(
            format!(" {} ", tab.title()),
            theme.style(role),
        ));
    }
    Line::from(spans)
}

fn state(model: &Model, theme: Theme) -> Line<'static> {
    let name = &model.about.instance;
    let (text, role) = match (&model.link, &model.status) {
        (Link::Connecting, _) => (format!("{name}: connecting"), Role::Dim),
        (Link::Lost(since, _), _) => {
            let seconds = model.now.as_second() - since.as_second();
            let age = super::text::age(u64::try_from(seconds).unwrap_or(0));
            (format!("{name}: DAEMON LOST {age}"), Role::Bad)
        }
        (Link::Live, Some(status)) if !status.healthy => {
            (format!("{name}: NOT ENFORCED"), Role::Bad)
        }
        (Link::Live, Some(status)) if !status.warnings.is_empty() => {
            (format!("{name}: {}", status.warnings[0]), Role::Warning)
        }
        (Link::Live, _) => (name.clone(), Role::Good),
    };
    let own = if model.about.is_own { " (own)" } else { "" };
    let read_only = if model.about.is_read_only {
        " (read-only)"
    } else {
        ""
    };
    Line::styled(format!("{text}{own}{read_only}"), theme.style(role))
}

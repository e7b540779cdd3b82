// SPDX-License-Identifier: MIT
//! The tab of events, counted together by peer and reason.

mod evidence;

use super::table::{self, Column};
use super::text::count;
use super::{caption, pane};
use crate::model::{Group, Logs, Model, Selectable};
use crate::theme::{Role, Sign, Theme};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

const COLUMNS: [Column; 8] = [
    Column::words("last", 8, 2),
    Column::addresses("source", 15, 0).growing(),
    Column::words("reason", 16, 0),
    Column::numbers("packets", 7, 1),
    Column::words("place", 20, 3).growing(),
    Column::words("list", 16, 4),
    Column::words("first", 8, 5),
    Column::words("class", 14, 6),
];

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let tab = &model.logs;
    let rest = caption::draw(frame, area, facts(tab), model, theme);
    let (area, beside) = pane::split(rest, tab.pane);
    let rows = tab.rows();
    let height = usize::from(area.height.saturating_sub(1));
    let first = rows.first_of(height);
    // Groups lie in a row of links: those on the screen are found once, not once for each of them.
    let shown: Vec<&Group> = tab.book().rows().skip(first).take(height).collect();
    let row = |number: usize| {
        let group = shown.get(number.wrapping_sub(first));
        group.map_or_else(Vec::new, |group| cells(group, theme))
    };
    table::draw(frame, area, (&COLUMNS, rows), theme, row);
    let Some(group) = tab.told() else { return };
    let title = match group.peer() {
        Some(peer) => peer.to_string(),
        None => "no address".to_owned(),
    };
    let bans = model.bans.holding(&title).collect::<Vec<_>>();
    let lines = evidence::lines(group, &bans, theme);
    pane::draw(frame, beside, (&title, lines), tab.pane, theme);
}

fn facts(tab: &Logs) -> Vec<(String, Role)> {
    let book = tab.book();
    let mut facts = Vec::new();
    if let Some(waiting) = tab.waiting() {
        facts.push((format!("PAUSED, {} since", count(waiting)), Role::Warning));
    }
    facts.push(match (book.shown(), book.len()) {
        (0, 0) => ("nothing has happened".to_owned(), Role::Dim),
        (shown, all) if shown == all => (format!("{all} groups"), Role::Plain),
        (shown, all) => (format!("{shown} of {all} groups"), Role::Plain),
    });
    if book.packets > 0 {
        facts.push((format!("{} packets", count(book.packets)), Role::Plain));
    }
    if tab.missed > 0 {
        facts.push((format!("{} events missed", count(tab.missed)), Role::Bad));
    }
    if book.forgotten > 0 {
        let text = format!("{} oldest forgotten", count(book.forgotten));
        facts.push((text, Role::Dim));
    }
    facts
}

fn cells(group: &Group, theme: Theme) -> Vec<Line<'static>> {
    let event = group.newest();
    let role = match event.action.as_str() {
        "drop" => Role::Bad,
        _ => Role::Good,
    };
    let place = group.place().map(ToString::to_string);
    vec![
        Line::raw(clock(group.last)),
        Line::raw(source(group, theme)),
        Line::raw(event.threat_type.clone()),
        Line::from(Span::styled(count(group.packets), theme.style(role))),
        Line::styled(place.unwrap_or_default(), theme.style(Role::Dim)),
        Line::raw(group.source().unwrap_or_default()),
        Line::raw(clock(group.first)),
        Line::raw(event.reason.clone()),
    ]
}

/// The peer; an arrow says that this host sent the packets.
fn source(group: &Group, theme: Theme) -> String {
    let peer = group
        .peer()
        .map_or_else(|| "no address".to_owned(), |peer| peer.to_string());
    match group.is_departing() {
        true => format!("{} {peer}", theme.sign(Sign::Arrow)),
        false => peer,
    }
}

/// The time of day, UTC.
fn clock(time: jiff::Timestamp) -> String {
    time.strftime("%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests;

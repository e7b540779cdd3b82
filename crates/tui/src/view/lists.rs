// SPDX-License-Identifier: MIT
//! The tab of lists, and of places that are not let through.

mod detail;
mod places;

use super::table::{self, Column};
use super::text::{age, count, seconds, since};
use super::{caption, pane};
use crate::model::{Lists, Model, Selectable, Standing};
use crate::theme::{Role, Sign, Theme};
use aegis_api::{ListCopy, ListStatus, ListsAnswer};
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

const COLUMNS: [Column; 11] = [
    Column::words("list", 16, 0).growing(),
    Column::words("state", 11, 0),
    Column::words("category", 12, 5),
    Column::words("way", 4, 6),
    Column::numbers("entries", 7, 1),
    Column::numbers("alone", 5, 4),
    Column::numbers("age", 6, 2),
    Column::numbers("next", 6, 3),
    Column::numbers("hits 24h", 8, 1),
    Column::numbers("last hit", 8, 4),
    Column::numbers("would", 6, 3),
];

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let tab = &model.lists;
    let rest = caption::draw(frame, area, facts(&tab.answer), model, theme);
    let (area, beside) = pane::split(rest, tab.pane);
    let [area, below] = split(area, tab);
    let row = |number| {
        let list = tab.list(number);
        list.map_or_else(Vec::new, |list| {
            cells(list, tab.standing(list), model.now, theme)
        })
    };
    table::draw(frame, area, (&COLUMNS, tab.rows()), theme, row);
    places::draw(frame, below, places::lines(tab.geo.as_ref(), theme));
    let (title, lines) = match tab.selected() {
        Some(list) => (
            list.name.clone(),
            detail::lines(tab, list, model.now, theme),
        ),
        None => pane::unselected(tab.rows(), theme),
    };
    pane::draw(frame, beside, (&title, lines), tab.pane, theme);
}

/// Where lists are, and places below them.
pub fn split(area: Rect, tab: &Lists) -> [Rect; 2] {
    // How many lines there are does not depend on what they look like.
    let places = places::lines(tab.geo.as_ref(), Theme::default());
    let height = places::height(area, places.len());
    Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(area)
}

fn facts(answer: &ListsAnswer) -> Vec<(String, Role)> {
    let on = answer.lists.iter().filter(|list| list.enabled).count();
    let all = answer.lists.len();
    let mut facts = match &answer.idle {
        None => vec![(format!("lists: {on} of {all} on"), Role::Plain)],
        Some(why) => vec![(why.clone(), Role::Warning)],
    };
    let amiss = answer.problem.iter().chain(&answer.coarse);
    facts.extend(amiss.map(|why| (why.clone(), Role::Warning)));
    let sets = &answer.sets;
    if sets.ranges_v4 + sets.ranges_v6 > 0 {
        let text = format!(
            "{} ranges of IPv4, {} of IPv6",
            count(sets.ranges_v4),
            count(sets.ranges_v6)
        );
        facts.push((text, Role::Dim));
    }
    facts
}

fn cells(
    list: &ListStatus,
    standing: Standing,
    now: Timestamp,
    theme: Theme,
) -> Vec<Line<'static>> {
    let copy = list.copy.as_ref();
    let of = |text: fn(&ListCopy) -> String| Line::raw(copy.map_or_else(String::new, text));
    let next = list.next.map(|next| match list.busy || next <= now {
        true => "now".to_owned(),
        false => age(seconds(now, next)),
    });
    let next = next.filter(|_| standing != Standing::Off);
    let last = list.hits.last.max(list.would_hit.last);
    vec![
        name(list, theme),
        state(standing, theme),
        Line::raw(list.category.clone()),
        Line::raw(list.direction.label()),
        of(|copy| count(copy.entries)),
        of(alone),
        of(|copy| age(copy.age_seconds)),
        Line::raw(next.unwrap_or_default()),
        Line::raw(count(list.hits.day.packets)),
        Line::raw(last.map_or_else(|| "never".to_owned(), |last| since(last, now))),
        Line::raw(count(list.would_hit.day.packets)),
    ]
}

/// With a sign where something of it is worth a warning.
fn name(list: &ListStatus, theme: Theme) -> Line<'static> {
    match list.warning {
        None => Line::raw(list.name.clone()),
        Some(_) => Line::styled(
            format!("{}{}", theme.sign(Sign::Attention), list.name),
            theme.style(Role::Warning),
        ),
    }
}

fn state(standing: Standing, theme: Theme) -> Line<'static> {
    let role = match standing {
        Standing::Block => Role::Good,
        Standing::Alert => Role::Plain,
        Standing::Off => Role::Dim,
        Standing::Quarantined => Role::Warning,
        Standing::Failed => Role::Bad,
    };
    Line::styled(standing.label(), theme.style(role))
}

/// The share of its addresses that no other list names: of IPv4, where there is any.
fn alone(copy: &ListCopy) -> String {
    let (part, all) = match copy.addresses_v4 {
        0 => (copy.unique_v6, copy.networks_v6),
        all => (copy.unique_v4, all),
    };
    let percent = (u128::from(part) * 100).checked_div(u128::from(all));
    percent.map_or_else(String::new, |percent| format!("{percent}%"))
}

#[cfg(test)]
mod tests;

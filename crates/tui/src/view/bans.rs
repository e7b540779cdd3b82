// SPDX-License-Identifier: MIT
//! The tab of bans and of the allowlist.

pub(super) mod detail;

use super::table::{self, Column};
use super::text::{age, since};
use super::{caption, pane};
use crate::model::{Bans, Model, Selectable, Side};
use crate::theme::{Role, Theme};
use aegis_api::{Allow, Ban};
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

const BANS: [Column; 7] = [
    Column::addresses("target", 15, 0).growing(),
    Column::words("what", 15, 2),
    Column::words("why", 14, 0).growing(),
    Column::numbers("since", 6, 3),
    Column::numbers("ends in", 7, 1),
    Column::words("place", 16, 4).growing(),
    Column::numbers("rule", 5, 5),
];

const ALLOWLIST: [Column; 4] = [
    Column::addresses("target", 18, 0).growing(),
    Column::words("why", 18, 1).growing(),
    Column::words("place", 18, 2).growing(),
    Column::numbers("rule", 5, 3),
];

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let tab = &model.bans;
    let rest = caption::draw(frame, area, facts(tab), model, theme);
    let (area, beside) = pane::split(rest, tab.pane);
    let lines = match tab.side {
        Side::Banned => {
            let row = |number| cells(tab.ban(number), model.now, theme);
            table::draw(frame, area, (&BANS, tab.rows()), theme, row);
            let told = |ban: &Ban| (ban.target.clone(), detail::ban(ban, model.now, theme));
            tab.selected().map(told)
        }
        Side::Allowed => {
            let row = |number| tab.allowed(number).map(entry).unwrap_or_default();
            table::draw(frame, area, (&ALLOWLIST, tab.rows()), theme, row);
            let told = |entry: &Allow| (entry.target.clone(), detail::allow(entry, theme));
            tab.selected_allow().map(told)
        }
    };
    let (title, lines) = lines.unwrap_or_else(|| pane::unselected(tab.rows(), theme));
    pane::draw(frame, beside, (&title, lines), tab.pane, theme);
}

fn facts(tab: &Bans) -> Vec<(String, Role)> {
    let (bans, allowed) = (tab.list.bans.len(), tab.allowlist.allow.len());
    let shown = tab.count();
    let role = |is_shown| if is_shown { Role::Title } else { Role::Dim };
    let of = |all: usize, is_shown: bool| match is_shown && shown < all {
        true => format!("{shown} of {all}"),
        false => all.to_string(),
    };
    let is_banned = tab.side == Side::Banned;
    let mut facts = vec![
        (format!("bans: {}", of(bans, is_banned)), role(is_banned)),
        (
            format!("allowlist: {}", of(allowed, !is_banned)),
            role(!is_banned),
        ),
    ];
    for (origin, count) in tab.list.others.iter().filter(|_| is_banned) {
        facts.push((format!("{count} more of {origin}"), Role::Dim));
    }
    if is_banned {
        let way = if tab.is_reversed { ", reversed" } else { "" };
        facts.push((format!("by {}{way}", tab.sort.label()), Role::Dim));
    }
    facts
}

fn cells(ban: Option<&Ban>, now: Timestamp, theme: Theme) -> Vec<Line<'static>> {
    let Some(ban) = ban else { return Vec::new() };
    let newest = ban.causes.iter().map(|cause| cause.since).max();
    let place = ban.place.as_ref().map(ToString::to_string);
    vec![
        Line::raw(ban.target.clone()),
        Line::raw(ban.part.clone()),
        Line::raw(why(ban)),
        Line::raw(newest.map_or_else(String::new, |newest| since(newest, now))),
        Line::raw(left(ban.expires, now)),
        Line::styled(place.unwrap_or_default(), theme.style(Role::Dim)),
        Line::raw(ban.rule.to_string()),
    ]
}

/// Who wants it, and the first reason that was given.
fn why(ban: &Ban) -> String {
    let origins: Vec<&str> = ban.causes.iter().map(|cause| &*cause.origin).collect();
    let reason = ban.causes.iter().find_map(|cause| cause.reason.as_deref());
    let reason = reason.map(|reason| format!(": {reason}"));
    format!("{}{}", origins.join(", "), reason.unwrap_or_default())
}

/// What is left of the time until then, by the clock of this moment.
fn left(end: Option<Timestamp>, now: Timestamp) -> String {
    let end = end.map(|end| age(super::text::seconds(now, end)));
    end.unwrap_or_else(|| "never".to_owned())
}

fn entry(allow: &Allow) -> Vec<Line<'static>> {
    let place = allow.place.as_ref().map(ToString::to_string);
    [
        allow.target.clone(),
        allow.reason.clone().unwrap_or_default(),
        place.unwrap_or_default(),
        allow.rule.to_string(),
    ]
    .map(Line::raw)
    .to_vec()
}

#[cfg(test)]
mod tests;

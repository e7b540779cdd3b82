// SPDX-License-Identifier: MIT
//! Everything about a list.

use super::super::pane::fact;
use super::super::text::{age, bytes, count, seconds, since};
use super::alone;
use crate::keys::{self, Action};
use crate::model::{Lists, Standing};
use crate::theme::{Role, Theme};
use aegis_api::{ListDetail, ListHits, ListPeer, ListStatus};
use jiff::Timestamp;
use ratatui::text::Line;

/// The lines; the detail takes a moment to come.
pub fn lines(tab: &Lists, list: &ListStatus, now: Timestamp, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = trouble(list, theme);
    lines.extend(what(list, tab.standing(list), theme));
    lines.extend(when(list, now, theme));
    lines.extend(hits("dropped", &list.hits, now, theme));
    lines.extend(hits("would have dropped", &list.would_hit, now, theme));
    if let Some(detail) = tab.selected_detail() {
        lines.extend(refused(detail, theme));
        lines.extend(peers(detail, now, theme));
    }
    lines
}

/// What is amiss goes first; a copy that was put aside is what the warning is about.
fn trouble(list: &ListStatus, theme: Theme) -> Vec<Line<'static>> {
    let warning = list.warning.clone().filter(|_| list.quarantine.is_none());
    let warning = warning.map(|text| Line::styled(text, theme.style(Role::Warning)));
    let aside = list.quarantine.as_ref().map(|aside| {
        let text = format!(
            "put aside {:.0}: {} ({} entries); {} takes it nevertheless",
            aside.at,
            aside.why,
            count(aside.entries),
            keys::label(Action::Release)
        );
        Line::styled(text, theme.style(Role::Warning))
    });
    warning.into_iter().chain(aside).collect()
}

fn what(list: &ListStatus, standing: Standing, theme: Theme) -> Vec<Line<'static>> {
    let switched = if list.switched { ", switched" } else { "" };
    let state = standing.label();
    let action = format!("{state} ({}, {}{switched})", list.action, list.direction);
    let origin = list.origin.clone();
    let origin = origin.unwrap_or_else(|| "a text that was loaded by hand".to_owned());
    let mut lines = vec![
        fact("state", action, theme),
        fact("category", list.category.clone(), theme),
        fact("from", format!("{origin} ({})", list.format), theme),
    ];
    if let Some(copy) = &list.copy {
        let names = match (copy.addresses_v4, copy.networks_v6) {
            (v4, 0) => format!("{v4} addresses"),
            (0, v6) => format!("{v6} networks of IPv6"),
            (v4, v6) => format!("{v4} addresses, {v6} networks of IPv6"),
        };
        let entries = format!("{} ({} refused)", copy.entries, copy.refused);
        let names = format!("{names}, {} of them no other list does", alone(copy));
        lines.push(fact("entries", entries, theme));
        lines.push(fact("names", names, theme));
    }
    lines
}

fn when(list: &ListStatus, now: Timestamp, theme: Theme) -> Vec<Line<'static>> {
    let copy = list.copy.as_ref().map(|copy| {
        let text = format!("{:.0}, {} ago", copy.fetched, age(copy.age_seconds));
        fact("newest", text, theme)
    });
    let next = list.next.map(|next| {
        let every = list.interval_seconds.map(age).unwrap_or_default();
        let text = format!("in {}, every {every}", age(seconds(now, next)));
        fact("next", text, theme)
    });
    let last = list.last.as_ref().map(|last| {
        let why = last.why.as_ref().map(|why| format!(": {why}"));
        let why = why.unwrap_or_default();
        let failed = match list.failures {
            0 => String::new(),
            failures => format!(", {failures} in a row"),
        };
        let text = format!("{} {:.0}{failed}{why}", last.outcome, last.at);
        fact("last attempt", text, theme)
    });
    [copy, next, last].into_iter().flatten().collect()
}

fn hits(what: &str, hits: &ListHits, now: Timestamp, theme: Theme) -> Option<Line<'static>> {
    let last = hits.last?;
    let text = format!(
        "{} packets in 24 h, {} in all ({}), last {} ago",
        count(hits.day.packets),
        count(hits.total.packets),
        bytes(hits.total.bytes),
        since(last, now)
    );
    Some(fact(what, text, theme))
}

fn refused(detail: &ListDetail, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for reason in &detail.refusals {
        let text = format!("refused {}: {}", reason.count, reason.why);
        lines.push(Line::styled(text, theme.style(Role::Warning)));
        let these = detail.refused.iter().filter(|line| line.why == reason.why);
        lines.extend(these.map(|line| Line::raw(format!("  line {}: {}", line.line, line.text))));
    }
    lines
}

fn peers(detail: &ListDetail, now: Timestamp, theme: Theme) -> Vec<Line<'static>> {
    if detail.peers.is_empty() {
        return Vec::new();
    }
    let title = "peers of this host that it would cut off";
    let mut lines = vec![Line::styled(title, theme.style(Role::Title))];
    lines.extend(detail.peers.iter().map(|of| peer(of, now)));
    if detail.more_peers > 0 {
        lines.push(Line::raw(format!(
            "and others, seen {} times",
            detail.more_peers
        )));
    }
    lines
}

fn peer(peer: &ListPeer, now: Timestamp) -> Line<'static> {
    Line::raw(format!(
        "{} {}: {} connections, {}, {} ago",
        peer.address,
        peer.category,
        peer.connections,
        bytes(peer.bytes),
        since(peer.last, now)
    ))
}

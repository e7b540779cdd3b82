// SPDX-License-Identifier: MIT
//! Below the lists: which places are not let through, and what that comes to.

use super::super::text::{bytes, count, plain};
use crate::theme::{Role, Theme};
use aegis_api::{Direction, GeoHits, GeoPolicy, GeoStatus};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// So many lines are left to the table at least.
const TABLE: u16 = 8;
/// So many lines there are at most: a few words, and the places with the most hits.
const MOST: usize = 6;

/// So high it is, where that leaves enough to the table.
#[must_use]
pub fn height(area: Rect, lines: usize) -> u16 {
    let wanted = u16::try_from(lines.min(MOST)).unwrap_or(u16::MAX);
    wanted.min(area.height.saturating_sub(TABLE))
}

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>) {
    let lines: Vec<Line<'_>> = lines.into_iter().map(plain).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

/// What is known and enforced of places; nothing where there is nothing of either.
#[must_use]
pub fn lines(geo: Option<&GeoStatus>, theme: Theme) -> Vec<Line<'static>> {
    let Some(geo) = geo else { return Vec::new() };
    let mut lines = Vec::new();
    let policy = geo.policy.as_ref();
    let policy = policy.filter(|policy| !policy.block.is_empty() || !policy.allow_only.is_empty());
    if let Some(policy) = policy {
        lines.push(head(words(policy), theme));
    } else if !geo.databases.is_empty() {
        lines.push(head("all of them are let through".to_owned(), theme));
    }
    let warnings = geo.warnings.iter().cloned();
    lines.extend(warnings.map(|text| Line::styled(text, theme.style(Role::Warning))));
    lines.extend(
        policy
            .iter()
            .flat_map(|policy| policy.hits.iter().map(hits)),
    );
    lines
}

fn head(text: String, theme: Theme) -> Line<'static> {
    Line::from(vec![
        Span::styled("places ", theme.style(Role::Title)),
        Span::raw(text),
    ])
}

fn words(policy: &GeoPolicy) -> String {
    let way = match policy.direction {
        Direction::Both => "both ways",
        way => way.label(),
    };
    let rule = match policy.allow_only.as_slice() {
        [] => format!("block {}", policy.block.join(", ")),
        only if policy.block.is_empty() => format!("only {}", only.join(", ")),
        only => format!("only {}, not {}", only.join(", "), policy.block.join(", ")),
    };
    format!("{rule}; {way}; unknown ones {}", policy.unknown)
}

fn hits(hits: &GeoHits) -> Line<'static> {
    let system = hits.asn.map(|number| format!("AS{number}"));
    let parts: Vec<String> = hits.country.clone().into_iter().chain(system).collect();
    let place = match parts.is_empty() {
        true => "unknown".to_owned(),
        false => parts.join(" "),
    };
    let (packets, size) = (count(hits.packets), bytes(hits.bytes));
    Line::raw(format!("  {place}: {packets} packets dropped, {size}"))
}

// SPDX-License-Identifier: MIT
//! Everything about a ban, cause by cause, or about an entry of the allowlist.

use super::super::pane::fact;
use super::super::text::{age, seconds, since};
use crate::theme::{Role, Theme};
use aegis_api::{Allow, Ban, BanCause, Place};
use jiff::Timestamp;
use ratatui::text::Line;

/// Of a ban.
pub fn ban(ban: &Ban, now: Timestamp, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = vec![
        fact("banned", ban.part.clone(), theme),
        fact("until", end(ban.expires, now), theme),
        fact("rule", ban.rule.to_string(), theme),
    ];
    lines.extend(place(ban.place.as_ref(), theme));
    let causes = match ban.causes.len() {
        1 => "why",
        _ => "why; it ends with the last of them",
    };
    lines.push(Line::raw(""));
    lines.push(Line::styled(causes, theme.style(Role::Title)));
    let causes = ban.causes.iter();
    lines.extend(causes.flat_map(|of| cause(of, now, theme)));
    lines
}

/// Why it holds, one of the causes.
pub fn cause(cause: &BanCause, now: Timestamp, theme: Theme) -> Vec<Line<'static>> {
    let by = match cause.origin.as_str() {
        "operator" => "by an operator".to_owned(),
        "crowdsec" => "by CrowdSec".to_owned(),
        found => format!("automatically, for {found}"),
    };
    let mut lines = vec![Line::raw(by)];
    let reason = cause.reason.clone();
    lines.extend(reason.map(|reason| Line::raw(format!("  {reason}"))));
    let since = format!("{:.0}, {} ago", cause.since, since(cause.since, now));
    lines.push(fact("  since", since, theme));
    lines.push(fact("  until", end(cause.expires, now), theme));
    lines
}

fn end(end: Option<Timestamp>, now: Timestamp) -> String {
    match end {
        None => "it is lifted".to_owned(),
        Some(end) => format!("{end:.0}, {} from now", age(seconds(now, end))),
    }
}

fn place(place: Option<&Place>, theme: Theme) -> Option<Line<'static>> {
    place.map(|place| fact("place", place.at_length(), theme))
}

/// Of an entry of the allowlist.
pub fn allow(allow: &Allow, theme: Theme) -> Vec<Line<'static>> {
    let reason = allow.reason.clone();
    let mut lines = vec![
        Line::raw("never dropped, whatever bans, lists and detectors say"),
        fact(
            "why",
            reason.unwrap_or_else(|| "not said".to_owned()),
            theme,
        ),
        fact("rule", allow.rule.to_string(), theme),
    ];
    lines.extend(place(allow.place.as_ref(), theme));
    lines
}

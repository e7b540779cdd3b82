// SPDX-License-Identifier: MIT
//! Everything about a connection: its ends, what it moves, whose it is, what is known of its peer, and
//! what can be done.

use super::super::pane::fact;
use super::super::text::{age, bytes, count};
use super::super::{spark, why};
use super::columns::reason;
use crate::keys::{self, Action};
use crate::model::{Fate, Listed, Model, Process, Trace};
use crate::theme::{Role, Sign, Theme};
use aegis_api::{Flow, FlowRate, Total};
use ratatui::text::{Line, Span};

/// What can be done with it.
const ACTIONS: [(Action, &str); 8] = [
    (Action::ToggleBan, "block"),
    (Action::BlockAs, "block as"),
    (Action::ToggleAllow, "allow"),
    (Action::Kill, "kill"),
    (Action::Follow, "follow"),
    (Action::Why, "why"),
    (Action::Copy, "copy"),
    (Action::Undo, "undo"),
];

/// The title, and the lines, of which each has room for so many letters.
#[must_use]
pub fn lines(model: &Model, room: usize, theme: Theme) -> Option<(String, Vec<Line<'static>>)> {
    let tab = &model.connections;
    let listed = tab.selected_row()?;
    let flow = &listed.flow;
    let mut lines = vec![state(listed, theme)];
    lines.push(ends(flow, theme));
    lines.extend(tab.processes.get(&flow.id).map(|of| process(of, theme)));
    lines.extend(amounts(flow, theme));
    // What is no longer told of has no present that its past would end in.
    let is_told = listed.fate != Fate::Untold;
    let trace = tab.traces.of(&flow.id).filter(|_| is_told);
    lines.extend(history(trace, room, theme));
    match tab.why() {
        Some(known) => lines.extend(why::lines(known, model.now, theme)),
        None => lines.extend(
            flow.place
                .as_ref()
                .map(|place| fact("place", place.at_length(), theme)),
        ),
    }
    lines.push(Line::raw(""));
    lines.push(actions(theme));
    Some((flow.peer.to_string(), lines))
}

fn state(listed: &Listed, theme: Theme) -> Line<'static> {
    let flow = &listed.flow;
    let gone = match listed.fate {
        Fate::There => None,
        Fate::Ended => Some("no longer listed: it has ended"),
        Fate::Untold => Some(
            "no longer among the first that are listed, and nothing is told of it: this is how it was",
        ),
    };
    if let Some(text) = gone {
        return Line::styled(text, theme.style(Role::Dim));
    }
    let began = match &*flow.direction {
        "in" => "begun by the peer",
        "out" => "begun here",
        _ => "begun before it was watched",
    };
    let (verdict, role) = match &*flow.verdict {
        "drop" => ("DROPPED", Role::Bad),
        _ => ("passes", Role::Good),
    };
    let mut spans = vec![
        Span::styled(verdict, theme.style(role)),
        Span::raw(format!(", {} {}, {began}", flow.proto, flow.state)),
    ];
    let reason = reason(flow);
    if !reason.is_empty() {
        spans.push(Span::styled(format!("; {reason}"), theme.style(role)));
    }
    Line::from(spans)
}

/// From who began it to the other end, as far as that was seen.
fn ends(flow: &Flow, theme: Theme) -> Line<'static> {
    let peer = format!("{} port {}", flow.peer, flow.peer_port);
    let here = format!("{} port {}", flow.local, flow.local_port);
    let (from, to) = match &*flow.direction {
        "out" => (here, peer),
        _ => (peer, here),
    };
    fact("from", format!("{from} to {to}"), theme)
}

fn process(process: &Process, theme: Theme) -> Line<'static> {
    let (name, pid, user) = (&process.name, process.pid, &process.user);
    let command = match &*process.command {
        "" => String::new(),
        command => format!(": {command}"),
    };
    fact("process", format!("{pid} {name} of {user}{command}"), theme)
}

fn amounts(flow: &Flow, theme: Theme) -> [Line<'static>; 3] {
    let total = |of: &Total| format!("{} in {} packets", bytes(of.bytes), count(of.packets));
    let (age, idle) = (age(flow.age_seconds), age(flow.idle_seconds));
    let (received, sent) = (total(&flow.received), total(&flow.sent));
    let now = &flow.now;
    let rate = format!(
        "{}/s received, {}/s sent, {} packets/s",
        bytes(now.received_bytes_per_second),
        bytes(now.sent_bytes_per_second),
        count(now.packets_per_second)
    );
    [
        fact("age", format!("{age}, idle for {idle}"), theme),
        fact("moved", format!("received {received}, sent {sent}"), theme),
        fact("now", rate, theme),
    ]
}

/// Its rates since it is watched, the newest at the right.
fn history(trace: Option<&Trace>, room: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some(trace) = trace.filter(|trace| trace.len() > 1) else {
        return Vec::new();
    };
    let bars = |sign: Sign, of: fn(&FlowRate) -> u64| {
        let sign = theme.sign(sign);
        let rates: Vec<u64> = trace.iter().map(of).collect();
        let line = spark::line(&rates, room.saturating_sub(sign.chars().count() + 1), theme);
        Line::from(vec![
            Span::styled(format!("{sign} "), theme.style(Role::Dim)),
            Span::styled(line, theme.style(Role::Good)),
        ])
    };
    let shown = trace.len().min(room.saturating_sub(2));
    let most = trace
        .iter()
        .rev()
        .take(shown)
        .map(FlowRate::bytes_per_second)
        .max();
    let text = format!(
        "{} ago to now, at most {}/s",
        age(shown as u64),
        bytes(most.unwrap_or(0))
    );
    vec![
        Line::styled(text, theme.style(Role::Dim)),
        bars(Sign::In, |rate| rate.received_bytes_per_second),
        bars(Sign::Out, |rate| rate.sent_bytes_per_second),
    ]
}

fn actions(theme: Theme) -> Line<'static> {
    let spans = ACTIONS.into_iter().flat_map(|(action, word)| {
        [
            Span::styled(keys::label(action), theme.style(Role::Key)),
            Span::raw(format!(" {word}  ")),
        ]
    });
    Line::from(spans.collect::<Vec<_>>())
}

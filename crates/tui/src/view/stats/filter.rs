// SPDX-License-Identifier: MIT
//! How the filter itself does: where it is attached, what a packet costs, whether anything that it tells
//! gets lost, how full its tables are, and what the daemon warns of.

use super::column::Section;
use crate::model::{Model, StatsRow};
use crate::theme::{Role, Theme};
use crate::view::text::{count, wrapped};
use aegis_api::{AttachmentStatus, Status, TableStatus};
use ratatui::text::Line;

/// A table that is so full is worth a look, percent.
const FULL: u64 = 80;

/// The section, in a column of that width: what is longer goes on in the next line.
pub fn section(model: &Model, width: usize, theme: Theme) -> Section {
    let facts = model.status.iter().flat_map(|status| facts(status, model));
    let lines = facts.flat_map(|(text, role)| {
        let lines = wrapped(&text, width).into_iter();
        lines.map(move |line| Line::styled(line, theme.style(role)))
    });
    let numbered = lines.enumerate();
    Section {
        title: "the filter".to_owned(),
        lines: numbered
            .map(|(number, line)| (StatsRow::Fact(number), line))
            .collect(),
    }
}

fn facts(status: &Status, model: &Model) -> Vec<(String, Role)> {
    let attachments = status.attachments.iter();
    let mut facts: Vec<_> = attachments.map(|one| attached_at(one, model)).collect();
    let is_counted = |one: &AttachmentStatus| one.run_count.is_some();
    if !status.attachments.iter().any(is_counted) {
        let text = "cost of a packet: not counted (sysctl kernel.bpf_stats_enabled=1)";
        facts.push((text.to_owned(), Role::Dim));
    }
    facts.extend([connections(status), events(status)]);
    facts.extend(tables(status));
    let warnings = status.warnings.iter().cloned();
    facts.extend(warnings.map(|text| (text, Role::Warning)));
    facts
}

fn attached_at(attachment: &AttachmentStatus, model: &Model) -> (String, Role) {
    let place = (attachment.interface.clone(), attachment.hook.clone());
    let cost = match model.stats.cost.get(&place) {
        Some(cost) => format!(", {cost} ns a packet"),
        None if attachment.run_count.is_some() => ", no packet yet".to_owned(),
        None => String::new(),
    };
    let (missing, role) = match attachment.attached {
        true => ("", Role::Good),
        false => (", NOT ATTACHED", Role::Bad),
    };
    let (interface, mode) = (&attachment.interface, &attachment.mode);
    let text = format!("{interface} {} {mode}{missing}{cost}", attachment.hook);
    (text, role)
}

fn connections(status: &Status) -> (String, Role) {
    let state = &status.state;
    let text = format!(
        "{} connections, {} half-open ({} %), cookies {}",
        state.flows, state.half_open, state.half_open_percent, state.syn_cookies.mode
    );
    (text, Role::Plain)
}

fn events(status: &Status) -> (String, Role) {
    let events = &status.events;
    let role = match events.lost_per_second {
        0 => Role::Plain,
        _ => Role::Bad,
    };
    let text = format!(
        "events: {} lost, {} held back a second",
        count(events.lost),
        count(events.suppressed_per_second)
    );
    (text, role)
}

/// The fullest first.
fn tables(status: &Status) -> impl Iterator<Item = (String, Role)> {
    let percent = |table: &TableStatus| table.entries * 100 / table.capacity.max(1);
    let mut tables: Vec<&TableStatus> = status.tables.iter().collect();
    tables.sort_by_key(|table| std::cmp::Reverse((percent(table), table.entries)));
    tables.into_iter().map(move |table| {
        let percent = percent(table);
        let role = if percent >= FULL {
            Role::Bad
        } else {
            Role::Plain
        };
        let text = format!("{percent:>3} % of {} {}", count(table.capacity), table.name);
        (text, role)
    })
}

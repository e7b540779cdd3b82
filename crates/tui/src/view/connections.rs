// SPDX-License-Identifier: MIT
//! The tab of connections, one row each or one row a group.

mod columns;
mod detail;
mod groups;

pub use columns::SORTS;
pub use groups::GROUP_SORTS;

use super::table::{self, Column, Sorted};
use super::text::number;
use super::{caption, pane};
use crate::model::{Connections, FlowOrder, Model, Tab};
use crate::theme::{Role, Theme};
use aegis_api::FlowGroupSort;
use columns::FLOWS;
use groups::GROUPS;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

/// A column, what it is sorted by, and what it says of a row.
pub struct Shown<S: 'static, C> {
    /// The column.
    column: Column,
    /// What comes first where somebody sorts by it, and by what else it is marked; none: it cannot be.
    sorts: &'static [S],
    /// Whether what is highest comes first then.
    falls: bool,
    /// Makes its cell of a row.
    cell: C,
}

impl<S, C> Shown<S, C> {
    /// Sorted with the lowest first.
    const fn rising(column: Column, sorts: &'static [S], cell: C) -> Self {
        Self {
            column,
            sorts,
            falls: false,
            cell,
        }
    }

    /// Sorted with the highest first.
    const fn falling(column: Column, sorts: &'static [S], cell: C) -> Self {
        Self {
            column,
            sorts,
            falls: true,
            cell,
        }
    }
}

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let tab = &model.connections;
    let rest = caption::draw(frame, area, facts(tab), model, theme);
    let (area, beside) = pane::split(rest, tab.pane);
    let lines = match tab.scope.by {
        None => {
            flows(frame, area, tab, theme);
            let room = usize::from(beside.width.saturating_sub(2));
            detail::lines(model, room, theme)
        }
        Some(by) => {
            groups::draw(frame, area, (tab, by), theme);
            groups::lines(tab, by, theme)
        }
    };
    let (title, lines) = lines.unwrap_or_else(|| pane::unselected(tab.rows(), theme));
    pane::draw(frame, beside, (&title, lines), tab.pane, theme);
}

fn flows(frame: &mut Frame<'_>, area: Rect, tab: &Connections, theme: Theme) {
    let sorted = sorted(&FLOWS, tab.order, tab.is_reversed);
    let columns = FLOWS.each_ref().map(|shown| shown.column);
    let is_current = tab.is_current();
    let row = |number: usize| {
        let Some(listed) = tab.listing.flows.get(number) else {
            return Vec::new();
        };
        let row = columns::Row {
            process: tab.processes.get(&listed.flow.id),
            listed,
            is_faded: listed.is_gone() || !is_current,
        };
        FLOWS
            .iter()
            .map(|shown| (shown.cell)(&row, theme))
            .collect()
    };
    table::draw_sorted(frame, area, (&columns, tab.rows(), &sorted), theme, row);
    if tab.listing.flows.is_empty() {
        nothing(frame, area, tab, theme);
    }
}

/// Why there are no rows.
fn nothing(frame: &mut Frame<'_>, area: Rect, tab: &Connections, theme: Theme) {
    let text = match (tab.has_answer(), tab.filter().is_empty()) {
        (false, _) => "waiting for the daemon",
        (true, true) => "nobody is connected",
        (true, false) => "no connection is like that; Esc clears the filter",
    };
    let below = Layout::vertical([Constraint::Length(1), Constraint::Length(1)]);
    let [_, line] = below.areas(area);
    frame.render_widget(Line::styled(text, theme.style(Role::Dim)), line);
}

/// Which columns are marked.
fn sorted<S: PartialEq, C>(all: &[Shown<S, C>], sort: S, is_reversed: bool) -> Sorted {
    let marked = all
        .iter()
        .enumerate()
        .filter(|(_, shown)| shown.sorts.contains(&sort));
    let marked: Vec<(usize, bool)> = marked
        .map(|(number, shown)| (number, shown.falls))
        .collect();
    Sorted {
        falls: marked.first().is_some_and(|(_, falls)| *falls) != is_reversed,
        columns: marked.into_iter().map(|(number, _)| number).collect(),
    }
}

/// What of the table is at a place of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The title of a tab.
    Tab(Tab),
    /// A row.
    Row(usize),
    /// The title of a column by which connections can be sorted.
    Sort(FlowOrder),
    /// The same of groups.
    GroupSort(FlowGroupSort),
}

/// What the column sorts by whose title is there: so far from the left, in a table of that width.
#[must_use]
pub fn heading(model: &Model, place: (u16, u16)) -> Option<Spot> {
    let tab = &model.connections;
    match tab.scope.by {
        None => sort_of(&FLOWS, tab.order, place).map(Spot::Sort),
        Some(_) => sort_of(&GROUPS, tab.group_sort, place).map(Spot::GroupSort),
    }
}

fn sort_of<S: Copy + PartialEq, C>(
    all: &[Shown<S, C>],
    sort: S,
    (width, x): (u16, u16),
) -> Option<S> {
    let columns: Vec<Column> = all.iter().map(|shown| shown.column).collect();
    let column = table::column_at(&columns, &sorted(all, sort, false), width, x)?;
    all[column].sorts.first().copied()
}

fn facts(tab: &Connections) -> Vec<(String, Role)> {
    let (found, matched, total) = match tab.scope.by {
        None => (None, tab.listing.matched, tab.listing.total),
        Some(_) => {
            let groups = &tab.groups.list;
            (Some(groups.found), groups.matched, groups.total)
        }
    };
    let connections = match (matched == total, tab.filter().is_empty()) {
        (true, true) => format!("{} connections", number(total)),
        _ => format!("{} of {} connections", number(matched), number(total)),
    };
    let mut facts = Vec::new();
    if let (Some(found), Some(by)) = (found, tab.scope.by) {
        facts.push((format!("{} by {by}", number(found)), Role::Title));
    }
    facts.push((connections, Role::Title));
    facts.extend(order(tab, found.unwrap_or(matched)));
    facts
}

/// What comes first, and how many of so many rows there are.
fn order(tab: &Connections, all: usize) -> Vec<(String, Role)> {
    let mut facts = Vec::new();
    let shown = tab.rows().count();
    let is_cut = shown < all;
    let way = if tab.is_reversed { ", reversed" } else { "" };
    let sort = match tab.scope.by {
        None => columns::label(tab.sort),
        Some(_) => groups::label(tab.group_sort),
    };
    match (tab.scope.by, tab.order) {
        // Which ones are listed is decided where nobody knows of programs.
        (None, FlowOrder::Process) if is_cut => {
            let text = format!("only these {shown} by process{way}, the first by {sort}");
            facts.push((text, Role::Warning));
            return facts;
        }
        (_, _) if is_cut => facts.push((format!("first {shown}"), Role::Dim)),
        _ => {}
    }
    let sort = match (tab.scope.by, tab.order) {
        (None, FlowOrder::Process) => "process",
        _ => sort,
    };
    facts.push((format!("by {sort}{way}"), Role::Dim));
    facts
}

#[cfg(test)]
mod tests;

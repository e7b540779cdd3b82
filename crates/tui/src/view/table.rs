// SPDX-License-Identifier: MIT
//! A table of which only the rows on the screen are made, and of columns those for which there is
//! room, the most important first.

use super::text::plain;
use crate::model::Rows;
use crate::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table};

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its title.
    pub title: &'static str,
    /// The width that it needs, columns of the terminal.
    pub width: u16,
    /// Whether it takes what is left over.
    pub grows: bool,
    /// Whether it is of numbers, which stand to the right.
    pub is_number: bool,
    /// Columns with higher ranks go first where there is no room.
    pub rank: u8,
}

impl Column {
    /// Of words.
    #[must_use]
    pub const fn words(title: &'static str, width: u16, rank: u8) -> Self {
        Self {
            title,
            width,
            grows: false,
            is_number: false,
            rank,
        }
    }

    /// Of numbers.
    #[must_use]
    pub const fn numbers(title: &'static str, width: u16, rank: u8) -> Self {
        Self {
            is_number: true,
            ..Self::words(title, width, rank)
        }
    }

    /// The same, taking what is left over.
    #[must_use]
    pub const fn growing(self) -> Self {
        Self {
            grows: true,
            ..self
        }
    }
}

/// Which columns have room in so many columns of the terminal, in their order.
#[must_use]
pub fn fitting(columns: &[Column], width: u16) -> Vec<usize> {
    let mut chosen: Vec<usize> = (0..columns.len()).collect();
    let needed = |chosen: &[usize]| -> u16 {
        let widths = chosen.iter().map(|&column| columns[column].width + 1);
        widths.sum::<u16>().saturating_sub(1)
    };
    while chosen.len() > 1 && needed(&chosen) > width {
        let last = chosen
            .iter()
            .enumerate()
            .max_by_key(|(_, column)| columns[**column].rank);
        let Some((place, _)) = last else { break };
        chosen.remove(place);
    }
    chosen
}

/// Draws it. `row` makes the cells of a row, one for each column; it is asked for rows on the screen.
pub fn draw<'a>(
    frame: &mut Frame<'_>,
    area: Rect,
    (columns, rows): (&[Column], Rows),
    theme: Theme,
    row: impl Fn(usize) -> Vec<Line<'a>>,
) {
    let chosen = fitting(columns, area.width);
    let title = |&column: &usize| aligned(&columns[column], Line::raw(columns[column].title));
    let header = Row::new(chosen.iter().map(title)).style(theme.style(Role::Title));
    let height = usize::from(area.height.saturating_sub(1));
    let first = rows.first_of(height);
    let shown = (first..rows.count()).take(height).map(|number| {
        let mut cells = row(number);
        let cell = |&column: &usize| {
            let line = cells.get_mut(column).map(std::mem::take);
            aligned(&columns[column], line.unwrap_or_default())
        };
        let line = Row::new(chosen.iter().map(cell).collect::<Vec<_>>());
        match rows.selected() == Some(number) {
            true => line.style(theme.style(Role::Selected)),
            false => line,
        }
    });
    let widths = chosen.iter().map(|&column| match columns[column] {
        Column {
            grows: true, width, ..
        } => Constraint::Min(width),
        Column { width, .. } => Constraint::Length(width),
    });
    frame.render_widget(Table::new(shown, widths).header(header), area);
}

fn aligned<'a>(column: &Column, line: Line<'a>) -> Cell<'a> {
    let alignment = match column.is_number {
        true => Alignment::Right,
        false => Alignment::Left,
    };
    Cell::from(plain(line).alignment(alignment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_matter_least_go_first() {
        let columns = [
            Column::words("a", 10, 0),
            Column::words("b", 10, 2),
            Column::words("c", 10, 1),
        ];
        assert_eq!(fitting(&columns, 32), [0, 1, 2]);
        assert_eq!(fitting(&columns, 31), [0, 2]);
        assert_eq!(fitting(&columns, 20), [0]);
        assert_eq!(fitting(&columns, 1), [0]);
    }
}

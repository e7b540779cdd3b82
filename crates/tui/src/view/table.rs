// SPDX-License-Identifier: MIT
//! A table of which only the rows on the screen are made, and of columns those for which there is
//! room, the most important first.

use super::text::{cut, plain, shortened};
use crate::model::Rows;
use crate::theme::{Role, Sign, Theme};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
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
    /// Whether it is of addresses, of which the end matters as much as the beginning.
    pub is_address: bool,
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
            is_address: false,
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

    /// Of addresses and prefixes.
    #[must_use]
    pub const fn addresses(title: &'static str, width: u16, rank: u8) -> Self {
        Self {
            is_address: true,
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

/// Which columns what is shown is sorted by, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Sorted {
    /// The columns; they are marked, and have room before all others.
    pub columns: Vec<usize>,
    /// Whether what is highest comes first.
    pub falls: bool,
}

/// Draws it. `row` makes the cells of a row, one for each column; it is asked for rows on the screen.
pub fn draw<'a>(
    frame: &mut Frame<'_>,
    area: Rect,
    (columns, rows): (&[Column], Rows),
    theme: Theme,
    row: impl Fn(usize) -> Vec<Line<'a>>,
) {
    draw_sorted(frame, area, (columns, rows, &Sorted::default()), theme, row);
}

/// The same of a table that is sorted.
pub fn draw_sorted<'a>(
    frame: &mut Frame<'_>,
    area: Rect,
    (columns, rows, sorted): (&[Column], Rows, &Sorted),
    theme: Theme,
    row: impl Fn(usize) -> Vec<Line<'a>>,
) {
    let places = places(columns, sorted, area.width);
    let title = |place: &Place| {
        let mark = sorted.columns.contains(&place.column);
        let mark = if mark {
            theme.sort_mark(sorted.falls)
        } else {
            ""
        };
        let text = format!("{}{mark}", columns[place.column].title);
        aligned(&columns[place.column], Line::raw(text), place.width, theme)
    };
    let header = Row::new(places.iter().map(title)).style(theme.style(Role::Title));
    let height = usize::from(area.height.saturating_sub(1));
    let first = rows.first_of(height);
    let shown = (first..rows.count()).take(height).map(|number| {
        let mut cells = row(number);
        let cell = |place: &Place| {
            let line = cells.get_mut(place.column).map(std::mem::take);
            let column = &columns[place.column];
            aligned(column, line.unwrap_or_default(), place.width, theme)
        };
        let line = Row::new(places.iter().map(cell).collect::<Vec<_>>());
        match rows.selected() == Some(number) {
            true => line.style(theme.style(Role::Selected)),
            false => line,
        }
    });
    let widths = places.iter().map(|place| Constraint::Length(place.width));
    frame.render_widget(Table::new(shown, widths).header(header), area);
}

/// Where a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    column: usize,
    x: u16,
    width: u16,
}

/// The column at a place of the terminal, counted from the left edge of the table.
#[must_use]
pub fn column_at(columns: &[Column], sorted: &Sorted, width: u16, x: u16) -> Option<usize> {
    let places = places(columns, sorted, width);
    let there = |place: &&Place| (place.x..=place.x + place.width).contains(&x);
    places.iter().find(there).map(|place| place.column)
}

/// The columns that have room, each with its share of it.
fn places(columns: &[Column], sorted: &Sorted, width: u16) -> Vec<Place> {
    let ranked = columns.iter().enumerate().map(|(number, &column)| Column {
        rank: match sorted.columns.contains(&number) {
            true => 0,
            false => column.rank,
        },
        ..column
    });
    let chosen = fitting(&ranked.collect::<Vec<_>>(), width);
    let widths = chosen.iter().map(|&column| match columns[column] {
        Column {
            grows: true, width, ..
        } => Constraint::Min(width),
        Column { width, .. } => Constraint::Length(width),
    });
    let areas = Layout::horizontal(widths)
        .spacing(1)
        .split(Rect::new(0, 0, width, 1));
    let place = |(&column, area): (&usize, &Rect)| Place {
        column,
        x: area.x,
        width: area.width,
    };
    chosen.iter().zip(areas.iter()).map(place).collect()
}

/// What is too long ends with a sign for that.
fn aligned<'a>(column: &Column, line: Line<'a>, width: u16, theme: Theme) -> Cell<'a> {
    let alignment = match column.is_number {
        true => Alignment::Right,
        false => Alignment::Left,
    };
    let (width, sign) = (usize::from(width), theme.sign(Sign::Cut));
    let mut line = plain(line);
    if let (true, [address]) = (column.is_address, line.spans.as_mut_slice()) {
        address.content = shortened(&address.content, width, sign).into();
    }
    let line = cut(line, width, sign);
    Cell::from(line.alignment(alignment))
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

    #[test]
    fn what_it_is_sorted_by_has_room_and_is_where_it_is_clicked() {
        let columns = [
            Column::words("a", 10, 0).growing(),
            Column::words("b", 4, 1),
            Column::numbers("c", 4, 2),
        ];
        let unsorted = Sorted::default();
        assert_eq!(places(&columns, &unsorted, 15).len(), 2);
        let sorted = Sorted {
            columns: vec![2],
            falls: true,
        };
        let shown: Vec<usize> = places(&columns, &sorted, 15)
            .iter()
            .map(|at| at.column)
            .collect();
        assert_eq!(shown, [0, 2]);
        assert_eq!(column_at(&columns, &sorted, 15, 12), Some(2));
        assert_eq!(column_at(&columns, &unsorted, 40, 3), Some(0));
        assert_eq!(column_at(&columns, &unsorted, 40, 99), None);
    }
}

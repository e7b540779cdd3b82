// SPDX-License-Identifier: MIT
//! Aligned columns.

/// On which side a column is flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows under a heading; no line ends in blanks.
pub struct Table<const N: usize> {
    align: [Align; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with only its heading.
    pub fn new(heading: [&str; N], align: [Align; N]) -> Self {
        Self {
            align,
            rows: vec![heading.map(str::to_owned)],
        }
    }

    /// One more row.
    pub fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// The lines, without a final line break.
    pub fn render(&self) -> String {
        let width = |column: usize| {
            self.rows
                .iter()
                .map(|row| row[column].chars().count())
                .max()
        };
        let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
        let lines: Vec<String> = self
            .rows
            .iter()
            .map(|row| self.line(row, &widths))
            .collect();
        lines.join("\n")
    }

    fn line(&self, row: &[String; N], widths: &[usize; N]) -> String {
        let cells = row.iter().zip(widths).zip(self.align);
        let padded = cells.map(|((cell, &width), align)| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_flush_left_and_numbers_flush_right() {
        let mut table = Table::new(
            ["NAME", "COUNT", "NOTE"],
            [Align::Left, Align::Right, Align::Left],
        );
        table.row(["a".to_owned(), "7".to_owned(), String::new()]);
        table.row(["longer".to_owned(), "123,456".to_owned(), "é".to_owned()]);
        let expected = "NAME      COUNT  NOTE\na             7\nlonger  123,456  é";
        assert_eq!(table.render(), expected);
    }
}

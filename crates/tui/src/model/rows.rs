// SPDX-License-Identifier: MIT
//! Which row of a table is selected, and which are on the screen.

/// A place in a table whose rows come and go. The table says how many there are; the screen, when it
/// is drawn, how many fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    selected: usize,
    count: usize,
    /// Whether the first rows are shown and none is selected, until somebody moves.
    is_following: bool,
}

impl Rows {
    /// Of a table whose rows change places by themselves: none is selected before somebody moves, so
    /// that no key hits another row than the one that it was meant for.
    #[must_use]
    pub fn following() -> Self {
        Self {
            is_following: true,
            ..Self::default()
        }
    }

    /// The selected row; `None` in an empty table, and while none is selected.
    #[must_use]
    pub fn selected(self) -> Option<usize> {
        (self.count > 0 && !self.is_following).then_some(self.selected)
    }

    /// How many there are.
    #[must_use]
    pub fn count(self) -> usize {
        self.count
    }

    /// There are so many now.
    pub fn resize(&mut self, count: usize) {
        self.count = count;
        self.select(self.selected);
    }

    /// Selects a row, the last one where there are not so many.
    pub fn select(&mut self, row: usize) {
        self.selected = row.min(self.count.saturating_sub(1));
    }

    /// So many rows down, or up where that is negative; it ends at the ends. Where none is selected,
    /// one step is to the first.
    pub fn step(&mut self, by: isize) {
        if self.is_following && self.count > 0 {
            self.is_following = false;
            self.selected = 0;
            return self.step(by.saturating_sub(by.signum()));
        }
        self.select(self.selected.saturating_add_signed(by));
    }

    /// The first row on a screen of so many, such that the selected one is on it, in its middle if
    /// it can be.
    #[must_use]
    pub fn first_of(self, height: usize) -> usize {
        let beyond = self.count.saturating_sub(height);
        self.selected.saturating_sub(height / 2).min(beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_stays_within_the_table() {
        let mut rows = Rows::default();
        rows.step(3);
        assert_eq!(rows.selected(), None);
        rows.resize(5);
        rows.step(-1);
        assert_eq!(rows.selected(), Some(0));
        rows.step(100);
        assert_eq!(rows.selected(), Some(4));
        rows.resize(2);
        assert_eq!(rows.selected(), Some(1));
    }

    #[test]
    fn a_table_that_moves_by_itself_has_nothing_selected_before_somebody_moves() {
        let mut rows = Rows::following();
        rows.resize(5);
        assert_eq!((rows.selected(), rows.first_of(2)), (None, 0));
        rows.step(1);
        assert_eq!(rows.selected(), Some(0));
        let mut rows = Rows::following();
        rows.resize(5);
        rows.step(isize::MAX);
        assert_eq!(rows.selected(), Some(4));
    }

    #[test]
    fn the_selected_row_is_on_the_screen() {
        let mut rows = Rows::default();
        rows.resize(100);
        for (selected, first) in [(0, 0), (4, 0), (5, 0), (50, 45), (99, 90)] {
            rows.select(selected);
            assert_eq!(rows.first_of(10), first, "{selected}");
        }
        rows.resize(3);
        assert_eq!(rows.first_of(10), 0);
    }
}

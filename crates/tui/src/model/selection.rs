// SPDX-License-Identifier: MIT
//! Which row of a table is selected, and which are on the screen. Rows come, go and change places by
//! themselves: one is selected by what it is and not by where it is, so that no key hits another row than
//! the one that it was meant for.

/// What is selected of a table, and from where on it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection<Key> {
    /// By what the selected row is the same another time; `None` before somebody moves, and once it has
    /// gone.
    key: Option<Key>,
    /// Where that is, or was: who moves goes on from there.
    at: usize,
    /// The first row on the screen.
    first: usize,
}

impl<Key> Default for Selection<Key> {
    fn default() -> Self {
        Self {
            key: None,
            at: 0,
            first: 0,
        }
    }
}

impl<Key> Selection<Key> {
    /// By what the selected row is the same another time, whether or not it is there.
    #[must_use]
    pub const fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }
}

/// How a table stands at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    count: usize,
    selected: Option<usize>,
    at: usize,
    first: usize,
}

impl Rows {
    /// The selected row; `None` while none is selected.
    #[must_use]
    pub const fn selected(self) -> Option<usize> {
        self.selected
    }

    /// How many there are.
    #[must_use]
    pub const fn count(self) -> usize {
        self.count
    }

    /// The same with none of them selected.
    #[must_use]
    pub const fn unselected(self) -> Self {
        Self {
            selected: None,
            ..self
        }
    }

    /// The row so many further down, or up where that is negative; it ends at the ends. Where none is
    /// selected, one step down is to the row that is where the selected one was.
    #[must_use]
    pub fn after(self, by: isize) -> Option<usize> {
        let by = match self.selected {
            None if by > 0 => by - 1,
            _ => by,
        };
        let last = self.count.checked_sub(1)?;
        Some(self.at.saturating_add_signed(by).min(last))
    }

    /// The first row on a screen of so many: the same as before, unless the selected one would not be
    /// on it then.
    #[must_use]
    pub fn first_of(self, height: usize) -> usize {
        let height = height.max(1);
        let first = match self.selected {
            Some(selected) => {
                let lowest = (selected + 1).saturating_sub(height);
                self.first.clamp(lowest, selected)
            }
            None => self.first,
        };
        first.min(self.count.saturating_sub(height))
    }
}

/// A table of which a row can be selected.
pub trait Selectable {
    /// By what a row is the same another time.
    type Key: PartialEq;

    /// How many rows there are.
    fn count(&self) -> usize;

    /// What is in a row.
    fn key_of(&self, row: usize) -> Option<Self::Key>;

    /// In which row that is.
    fn row_of(&self, key: &Self::Key) -> Option<usize>;

    /// What is selected.
    fn selection(&self) -> &Selection<Self::Key>;

    /// The same, to be changed.
    fn selection_mut(&mut self) -> &mut Selection<Self::Key>;

    /// How it stands at the moment.
    fn rows(&self) -> Rows {
        let selection = self.selection();
        let key = selection.key.as_ref();
        // Most often it is where it was.
        let selected = key.and_then(
            |key| match self.key_of(selection.at).as_ref() == Some(key) {
                true => Some(selection.at),
                false => self.row_of(key),
            },
        );
        Rows {
            count: self.count(),
            selected,
            at: selected.unwrap_or(selection.at),
            first: selection.first,
        }
    }

    /// So many rows down, or up.
    fn step(&mut self, by: isize) {
        if let Some(row) = self.rows().after(by) {
            self.choose(row);
        }
    }

    /// Selects a row, if there is one.
    fn choose(&mut self, row: usize) {
        let key = self.key_of(row);
        let selection = self.selection_mut();
        if key.is_some() {
            selection.at = row;
        }
        selection.key = key;
    }

    /// Selects nothing, and shows the first rows.
    fn release(&mut self) {
        *self.selection_mut() = Selection::default();
    }

    /// The rows have come anew: what has gone from among them is not selected any more, not even once it
    /// is back.
    fn arranged(&mut self) {
        let rows = self.rows();
        let selection = self.selection_mut();
        selection.at = rows.at;
        selection.key.take_if(|_| rows.selected.is_none());
    }

    /// Other rows are shown than before, from the first one on; what was selected still is, if it is
    /// among them.
    fn shown_anew(&mut self) {
        self.arranged();
        if self.selection().key.is_none() {
            self.release();
        }
    }

    /// So many rows are on the screen: those that are stay there until the selected one leaves them.
    fn settle(&mut self, height: usize) {
        self.arranged();
        self.selection_mut().first = self.rows().first_of(height);
    }
}

#[cfg(test)]
mod tests;

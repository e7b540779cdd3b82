// SPDX-License-Identifier: MIT
//! What is told at length of the selected row, beside the table or in its place.

/// Whether it has been opened, and how far it is scrolled. On a wide screen it is there anyway; one
/// that was opened has the keys that move by screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pane {
    /// Whether it has been.
    pub is_open: bool,
    /// Lines above the first one that is shown.
    pub scrolled: u16,
}

/// From so many columns of the terminal on it is there unasked.
pub const WIDE: u16 = 110;

impl Pane {
    /// Whether it is on a screen of so many columns.
    #[must_use]
    pub fn is_shown(self, width: u16) -> bool {
        self.is_open || width >= WIDE
    }

    /// Opens it, or closes it again.
    pub fn toggle(&mut self) {
        *self = Self {
            is_open: !self.is_open,
            scrolled: 0,
        };
    }

    /// So many lines down, or up where that is negative.
    pub fn scroll(&mut self, by: isize) {
        let by = i16::try_from(by).unwrap_or(if by < 0 { i16::MIN } else { i16::MAX });
        self.scrolled = self.scrolled.saturating_add_signed(by);
    }

    /// To its beginning, as another row is told of.
    pub fn rewind(&mut self) {
        self.scrolled = 0;
    }
}

// SPDX-License-Identifier: MIT
//! Numbers as a line of bars, one letter each.

use crate::theme::{Symbols, Theme};

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const LETTERS: [char; 9] = [' ', '.', ',', ':', '-', '=', '+', '*', '#'];

/// The last so many of them, the highest one full; what is not nothing can be told from nothing.
#[must_use]
pub fn line(numbers: &[u64], width: usize, theme: Theme) -> String {
    let bars = match theme.symbols {
        Symbols::Unicode => BLOCKS,
        Symbols::Ascii => LETTERS,
    };
    let shown = &numbers[numbers.len().saturating_sub(width)..];
    let most = shown.iter().copied().max().unwrap_or(0).max(1);
    let bar = |&number: &u64| {
        let share = u128::from(number) * 8;
        let height = share.div_ceil(u128::from(most));
        bars[usize::try_from(height).unwrap_or(8)]
    };
    shown.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_is_full_and_a_little_is_not_nothing() {
        let theme = Theme::default();
        assert_eq!(line(&[0, 1, 500, 1_000], 10, theme), " ▁▄█");
        assert_eq!(line(&[9, 0, u64::MAX], 2, theme), " █");
        assert_eq!(line(&[0, 0], 10, theme), "  ");
        assert_eq!(line(&[], 10, theme), "");
        let ascii = Theme {
            symbols: Symbols::Ascii,
            ..theme
        };
        assert_eq!(line(&[0, 1_000], 10, ascii), " #");
    }
}

// SPDX-License-Identifier: MIT
//! Numbers as a line of bars, one letter each.

use crate::theme::Theme;

/// The last so many of them, the highest one full; what is not nothing can be told from nothing.
#[must_use]
pub fn line(numbers: &[u64], width: usize, theme: Theme) -> String {
    let bars = theme.bars();
    let heights = [
        bars.empty,
        bars.one_eighth,
        bars.one_quarter,
        bars.three_eighths,
        bars.half,
        bars.five_eighths,
        bars.three_quarters,
        bars.seven_eighths,
        bars.full,
    ];
    let shown = &numbers[numbers.len().saturating_sub(width)..];
    let most = shown.iter().copied().max().unwrap_or(0).max(1);
    let bar = |&number: &u64| {
        let eighths = (u128::from(number) * 8).div_ceil(u128::from(most));
        usize::try_from(eighths).map_or(bars.full, |eighths| heights[eighths])
    };
    shown.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Symbols;

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

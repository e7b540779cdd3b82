// SPDX-License-Identifier: MIT

use super::*;

/// Rows that are what they say.
#[derive(Default)]
struct Letters {
    rows: Vec<char>,
    selection: Selection<char>,
}

impl Selectable for Letters {
    type Key = char;

    fn count(&self) -> usize {
        self.rows.len()
    }

    fn key_of(&self, row: usize) -> Option<char> {
        self.rows.get(row).copied()
    }

    fn row_of(&self, key: &char) -> Option<usize> {
        self.rows.iter().position(|row| row == key)
    }

    fn selection(&self) -> &Selection<char> {
        &self.selection
    }

    fn selection_mut(&mut self) -> &mut Selection<char> {
        &mut self.selection
    }
}

impl Letters {
    fn of(rows: &str) -> Self {
        let mut letters = Self::default();
        letters.come(rows);
        letters
    }

    fn come(&mut self, rows: &str) {
        self.rows = rows.chars().collect();
        self.arranged();
    }

    fn selected(&self) -> Option<char> {
        self.key_of(self.rows().selected()?)
    }
}

#[test]
fn nothing_is_selected_before_somebody_moves_and_then_it_ends_at_the_ends() {
    let mut letters = Letters::of("abcde");
    assert_eq!(letters.selected(), None);
    letters.step(1);
    assert_eq!(letters.selected(), Some('a'));
    letters.step(-1);
    assert_eq!(letters.selected(), Some('a'));
    letters.step(isize::MAX);
    assert_eq!(letters.selected(), Some('e'));
    letters.step(isize::MIN);
    assert_eq!(letters.selected(), Some('a'));
    let mut none = Letters::of("");
    none.step(1);
    assert_eq!(none.selected(), None);
    let mut last = Letters::of("abcde");
    last.step(isize::MAX);
    assert_eq!(last.selected(), Some('e'));
}

#[test]
fn what_is_selected_stays_so_wherever_its_row_goes() {
    let mut letters = Letters::of("abcde");
    letters.choose(1);
    letters.come("edcba");
    assert_eq!(
        (letters.selected(), letters.rows().selected()),
        (Some('b'), Some(3))
    );
    letters.step(1);
    assert_eq!(letters.selected(), Some('a'));
}

#[test]
fn what_came_in_its_place_is_not_selected_until_somebody_moves() {
    let mut letters = Letters::of("abcde");
    letters.choose(1);
    letters.come("acde");
    assert_eq!(letters.selected(), None);
    letters.come("abcde");
    assert_eq!(letters.selected(), None, "not even when it is back");
    letters.step(1);
    assert_eq!(letters.selected(), Some('b'), "they go on from there");
    letters.come("acde");
    letters.step(-1);
    assert_eq!(letters.selected(), Some('a'));
}

#[test]
fn rows_on_the_screen_stay_there_until_the_selected_one_leaves_them() {
    let mut letters = Letters::of("abcdefghij");
    let first = |letters: &mut Letters| {
        letters.settle(3);
        letters.rows().first_of(3)
    };
    for (by, shown) in [(1, 0), (2, 0), (1, 1), (1, 2), (-1, 2), (-1, 2), (-1, 1)] {
        letters.step(by);
        assert_eq!(first(&mut letters), shown, "{by}");
    }
    letters.choose(3);
    assert_eq!(first(&mut letters), 1, "what is clicked does not move");
    letters.come("abc");
    assert_eq!(first(&mut letters), 0, "there are no rows beyond the last");
}

#[test]
fn where_the_selected_row_has_gone_the_others_stay_on_the_screen() {
    let mut letters = Letters::of("abcdefghij");
    letters.choose(8);
    letters.settle(3);
    letters.come("abcdefghj");
    assert_eq!((letters.selected(), letters.rows().first_of(3)), (None, 6));
    letters.choose(1);
    letters.rows = "xyz".chars().collect();
    letters.shown_anew();
    assert_eq!((letters.selected(), letters.rows().first_of(2)), (None, 0));
}

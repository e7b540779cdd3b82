// SPDX-License-Identifier: MIT
//! Lists laid over each other: which ones name an address, as one number.

mod compile;

pub use compile::{Compiled, Weight, compile};

use crate::span::Span;
use std::collections::HashMap;

/// A list and the category under which it has an entry, as whoever compiles numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub u32);

/// A class of addresses: all those that the same labels name. 0 is that of addresses on no list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub u32);

/// Classes, by what they stand for. A class keeps its number for as long as this lives, so that what
/// was counted under the number stays true while sets are swapped.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    labels: Vec<Box<[Label]>>,
    ids: HashMap<Box<[Label]>, ClassId>,
}

/// Addresses of one class, sorted and disjoint where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<N> {
    /// Which addresses.
    pub span: Span<N>,
    /// Never 0.
    pub class: ClassId,
}

impl Classes {
    /// The class of what these labels name; they are put in order, and each counts once.
    pub fn of(&mut self, labels: &[Label]) -> ClassId {
        let mut labels = labels.to_vec();
        labels.sort_unstable();
        labels.dedup();
        self.of_sorted(&labels)
    }

    /// As [`Classes::of`], of labels that are in order and do not occur twice.
    fn of_sorted(&mut self, labels: &[Label]) -> ClassId {
        if labels.is_empty() {
            return ClassId::default();
        }
        if let Some(&id) = self.ids.get(labels) {
            return id;
        }
        let labels: Box<[Label]> = labels.into();
        self.labels.push(labels.clone());
        let id = ClassId(self.labels.len() as u32);
        self.ids.insert(labels, id);
        id
    }

    /// What a class stands for; nothing for 0, and for one that is not known.
    pub fn labels(&self, class: ClassId) -> &[Label] {
        let before = (class.0 as usize).checked_sub(1);
        let labels = before.and_then(|at| self.labels.get(at));
        labels.map_or(&[], |labels| labels)
    }

    /// Every class and what it stands for, by number.
    pub fn iter(&self) -> impl Iterator<Item = (ClassId, &[Label])> {
        let numbered = self.labels.iter().enumerate();
        numbered.map(|(at, labels)| (ClassId(at as u32 + 1), &**labels))
    }

    /// How many there are, 0 not counted.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_what_names_it_in_whatever_order() {
        let mut classes = Classes::default();
        let both = classes.of(&[Label(7), Label(3), Label(7)]);
        assert_eq!(both, ClassId(1));
        assert_eq!(classes.of(&[Label(3), Label(7)]), both);
        assert_eq!(classes.labels(both), [Label(3), Label(7)]);
        assert_ne!(classes.of(&[Label(3)]), both);
        assert_eq!(classes.of(&[]), ClassId(0));
        assert_eq!(classes.labels(ClassId(0)), []);
        assert_eq!(classes.len(), 2);
    }
}

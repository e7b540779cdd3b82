// SPDX-License-Identifier: MIT
//! Numbers of labels and classes: who is meant by the number that the kernel counts under.
//!
//! They hold for as long as the kernel's tables do, over starts of the daemon, so that the book is on
//! the disk before a set with new numbers is in the kernel.

use aegis_abi::SetAction;
use aegis_lists::{ClassId, Classes, Label};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A list, and what it says that those do whom it names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Meaning {
    /// The list.
    pub list: String,
    /// What they do.
    pub category: String,
}

/// Labels of lists that are gone, beside as many as there are in use: they are forgotten beyond.
const PAST: usize = 256;

/// What numbers mean.
#[derive(Clone, Debug, Default)]
pub struct Book {
    meanings: Vec<Meaning>,
    labels: HashMap<Meaning, Label>,
    classes: Classes,
}

/// The book as it is written down.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    labels: Vec<Meaning>,
    classes: Vec<Vec<u32>>,
}

impl Book {
    /// The label of a list and a category.
    pub fn label(&mut self, list: &str, category: &str) -> Label {
        let meaning = Meaning {
            list: list.to_owned(),
            category: category.to_owned(),
        };
        if let Some(&label) = self.labels.get(&meaning) {
            return label;
        }
        let label = Label(self.meanings.len() as u32);
        self.meanings.push(meaning.clone());
        self.labels.insert(meaning, label);
        label
    }

    /// What a label means.
    pub fn meaning(&self, label: Label) -> Option<&Meaning> {
        self.meanings.get(label.0 as usize)
    }

    /// What a class means: the lists that name its addresses.
    pub fn meanings(&self, class: ClassId) -> impl Iterator<Item = &Meaning> {
        let labels = self.classes.labels(class).iter();
        labels.filter_map(|label| self.meaning(*label))
    }

    /// The classes there are.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The same, to be added to.
    pub fn classes_mut(&mut self) -> &mut Classes {
        &mut self.classes
    }

    /// Begins to number classes anew.
    pub fn forget_classes(&mut self) {
        self.classes = Classes::default();
    }

    /// Whether so many of its labels are not among those in use, of which there are `used`, that it is
    /// time to number everything anew.
    pub fn is_mostly_past(&self, used: usize) -> bool {
        self.meanings.len() > 2 * used + PAST
    }

    /// What is to happen to each label, by number.
    pub fn by_label(&self, action: impl Fn(&Meaning) -> SetAction) -> Actions {
        Actions(self.meanings.iter().map(action).collect())
    }
}

impl Written {
    /// For the disk: what labels mean, by number, and which classes there are.
    pub fn of(
        Book {
            meanings, classes, ..
        }: &Book,
    ) -> Self {
        let numbers = |(_, labels): (ClassId, &[Label])| labels.iter().map(|l| l.0).collect();
        Self {
            labels: meanings.clone(),
            classes: classes.iter().map(numbers).collect(),
        }
    }
}

impl From<Written> for Book {
    fn from(written: Written) -> Self {
        let mut book = Self::default();
        for meaning in &written.labels {
            book.label(&meaning.list, &meaning.category);
        }
        for numbers in &written.classes {
            let labels: Vec<Label> = numbers.iter().copied().map(Label).collect();
            book.classes.of(&labels);
        }
        book
    }
}

/// What is to happen, by label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actions(Vec<SetAction>);

impl Actions {
    /// What is to happen to a class: everything that any of its lists wants.
    pub fn of(&self, class: ClassId, classes: &Classes) -> SetAction {
        let labels = classes.labels(class).iter();
        let wanted = labels.filter_map(|label| self.0.get(label.0 as usize));
        wanted.fold(SetAction::NONE, |all, one| all.with(*one))
    }

    /// What is to happen to a label.
    pub fn of_label(&self, label: Label) -> SetAction {
        self.0.get(label.0 as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_after_they_were_written_and_read() {
        let mut book = Book::default();
        let (drop, feodo) = (book.label("drop", "hijacked"), book.label("feodo", "c2"));
        let classes = book.classes_mut();
        let (one, both) = (classes.of(&[feodo]), classes.of(&[drop, feodo]));
        let json = serde_json::to_string(&Written::of(&book)).expect("plain fields");
        let written: Written = serde_json::from_str(&json).expect("as written");
        let mut read = Book::from(written);
        assert_eq!(read.label("feodo", "c2"), feodo);
        let lists = |class| -> Vec<String> {
            let meanings = read.meanings(class);
            meanings.map(|meaning| meaning.list.clone()).collect()
        };
        assert_eq!(lists(one), ["feodo"]);
        assert_eq!(lists(both), ["drop", "feodo"]);
        assert_eq!(read.label("new", "x"), Label(2));
    }

    #[test]
    fn a_class_gets_what_any_of_its_lists_wants() {
        let mut book = Book::default();
        let (block, alert) = (book.label("block", "x"), book.label("alert", "x"));
        let mut classes = Classes::default();
        let both = classes.of(&[block, alert]);
        let actions = book.by_label(|meaning| match meaning.list.as_str() {
            "block" => SetAction::ARRIVING,
            _ => SetAction::WATCHED,
        });
        let expected = SetAction::ARRIVING.with(SetAction::WATCHED);
        assert_eq!(actions.of(both, &classes), expected);
        assert_eq!(actions.of(ClassId(9), &classes), SetAction::NONE);
    }
}

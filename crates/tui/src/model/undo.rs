// SPDX-License-Identifier: MIT
//! Changes that were made from here, and how each is taken back, or made again.

use crate::message::Change;
use std::collections::VecDeque;

/// Changes that can be taken back, at most.
const MOST: usize = 100;

/// Which way one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// What was done is taken back.
    Back,
    /// What was taken back is done again.
    Again,
}

/// One step of what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// What takes it back, or does it again.
    Change(Change),
    /// It cannot be taken back; what it was.
    Final(String),
}

/// What comes of a key that asks to go one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This is to be done.
    Change(Change),
    /// The step that would come next cannot be: what it was. It is passed over from now on.
    Final(String),
    /// The daemon has not answered to the one before.
    Busy,
    /// There is no step that way.
    Nothing,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Undo {
    done: VecDeque<Step>,
    undone: Vec<Change>,
    asked: Option<(Way, Change)>,
}

impl Undo {
    /// The next step that way. One at a time, so that they do not overtake each other.
    pub fn next(&mut self, way: Way) -> Next {
        if self.asked.is_some() {
            return Next::Busy;
        }
        let step = match way {
            Way::Back => self.done.pop_back(),
            Way::Again => self.undone.pop().map(Step::Change),
        };
        match step {
            Some(Step::Change(change)) => {
                self.asked = Some((way, change.clone()));
                Next::Change(change)
            }
            Some(Step::Final(what)) => Next::Final(what),
            None => Next::Nothing,
        }
    }

    /// The daemon has answered to a change: which way that was a step, where it was one.
    pub fn answered(&mut self, change: &Change) -> Option<Way> {
        let asked = self.asked.take_if(|(_, asked)| asked == change);
        asked.map(|(way, _)| way)
    }

    /// A step was made, and this is the other way round.
    pub fn made(&mut self, way: Way, inverse: Option<Change>) {
        match way {
            Way::Back => self.undone.extend(inverse),
            Way::Again => self.done.extend(inverse.map(Step::Change)),
        }
    }

    /// A step was not made, and may be tried again.
    pub fn failed(&mut self, way: Way, change: Change) {
        match way {
            Way::Back => self.done.push_back(Step::Change(change)),
            Way::Again => self.undone.push(change),
        }
    }

    /// Something new was done; what was taken back before cannot be done again on top of it.
    pub fn done(&mut self, inverse: Change) {
        self.push(Step::Change(inverse));
    }

    /// Something was done that cannot be taken back, and what.
    pub fn done_for_good(&mut self, what: String) {
        self.push(Step::Final(what));
    }

    fn push(&mut self, step: Step) {
        self.undone.clear();
        self.done.push_back(step);
        if self.done.len() > MOST {
            self.done.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::UnbanRequest;

    fn change(target: &str) -> Change {
        Change::Unban(UnbanRequest {
            target: target.to_owned(),
            ..UnbanRequest::default()
        })
    }

    #[test]
    fn steps_go_back_one_after_the_other_and_again() {
        let mut undo = Undo::default();
        undo.done(change("a"));
        undo.done(change("b"));
        for (target, way) in [
            ("b", Way::Back),
            ("a", Way::Back),
            ("-a", Way::Again),
            ("-b", Way::Again),
            ("b", Way::Back),
        ] {
            let step = change(target);
            assert_eq!(undo.next(way), Next::Change(step.clone()));
            assert_eq!(undo.next(way), Next::Busy);
            assert_eq!(undo.answered(&step), Some(way));
            let other = match target.strip_prefix('-') {
                Some(target) => target.to_owned(),
                None => format!("-{target}"),
            };
            undo.made(way, Some(change(&other)));
        }
        undo.done(change("c"));
        assert_eq!(
            undo.next(Way::Again),
            Next::Nothing,
            "something new was done"
        );
    }

    #[test]
    fn what_cannot_be_taken_back_is_told_once_and_passed_over() {
        let mut undo = Undo::default();
        undo.done(change("a"));
        undo.done_for_good("killed".to_owned());
        assert_eq!(undo.next(Way::Back), Next::Final("killed".to_owned()));
        assert_eq!(undo.next(Way::Back), Next::Change(change("a")));
    }

    #[test]
    fn what_failed_can_be_tried_again() {
        let mut undo = Undo::default();
        undo.done(change("a"));
        assert_eq!(undo.next(Way::Back), Next::Change(change("a")));
        assert_eq!(undo.answered(&change("x")), None, "another change");
        assert_eq!(undo.answered(&change("a")), Some(Way::Back));
        undo.failed(Way::Back, change("a"));
        assert_eq!(undo.next(Way::Back), Next::Change(change("a")));
    }

    #[test]
    fn so_many_are_kept() {
        let mut undo = Undo::default();
        (0..=MOST).for_each(|number| undo.done(change(&number.to_string())));
        assert_eq!(undo.done.len(), MOST);
    }
}

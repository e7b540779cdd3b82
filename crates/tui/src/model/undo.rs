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

/// A change that was made, and what takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    change: Change,
    back: Change,
}

/// One step of what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// It can be taken back.
    Made(Box<Made>),
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
    undone: Vec<Made>,
    asked: Option<(Way, Box<Made>)>,
    /// What failed last, and may be tried once more.
    failed: Option<Change>,
}

impl Undo {
    /// The next step that way. One at a time, so that they do not overtake each other.
    pub fn next(&mut self, way: Way) -> Next {
        if self.asked.is_some() {
            return Next::Busy;
        }
        let step = match way {
            Way::Back => self.done.pop_back(),
            Way::Again => self.undone.pop().map(|made| Step::Made(Box::new(made))),
        };
        match step {
            Some(Step::Made(made)) => {
                let change = made.that(way).clone();
                self.asked = Some((way, made));
                Next::Change(change)
            }
            Some(Step::Final(what)) => Next::Final(what),
            None => Next::Nothing,
        }
    }

    /// The daemon has answered to a change: the step that it was, where it was one.
    pub fn answered(&mut self, change: &Change) -> Option<(Way, Box<Made>)> {
        self.asked.take_if(|(way, made)| made.that(*way) == change)
    }

    /// A step was made; `back` takes it back, where it was made again.
    pub fn made(&mut self, (way, mut made): (Way, Box<Made>), back: Option<Change>) {
        match way {
            Way::Back => self.undone.push(*made),
            Way::Again => {
                made.back = back.unwrap_or(made.back);
                self.done.push_back(Step::Made(made));
            }
        }
    }

    /// A step was not made. It may be tried once more, which is told, and is passed over then: what is
    /// gone meanwhile must not be in the way of what was before it.
    pub fn failed(&mut self, (way, made): (Way, Box<Made>)) -> bool {
        let change = made.that(way).clone();
        if self.failed.take().as_ref() == Some(&change) {
            return false;
        }
        self.failed = Some(change);
        match way {
            Way::Back => self.done.push_back(Step::Made(made)),
            Way::Again => self.undone.push(*made),
        }
        true
    }

    /// Something new was done; what was taken back before cannot be done again on top of it.
    pub fn done(&mut self, change: Change, back: Change) {
        self.push(Step::Made(Box::new(Made { change, back })));
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

impl Made {
    /// What is asked for to go that way.
    const fn that(&self, way: Way) -> &Change {
        match way {
            Way::Back => &self.back,
            Way::Again => &self.change,
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

    /// Something was done, of which `-TARGET` is the way back.
    fn done(undo: &mut Undo, target: &str) {
        undo.done(change(target), change(&format!("-{target}")));
    }

    #[test]
    fn steps_go_back_one_after_the_other_and_again() {
        let mut undo = Undo::default();
        done(&mut undo, "a");
        done(&mut undo, "b");
        for (target, way) in [
            ("-b", Way::Back),
            ("-a", Way::Back),
            ("a", Way::Again),
            ("b", Way::Again),
            ("-b", Way::Back),
        ] {
            let asked = change(target);
            assert_eq!(undo.next(way), Next::Change(asked.clone()));
            assert_eq!(undo.next(way), Next::Busy);
            let step = undo.answered(&asked).expect("it was asked for");
            undo.made(step, None);
        }
        done(&mut undo, "c");
        assert_eq!(
            undo.next(Way::Again),
            Next::Nothing,
            "something new was done"
        );
    }

    #[test]
    fn what_cannot_be_taken_back_is_told_once_and_passed_over() {
        let mut undo = Undo::default();
        done(&mut undo, "a");
        undo.done_for_good("killed".to_owned());
        assert_eq!(undo.next(Way::Back), Next::Final("killed".to_owned()));
        assert_eq!(undo.next(Way::Back), Next::Change(change("-a")));
    }

    #[test]
    fn what_failed_can_be_tried_once_more_and_is_in_the_way_no_longer() {
        let mut undo = Undo::default();
        done(&mut undo, "a");
        done(&mut undo, "b");
        for is_kept in [true, false] {
            assert_eq!(undo.next(Way::Back), Next::Change(change("-b")));
            assert_eq!(undo.answered(&change("x")), None, "another change");
            let step = undo.answered(&change("-b")).expect("it was asked for");
            assert_eq!(undo.failed(step), is_kept);
        }
        assert_eq!(undo.next(Way::Back), Next::Change(change("-a")));
    }

    #[test]
    fn so_many_are_kept() {
        let mut undo = Undo::default();
        (0..=MOST).for_each(|number| done(&mut undo, &number.to_string()));
        assert_eq!(undo.done.len(), MOST);
    }
}

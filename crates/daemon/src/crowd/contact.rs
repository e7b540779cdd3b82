// SPDX-License-Identifier: MIT
//! Whether the LAPI answers, and since when.

use jiff::Timestamp;

/// How it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contact {
    /// Since when it is as it is; `None`: nobody has asked yet.
    pub(super) since: Option<Timestamp>,
    /// The last answer.
    pub(super) last_answer: Option<Timestamp>,
    /// Why there is none.
    pub(super) problem: Option<String>,
}

impl Contact {
    /// It answered. Whether that is news.
    pub(super) fn answered(&mut self, now: Timestamp) -> bool {
        let news = self.since.is_none() || self.problem.is_some();
        if news {
            self.since = Some(now);
        }
        self.problem = None;
        self.last_answer = Some(now);
        news
    }

    /// It did not. Whether that is news.
    pub(super) fn failed(&mut self, problem: String, now: Timestamp) -> bool {
        if self.problem.is_none() {
            self.since = Some(now);
        }
        let news = self.problem.as_ref() != Some(&problem);
        self.problem = Some(problem);
        news
    }

    /// Whether it answered when it was asked last.
    pub(super) fn is_good(&self) -> bool {
        self.problem.is_none() && self.last_answer.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_once_and_lasts_since_its_beginning() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let mut contact = Contact::default();
        assert!(!contact.is_good());
        assert!(contact.answered(at(1)) && !contact.answered(at(2)));
        assert_eq!(contact.since, Some(at(1)));
        assert!(contact.failed("a".to_owned(), at(3)) && !contact.failed("a".to_owned(), at(4)));
        assert!(
            contact.failed("b".to_owned(), at(5)),
            "another reason is news"
        );
        assert_eq!(
            (contact.since, contact.last_answer),
            (Some(at(3)), Some(at(2)))
        );
        assert!(contact.answered(at(6)) && contact.is_good());
        assert_eq!(contact.since, Some(at(6)));
    }
}

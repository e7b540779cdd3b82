// SPDX-License-Identifier: MIT
//! What connections are filtered by, from a line that is typed to what the daemon has taken.

use crate::model::search::net_of;
use aegis_api::filter::Choice;
use aegis_api::{FilterError, FlowFilter, FlowGroupBy};

/// A filter, and a line that may become one. What makes no sense yet, here or to the daemon, leaves the
/// last one that did in force, and a word that cannot come to any does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filtering {
    /// What was typed.
    pub typed: String,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// Whether it was typed to its end.
    is_finished: bool,
    /// What is asked for.
    asked: FlowFilter,
    /// What the daemon answered to last.
    answered: FlowFilter,
    /// What was typed to its end last, and the daemon answered to.
    agreed: (String, FlowFilter),
    /// What it made nothing of last, and why.
    refused: Option<(FlowFilter, String)>,
}

impl Filtering {
    /// By a filter that makes sense.
    #[must_use]
    pub fn by(filter: FlowFilter) -> Self {
        Self {
            typed: filter.to_string(),
            is_finished: true,
            asked: filter.clone(),
            answered: filter.clone(),
            agreed: (filter.to_string(), filter),
            ..Self::default()
        }
    }

    /// The filter in force.
    #[must_use]
    pub fn filter(&self) -> &FlowFilter {
        &self.asked
    }

    /// Whether nothing is filtered by, nor was to be.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.typed.is_empty() && self.asked.is_empty()
    }

    /// Something else was typed. A last word that may become something else does not count yet.
    pub fn typed(&mut self, line: &str) {
        line.clone_into(&mut self.typed);
        self.is_finished = false;
        let (filter, wrong) = FlowFilter::of_sense(FlowFilter::settled(line));
        if wrong.as_ref().is_none_or(FilterError::is_unknown_key) {
            self.ask(filter);
        }
        if let Some(error) = wrong {
            self.problem = Some(error.to_string());
        }
    }

    /// What was typed is all of it. Where it makes no sense, what was typed to its end before is asked for.
    pub fn finished(&mut self) {
        match self.typed.parse() {
            Ok(filter) => self.ask(filter),
            Err(error) => self.problem = Some(FilterError::to_string(&error)),
        }
        self.is_finished = self.problem.is_none();
        match self.is_finished {
            true if self.answered == self.asked => self.answered(),
            true => {}
            false => self.asked.clone_from(&self.agreed.1),
        }
    }

    /// What was typed is not to be: what was typed to its end before is asked for.
    pub fn given_up(&mut self) {
        (self.typed, self.asked) = self.agreed.clone();
        self.problem = None;
        self.is_finished = true;
    }

    fn ask(&mut self, filter: FlowFilter) {
        match &self.refused {
            Some((refused, why)) if *refused == filter => self.problem = Some(why.clone()),
            _ => {
                self.asked = filter;
                (self.problem, self.refused) = (None, None);
            }
        }
    }

    /// The daemon has answered to it.
    pub fn answered(&mut self) {
        if self.answered != self.asked {
            self.answered.clone_from(&self.asked);
        }
        if self.is_finished && (&self.agreed.0, &self.agreed.1) != (&self.typed, &self.asked) {
            self.agreed = (self.typed.clone(), self.asked.clone());
        }
    }

    /// The daemon makes nothing of a filter. Of a line that is typed to its end nothing is left in force.
    pub fn refused(&mut self, filter: &FlowFilter, why: String) {
        if *filter == self.asked && *filter != self.answered {
            self.asked.clone_from(match self.is_finished {
                true => &self.agreed.1,
                false => &self.answered,
            });
            self.is_finished = false;
            self.problem = Some(why.clone());
            self.refused = Some((filter.clone(), why));
        }
    }

    /// The same within one group; `None` where a filter cannot tell which that is.
    #[must_use]
    pub fn within(&self, by: FlowGroupBy, key: &str) -> Option<Self> {
        if key.is_empty() {
            return None;
        }
        let mut filter = self.asked.clone();
        let (part, is_net) = match by {
            FlowGroupBy::Source | FlowGroupBy::Prefix => (&mut filter.peer, true),
            FlowGroupBy::Country => (&mut filter.country, false),
            FlowGroupBy::Asn => (&mut filter.asn, false),
            FlowGroupBy::Port => (&mut filter.port, false),
            FlowGroupBy::State => (&mut filter.state, false),
            FlowGroupBy::Proto => (&mut filter.proto, false),
        };
        let mut values = Choice::from(part.as_deref().unwrap_or_default());
        values
            .wanted
            .retain(|value| is_net && is_inside(value, key));
        if values.wanted.is_empty() {
            values.wanted.push(key.to_owned());
        }
        *part = Some(values.to_string());
        Some(Self::by(filter))
    }
}

fn is_inside(inner: &str, outer: &str) -> bool {
    match (net_of(inner), net_of(outer)) {
        (Some(inner), Some(outer)) => outer.contains(&inner),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_leaves_the_last_filter_in_force() {
        let mut filtering = Filtering::default();
        filtering.typed("port:22");
        filtering.answered();
        filtering.typed("port:22 country:rus");
        let problem = filtering.problem.clone().unwrap_or_default();
        assert!(problem.contains("two letters"), "{problem}");
        assert_eq!(filtering.filter().to_string(), "port:22");
        assert_eq!(filtering.typed, "port:22 country:rus");
    }

    #[test]
    fn a_word_that_may_become_a_key_counts_when_it_is_finished() {
        let mut filtering = Filtering::default();
        for line in ["c", "count", "country", "country:", "country:c"] {
            filtering.typed(line);
            assert!(filtering.filter().is_empty(), "{line}");
        }
        filtering.typed("country:cn po");
        assert_eq!(filtering.filter().to_string(), "country:cn");
        filtering.finished();
        assert_eq!(filtering.filter().to_string(), "po country:cn");
    }

    #[test]
    fn what_the_daemon_refuses_leaves_the_last_filter_in_force() {
        let mut filtering = Filtering::default();
        filtering.typed("port:22");
        filtering.finished();
        filtering.answered();
        filtering.typed("state:nonsense");
        let asked = filtering.filter().clone();
        filtering.refused(&FlowFilter::default(), "of another question".to_owned());
        assert_eq!(filtering.problem, None);
        filtering.refused(&asked, "no connection is ever \"nonsense\"".to_owned());
        assert_eq!(filtering.filter().to_string(), "port:22");
        assert!(filtering.problem.is_some());
        filtering.finished();
        assert!(filtering.problem.is_some(), "it is not asked again");
        assert_eq!(filtering.filter().to_string(), "port:22");
        filtering.typed("state:syn");
        filtering.answered();
        filtering.typed("state:synx");
        filtering.finished();
        let asked = filtering.filter().clone();
        filtering.refused(&asked, "no such state".to_owned());
        assert_eq!(
            filtering.filter().to_string(),
            "port:22",
            "nor its beginning"
        );
    }

    #[test]
    fn no_end_of_a_wrong_line_leaves_another_filter_in_force_than_was_asked_for() {
        let wrong = [
            "nation:ru",
            "port:99999",
            "port:1-0",
            "country:russia",
            "\"x y",
        ];
        for line in wrong {
            let mut filtering = Filtering::default();
            filtering.typed("port:22");
            filtering.finished();
            filtering.answered();
            for end in 1..=line.len() {
                filtering.typed(&line[..end]);
                filtering.answered();
            }
            filtering.finished();
            assert_eq!(filtering.filter().to_string(), "port:22", "{line}");
            let problem = filtering.problem.clone().unwrap_or_default();
            assert!(problem.starts_with(&format!("\"{line}\": ")), "{problem}");
            assert_eq!(filtering.typed, line, "it can be mended");
            filtering.given_up();
            assert_eq!((&*filtering.typed, filtering.problem), ("port:22", None));
        }
        let mut filtering = Filtering::default();
        filtering.typed("port:22 nation");
        assert_eq!(filtering.filter().to_string(), "nation port:22");
        filtering.typed("port:22 nation:");
        assert_eq!(filtering.filter().to_string(), "port:22");
    }

    #[test]
    fn a_group_narrows_what_is_typed_and_never_widens_it() {
        let within = |line: &str, by, key| {
            let mut filtering = Filtering::default();
            filtering.typed(line);
            filtering.within(by, key).map(|narrower| narrower.typed)
        };
        let line = |text: &str| Some(text.to_owned());
        let by = FlowGroupBy::Source;
        assert_eq!(
            within("192.0.2.0/24 x", by, "192.0.2.7"),
            line("192.0.2.7 x")
        );
        let by = FlowGroupBy::Prefix;
        assert_eq!(
            within("192.0.2.0/25", by, "192.0.2.0/24"),
            line("192.0.2.0/25")
        );
        assert_eq!(
            within("port:22", by, "192.0.2.0/24"),
            line("192.0.2.0/24 port:22")
        );
        assert_eq!(
            within(
                "192.0.2.7,192.0.2.9,10.0.0.1 -192.0.2.9",
                by,
                "192.0.2.0/24"
            ),
            line("192.0.2.7,192.0.2.9 -192.0.2.9")
        );
        assert_eq!(
            within("-port:80", FlowGroupBy::Port, "22"),
            line("port:22 -port:80")
        );
        let country = within("country:cn,ru", FlowGroupBy::Country, "CN");
        assert_eq!(country, line("country:CN"));
        assert_eq!(within("", FlowGroupBy::Port, "443"), line("port:443"));
        assert_eq!(within("", FlowGroupBy::Asn, "AS4134"), line("asn:AS4134"));
        assert_eq!(within("", FlowGroupBy::Country, ""), None);
    }
}

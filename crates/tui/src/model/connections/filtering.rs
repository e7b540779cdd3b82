// SPDX-License-Identifier: MIT
//! What connections are filtered by, from a line that is typed to what the daemon has taken.

use crate::model::search::net_of;
use aegis_api::{FlowFilter, FlowGroupBy};

/// A filter, and a line that may become one. What makes no sense yet, here or to the daemon, leaves the
/// last one that did in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filtering {
    /// What was typed.
    pub typed: String,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// What is asked for.
    asked: FlowFilter,
    /// What the daemon answered to last.
    answered: FlowFilter,
    /// What it made nothing of last, and why.
    refused: Option<(FlowFilter, String)>,
}

impl Filtering {
    /// By a filter that makes sense.
    #[must_use]
    pub fn by(filter: FlowFilter) -> Self {
        Self {
            typed: filter.to_string(),
            asked: filter.clone(),
            answered: filter,
            ..Self::default()
        }
    }

    /// The filter in force.
    #[must_use]
    pub fn filter(&self) -> &FlowFilter {
        &self.asked
    }

    /// Something else was typed. A last word that may become a key does not count yet.
    pub fn typed(&mut self, line: &str) {
        line.clone_into(&mut self.typed);
        self.ask(FlowFilter::settled(line));
    }

    /// What was typed is all of it.
    pub fn finished(&mut self) {
        let line = self.typed.clone();
        self.ask(&line);
    }

    fn ask(&mut self, line: &str) {
        match line.parse() {
            Ok(filter) => match &self.refused {
                Some((refused, why)) if *refused == filter => self.problem = Some(why.clone()),
                _ => {
                    self.asked = filter;
                    (self.problem, self.refused) = (None, None);
                }
            },
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    /// The daemon has answered to it.
    pub fn answered(&mut self) {
        if self.answered != self.asked {
            self.answered.clone_from(&self.asked);
        }
    }

    /// The daemon makes nothing of a filter.
    pub fn refused(&mut self, filter: &FlowFilter, why: String) {
        if *filter == self.asked && *filter != self.answered {
            self.asked.clone_from(&self.answered);
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
        let text = Some(key.to_owned());
        match by {
            FlowGroupBy::Source | FlowGroupBy::Prefix => {
                let narrower = filter.peer.take().filter(|peer| is_inside(peer, key));
                filter.peer = narrower.or(text);
            }
            FlowGroupBy::Country => filter.country = text,
            FlowGroupBy::Asn => filter.asn = text,
            FlowGroupBy::Port => filter.port = Some(key.parse().ok()?),
            FlowGroupBy::State => filter.state = text,
            FlowGroupBy::Proto => filter.proto = text,
        }
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
        let country = within("country:cn,ru", FlowGroupBy::Country, "CN");
        assert_eq!(country, line("country:CN"));
        assert_eq!(within("", FlowGroupBy::Port, "443"), line("port:443"));
        assert_eq!(within("", FlowGroupBy::Asn, "AS4134"), line("asn:AS4134"));
        assert_eq!(within("", FlowGroupBy::Country, ""), None);
    }
}

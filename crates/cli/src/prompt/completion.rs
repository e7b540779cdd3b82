// SPDX-License-Identifier: MIT
//! Completes verbs, options and their values from the definition of the prompt, and addresses and
//! names from what the daemon lists.

use super::line;
use super::listed::{Listed, Lister};
use aegis_api::Client;
use clap::Command;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};
use rustyline::Context;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use std::ffi::{OsStr, OsString};
use tokio::runtime::Handle;

/// Which argument of which verb names something that the daemon lists.
const LISTED: [(&[&str], &str, Listed); 14] = [
    (&["block"], "target", Listed::Peers),
    (&["allow", "add"], "target", Listed::Peers),
    (&["unblock"], "target", Listed::Bans),
    (&["why"], "address", Listed::Peers),
    (&["kill"], "flow", Listed::Flows),
    (&["allow", "remove"], "target", Listed::Allowed),
    (&["module", "on"], "names", Listed::Modules),
    (&["module", "off"], "names", Listed::Modules),
    (&["feeds", "update"], "name", Listed::Lists),
    (&["feeds", "show"], "name", Listed::Lists),
    (&["feeds", "enable"], "name", Listed::Lists),
    (&["feeds", "disable"], "name", Listed::Lists),
    (&["feeds", "release"], "name", Listed::Lists),
    (&["feeds", "remove"], "name", Listed::Lists),
];

/// What a line could go on with, with words from this daemon: where its last word begins, and words for
/// it. It waits for the daemon, and must not be called where tasks run.
pub fn offers(client: Client) -> impl Fn(&str) -> (usize, Vec<String>) + Send + Sync {
    let lister = Lister::new(client, Handle::current());
    // A definition is not made for several threads, and is made in no time.
    move |typed| Completion::new(&lister).words(typed)
}

/// What rustyline asks.
pub struct Completion {
    definition: Command,
}

impl Completion {
    /// Of the prompt's definition, with words from the daemon.
    pub fn new(lister: &Lister) -> Self {
        let listing = |definition, (verbs, argument, listed): (&[&'static str], _, _)| {
            let lister = lister.clone();
            let words = move |typed: &OsStr| candidates(&lister, listed, typed);
            with_words(definition, verbs, argument, ArgValueCompleter::new(words))
        };
        Self {
            definition: LISTED.into_iter().fold(line::definition(), listing),
        }
    }

    /// Where the word at the end of `typed` begins, and what it could become.
    fn words(&self, typed: &str) -> (usize, Vec<String>) {
        let start = typed
            .rfind(char::is_whitespace)
            .map_or(0, |blank| blank + 1);
        let (before, word) = typed.split_at(start);
        let Some(mut words) = line::words(before) else {
            return (start, Vec::new());
        };
        let index = words.len();
        words.push(word.to_owned());
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        // Adding a file to complete has failed, or the like: there is nothing to offer.
        let found = complete(&mut self.definition.clone(), words, index, None).unwrap_or_default();
        let found = found
            .iter()
            .map(|candidate| candidate.get_value().to_string_lossy());
        (
            start,
            sensible(word, found.map(|value| value.into_owned()).collect()),
        )
    }
}

/// Options are offered only to whoever has begun one, where there is anything else.
fn sensible(word: &str, mut found: Vec<String>) -> Vec<String> {
    if !word.starts_with('-') && found.iter().any(|value| !value.starts_with('-')) {
        found.retain(|value| !value.starts_with('-'));
    }
    found
}

fn with_words(
    command: Command,
    verbs: &[&'static str],
    argument: &'static str,
    words: ArgValueCompleter,
) -> Command {
    match verbs {
        // `mut_arg` would put it behind the others, and positions would change.
        [] => command.mut_args(|known| match known.get_id() == argument {
            true => known.add(words.clone()),
            false => known,
        }),
        [verb, rest @ ..] => {
            command.mut_subcommand(verb, |command| with_words(command, rest, argument, words))
        }
    }
}

fn candidates(lister: &Lister, listed: Listed, typed: &OsStr) -> Vec<CompletionCandidate> {
    let words = typed.to_str().map(|typed| lister.words(listed, typed));
    let words = words.unwrap_or_default().into_iter();
    words.map(CompletionCandidate::new).collect()
}

/// What is written for a word that is complete: the next one can follow, after a folder its files.
fn replacement(word: &str) -> String {
    let end = if word.ends_with(['/', '=']) { "" } else { " " };
    format!("{word}{end}")
}

impl Completer for Completion {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, words) = self.words(line.get(..position).unwrap_or(line));
        let pair = |word: String| Pair {
            replacement: replacement(&word),
            display: word,
        };
        Ok((start, words.into_iter().map(pair).collect()))
    }
}

impl Hinter for Completion {
    type Hint = String;
}
impl Highlighter for Completion {}
impl Validator for Completion {}
impl rustyline::Helper for Completion {}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a daemon that does not answer.
    fn offered(typed: &str) -> (usize, Vec<String>) {
        // Nothing drives it: whoever asks on it waits in vain.
        let runtime = crate::verb::runtime().expect("a descriptor is left");
        let nobody = aegis_api::Instance::named("nobody", std::path::Path::new("/nonexistent"));
        let client = aegis_api::Client::new(&nobody.expect("it is a name"));
        Completion::new(&Lister::new(client, runtime.handle().clone())).words(typed)
    }

    #[test]
    fn verbs_are_completed_and_those_from_outside_are_not_offered() {
        assert_eq!(offered("bl"), (0, vec!["block".to_owned()]));
        assert_eq!(offered("  unb"), (2, vec!["unblock".to_owned()]));
        let (_, all) = offered("");
        for verb in ["block", "list", "quit", "help"] {
            assert!(all.iter().any(|word| word == verb), "{verb}: {all:?}");
        }
        for word in &all {
            assert!(!["daemon", "load", "man"].contains(&word.as_str()) && !word.starts_with('-'));
        }
        assert_eq!(offered("allow re").1, ["remove"]);
        assert_eq!(offered("help unb").1, ["unblock"]);
    }

    #[test]
    fn options_and_their_values_are_completed() {
        assert_eq!(offered("block 192.0.2.1 --fo").1, ["--for", "--force"]);
        assert_eq!(offered("list --js").1, ["--json"]);
        assert_eq!(offered("flows --sort by").1, Vec::<String>::new());
        assert_eq!(offered("status --xdp-mode nat").1, ["native"]);
    }

    #[test]
    fn in_an_open_quote_and_without_a_daemon_nothing_is_offered() {
        assert_eq!(
            offered("block 192.0.2.1 --reason 'x ").1,
            Vec::<String>::new()
        );
        assert_eq!(offered("unblock 192").1, Vec::<String>::new());
    }

    #[test]
    fn the_next_word_can_follow_at_once() {
        assert_eq!(replacement("block"), "block ");
        assert_eq!(replacement("folder/"), "folder/");
    }

    #[test]
    fn every_argument_that_is_listed_is_there() {
        for (verbs, argument, _) in LISTED {
            let definition = line::definition();
            let verb = verbs.iter().fold(&definition, |command, verb| {
                command
                    .find_subcommand(verb)
                    .unwrap_or_else(|| panic!("{verb}"))
            });
            assert!(
                verb.get_arguments().any(|known| known.get_id() == argument),
                "{verbs:?}"
            );
        }
    }
}

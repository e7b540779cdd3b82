// SPDX-License-Identifier: MIT
//! What a line means. It is read by the definition that reads the command line, so that nothing is
//! defined twice; no line ends anything but `quit`.

use crate::arguments::{AllowVerb, Arguments, GlobalOptions, Verb};
use crate::failure::Failure;
use crate::target;
use aegis_tui::{Change, Does, Meaning};
use clap::error::{ContextKind, ErrorKind};
use clap::{Command, CommandFactory, FromArgMatches};

/// Verbs that make sense outside only: they have a terminal or standard output to themselves.
const OUTSIDE: [&str; 5] = ["daemon", "load", "tui", "completions", "man"];
const QUIT: &str = "quit";
const HINT: &str = "`help block` tells more about block, and so with every verb. Tab completes, # begins a comment.";

/// What to do.
#[derive(Debug)]
pub enum Line {
    /// An empty line, or a comment.
    Nothing,
    /// The end.
    Quit,
    /// Help that was asked for.
    Help(String),
    /// It makes no sense.
    Wrong(Failure),
    /// A verb that makes sense outside only, and why.
    Outside(Failure),
    /// A verb, with the options that hold for it.
    Verb(Box<Arguments>),
}

/// Reads a line; `standing` are options that hold where the line says nothing else.
pub fn read(line: &str, standing: &GlobalOptions) -> Line {
    match words(line) {
        None => Line::Wrong(Failure::usage(
            "a quote is not closed; close it, or begin anew",
        )),
        Some(words) if words.is_empty() => Line::Nothing,
        Some(words) => meaning(&rewritten(words), standing),
    }
}

/// The words of a line, as a shell would split it, without comments; `None` where a quote is open.
pub fn words(line: &str) -> Option<Vec<String>> {
    shlex::split(line)
}

/// Every verb of the prompt, by the definition of the command line.
pub fn definition() -> Command {
    let hidden = |command: Command, name| command.mut_subcommand(name, |verb| verb.hide(true));
    OUTSIDE
        .into_iter()
        .fold(Arguments::command(), hidden)
        // They have been given, and may be given again; telling of them each time helps nobody.
        .mut_args(
            |argument| match argument.is_global_set() && argument.get_id() != "json" {
                true => argument.hide(true),
                false => argument,
            },
        )
        .no_binary_name(true)
        .disable_version_flag(true)
        .help_template("{subcommands}{after-help}")
        .after_help(HINT)
        .after_long_help(HINT)
        .subcommand(Command::new(QUIT).alias("exit").about("End the prompt"))
}

/// What people type besides what the command line knows: `?`, and a file without `-f`.
fn rewritten(mut words: Vec<String>) -> Vec<String> {
    match words.first().map(String::as_str) {
        Some("?") => words[0] = "help".to_owned(),
        Some("save" | "restore") if words.len() == 2 && !words[1].starts_with('-') => {
            words.insert(1, "-f".to_owned());
        }
        _ => {}
    }
    words
}

fn meaning(words: &[String], standing: &GlobalOptions) -> Line {
    let matches = match definition().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return unreadable(error, words),
    };
    match matches.subcommand_name() {
        Some(QUIT) => Line::Quit,
        Some(verb) if OUTSIDE.contains(&verb) => Line::Outside(Failure::usage(format!(
            "`{verb}` has a terminal to itself; leave this first: quit, then aegis-cli {verb}"
        ))),
        _ => match Arguments::from_arg_matches(&matches) {
            Ok(Arguments { options, verb }) => Line::Verb(Box::new(Arguments {
                options: options.after(standing),
                verb,
            })),
            Err(error) => unreadable(error, words),
        },
    }
}

/// What clap says, without what only a shell needs.
fn unreadable(mut error: clap::Error, words: &[String]) -> Line {
    if !error.use_stderr() {
        return Line::Help(error.render().to_string());
    }
    let definition = definition();
    let verb = words
        .iter()
        .find(|word| definition.find_subcommand(word).is_some());
    if verb.is_none() {
        // The usage of a verb helps; that of the whole program does not.
        error.remove(ContextKind::Usage);
    }
    let text = error.render().to_string();
    let paragraphs = text.trim_end().split("\n\n");
    Line::Wrong(Failure::usage(match (error.kind(), verb) {
        (ErrorKind::MissingSubcommand, None) => "there is no verb; `help` lists them".to_owned(),
        // It is the verb's whole help, what the verb is for in front.
        (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, Some(verb)) => {
            let rest: Vec<&str> = paragraphs.skip(1).collect();
            format!("`{verb}` needs more words\n\n{}", rest.join("\n\n"))
        }
        _ => {
            let kept: Vec<&str> = paragraphs.filter(|text| !is_for_shells(text)).collect();
            let kept = kept.join("\n\n");
            kept.strip_prefix("error: ")
                .map(str::to_owned)
                .unwrap_or(kept)
        }
    }))
}

/// What a line means to the terminal interface, which has the program itself obey it: what makes no sense
/// to it too, so that it says why.
pub fn meaning_at_interface(line: &str) -> Meaning {
    let Some(mut words) = words(line) else {
        return Meaning::NotHere("a quote is not closed".to_owned());
    };
    // As one types it in a shell.
    words.drain(..name_in_a_shell(&words));
    if words.first().is_some_and(|first| first == "q") {
        return Meaning::Quit;
    }
    let words = rewritten(words);
    match meaning(&words, &GlobalOptions::default()) {
        Line::Quit => Meaning::Quit,
        Line::Outside(why) => Meaning::NotHere(why.to_string()),
        Line::Nothing | Line::Help(_) | Line::Wrong(_) => Meaning::Obey(words, Does::Looks),
        Line::Verb(arguments) if names_another(&arguments.options) => {
            let text = "this is about one daemon: leave out -i, --iface and --instance";
            Meaning::NotHere(text.to_owned())
        }
        Line::Verb(arguments) => match change(&arguments) {
            Some(change) => Meaning::Change(change),
            None => Meaning::Obey(words, arguments.verb.does()),
        },
    }
}

/// What the interface makes itself, so that it can take it back; `None` where the program is to do it, or
/// to say what is wrong.
fn change(arguments: &Arguments) -> Option<Change> {
    if arguments.options.json {
        return None;
    }
    let change = match &arguments.verb {
        Verb::Block(block) => target::ban(block, None).map(Change::Ban),
        Verb::Unblock(unblock) => target::unban(unblock).map(Change::Unban),
        Verb::Allow { action } => match action {
            AllowVerb::Add(add) => target::allow(add).map(Change::Allow),
            AllowVerb::Remove { target } => target::disallow(target).map(Change::Disallow),
            AllowVerb::List => return None,
        },
        Verb::Module { action } => Ok(Change::Switch(action.request()?)),
        _ => return None,
    };
    change.ok()
}

fn name_in_a_shell(words: &[String]) -> usize {
    let is = |place: usize, names: &[&str]| {
        words
            .get(place)
            .is_some_and(|word| names.contains(&&**word))
    };
    let start = usize::from(is(0, &["sudo"]));
    start + usize::from(is(start, &["aegis-cli", "aegis"]))
}

fn names_another(options: &GlobalOptions) -> bool {
    !options.interfaces.is_empty() || options.instance.is_some()
}

fn is_for_shells(paragraph: &str) -> bool {
    paragraph.starts_with("For more information")
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT
//! The command line: a line in the words of the program's own.

use super::act::nothing;
use super::running;
use crate::message::Effect;
use crate::model::{Line, MOST_REMEMBERED, Model, Overlay};
use std::collections::VecDeque;
use tui_input::Input;

/// Verbs that look and change nothing: the only ones under `--read-only`. Of some the second word decides.
const LOOKING: [(&str, &[&str]); 13] = [
    ("status", &[]),
    ("list", &[]),
    ("flows", &[]),
    ("why", &[]),
    ("stats", &[]),
    ("events", &[]),
    ("doctor", &[]),
    ("check", &[]),
    ("config", &[]),
    ("help", &[]),
    ("geo", &["lookup", "status"]),
    ("feeds", &["list", "stats", "show", "test"]),
    ("allow", &["list"]),
];

/// A line has been typed to its end.
pub fn finished(model: &mut Model, text: &str) -> Vec<Effect> {
    if text.is_empty() {
        return vec![];
    }
    if model.typed.back().is_none_or(|last| last != text) {
        model.typed.push_back(text.to_owned());
    }
    if model.typed.len() > MOST_REMEMBERED {
        model.typed.pop_front();
    }
    let Some(words) = shlex::split(text) else {
        return nothing(model, "a quote is not closed");
    };
    let word = |place: usize| words.get(place).map_or("", String::as_str);
    match word(0) {
        "q" | "quit" | "exit" => return vec![Effect::Quit],
        first if model.about.is_read_only && !only_looks(first, word(1)) => {
            let text =
                format!("`{first}` may change something, and this was started with --read-only");
            return nothing(model, &text);
        }
        _ => {}
    }
    running::begin(model, words)
}

fn only_looks(first: &str, second: &str) -> bool {
    let row = LOOKING.iter().find(|(verb, _)| *verb == first);
    row.is_some_and(|(_, seconds)| seconds.is_empty() || seconds.contains(&second))
}

/// Tab: what could follow is asked for.
pub fn complete(line: &Line) -> Vec<Effect> {
    vec![Effect::Complete(line.input.value().to_owned())]
}

/// What could follow the line as it was when it was asked: the one word is taken, of several what they
/// have in common, and they are shown.
pub fn offered(model: &mut Model, asked: &str, start: usize, words: Vec<String>) {
    let Some(Overlay::Line(line)) = &mut model.overlay else {
        return;
    };
    let Some(before) = asked.get(..start).filter(|_| line.input.value() == asked) else {
        return;
    };
    let Some(common) = common(&words) else { return };
    let end = if words.len() == 1 { " " } else { "" };
    line.input = Input::new(format!("{before}{common}{end}"));
    line.offers = if words.len() > 1 { words } else { vec![] };
}

/// What all begin with; `None` where there are none.
fn common(words: &[String]) -> Option<&str> {
    let (first, rest) = words.split_first()?;
    let shared = |word: &String| {
        let pairs = first.char_indices().zip(word.chars());
        let mut differing = pairs.filter(|((_, one), other)| one != other);
        let end = first.len().min(word.len());
        differing.next().map_or(end, |((at, _), _)| at)
    };
    let end = rest.iter().map(shared).min().unwrap_or(first.len());
    first.get(..end)
}

/// Goes so many lines back in what was typed before.
pub fn recall(line: &mut Line, typed: &VecDeque<String>, by: isize) {
    let back = line.back.saturating_add_signed(by).min(typed.len());
    let text = typed.len().checked_sub(back).and_then(|at| typed.get(at));
    line.back = back;
    line.input = Input::new(text.cloned().unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{About, Purpose, Weight};
    use jiff::Timestamp;

    fn model(is_read_only: bool) -> Model {
        let about = About {
            is_read_only,
            ..About::default()
        };
        Model::new(about, Timestamp::UNIX_EPOCH)
    }

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn a_line_is_split_as_a_shell_would() {
        let mut model = model(false);
        let effects = finished(&mut model, "block 192.0.2.1 --reason 'too loud'");
        let expected = words(&["block", "192.0.2.1", "--reason", "too loud"]);
        assert_eq!(effects, [Effect::Obey(1, expected)]);
        assert_eq!(finished(&mut model, "block 'x"), []);
        assert_eq!(finished(&mut model, "quit"), [Effect::Quit]);
    }

    #[test]
    fn who_only_looks_changes_nothing() {
        let mut model = model(true);
        for line in [
            "block 192.0.2.1",
            "feeds update x",
            "allow add 192.0.2.1",
            "geo update",
            "--json block x",
        ] {
            assert_eq!(finished(&mut model, line), [], "{line}");
            let notice = model.notice.take().expect("it says why");
            assert_eq!(notice.weight, Weight::Bad);
        }
        for line in ["status", "feeds stats", "allow list", "why 192.0.2.1"] {
            assert_ne!(finished(&mut model, line), [], "{line}");
            model.running = None;
        }
    }

    #[test]
    fn what_was_typed_comes_back() {
        let typed: VecDeque<String> = words(&["status", "list"]).into();
        let mut line = Line::new(Purpose::Command, String::new());
        let mut seen = Vec::new();
        for by in [1, 1, 1, -1, -1] {
            recall(&mut line, &typed, by);
            seen.push(line.input.value().to_owned());
        }
        assert_eq!(seen, ["list", "status", "status", "list", ""]);
    }

    #[test]
    fn of_several_words_what_they_share_is_taken() {
        let mut model = model(false);
        let line = |text: &str| Overlay::Line(Line::new(Purpose::Command, text.to_owned()));
        let value = |model: &Model| match &model.overlay {
            Some(Overlay::Line(line)) => (line.input.value().to_owned(), line.offers.len()),
            _ => panic!("the line is gone"),
        };
        model.overlay = Some(line("feeds s"));
        offered(&mut model, "feeds s", 6, words(&["stats", "status"]));
        assert_eq!(value(&model), ("feeds stat".to_owned(), 2));
        model.overlay = Some(line("blo"));
        offered(&mut model, "blo", 0, words(&["block"]));
        assert_eq!(value(&model), ("block ".to_owned(), 0));
        // An answer that comes too late changes nothing.
        offered(&mut model, "blo", 0, words(&["other"]));
        assert_eq!(value(&model), ("block ".to_owned(), 0));
    }
}

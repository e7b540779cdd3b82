// SPDX-License-Identifier: MIT
//! The command line: a line in the words of the program's own.

use super::{is_refused_here, open, overlay, running};
use crate::command::{Does, Meaning};
use crate::message::{Change, Effect};
use crate::model::{Confirm, Line, MOST_REMEMBERED, Model, Overlay, Purpose, Yes};
use aegis_api::BanRequest;
use std::collections::VecDeque;
use std::net::IpAddr;
use tui_input::Input;

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
    match model.about.reader.0(text) {
        Meaning::Quit => vec![Effect::Quit],
        Meaning::NotHere(why) => mend(model, text, why),
        Meaning::Change(change) => {
            let line = Line::new(Purpose::Command, text);
            overlay::asked(model, line, of_session(change, model.about.peer))
        }
        Meaning::Obey(words, Does::Looks) => running::begin(model, words, Does::Looks),
        Meaning::Obey(..) if is_refused_here(model) => vec![],
        Meaning::Obey(words, Does::Changes) => running::begin(model, words, Does::Changes),
        Meaning::Obey(words, Does::Ends) => {
            let instance = &model.about.instance;
            let question = format!("end the daemon {instance}, and its filter with it?");
            let yes = Yes::Obey(words, Does::Ends);
            open(model, Overlay::Confirm(Confirm { question, yes }))
        }
    }
}

/// The change, asked for by whoever sits here: the daemon spares their session.
fn of_session(change: Change, session_peer: Option<IpAddr>) -> Change {
    match change {
        Change::Ban(request) => Change::Ban(BanRequest {
            session_peer,
            ..request
        }),
        change => change,
    }
}

/// What makes no sense stays to be mended, with what is wrong with it.
pub fn mend(model: &mut Model, text: &str, why: String) -> Vec<Effect> {
    let line = Line {
        problem: Some(why),
        ..Line::new(Purpose::Command, text)
    };
    open(model, Overlay::Line(line))
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
    // After a folder its files can follow, after an option's name its value.
    let is_whole = words.len() == 1 && !common.ends_with(['/', '=']);
    let end = if is_whole { " " } else { "" };
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
    use crate::fixture::press;
    use crate::message::Obeyed;
    use crate::model::{Purpose, Tab, Weight};
    use aegis_api::UnbanRequest;

    fn model(is_read_only: bool) -> Model {
        let mut model = crate::fixture::model(Tab::Connections);
        model.about.is_read_only = is_read_only;
        model
    }

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(|&word| word.to_owned()).collect()
    }

    /// A line is obeyed, and has ended well.
    fn obeyed(model: &mut Model, line: &str) {
        assert_ne!(finished(model, line), []);
        let obeyed = Obeyed {
            text: "done".to_owned(),
            code: Some(0),
        };
        running::obeyed(model, model.begun, obeyed);
    }

    #[test]
    fn a_line_is_obeyed_as_the_program_reads_it() {
        let mut model = model(false);
        let effects = finished(&mut model, "block it");
        assert_eq!(effects, [Effect::Obey(1, words(&["block", "it"]))]);
        assert_eq!(finished(&mut model, "tui"), []);
        assert_eq!(finished(&mut model, "quit"), [Effect::Quit]);
    }

    #[test]
    fn who_only_looks_changes_nothing() {
        let mut model = model(true);
        for line in ["block it", "detach"] {
            assert_eq!(finished(&mut model, line), [], "{line}");
            let notice = model.notice.take().expect("it says why");
            assert_eq!(notice.weight, Weight::Bad);
        }
        assert_ne!(finished(&mut model, "status"), []);
    }

    #[test]
    fn a_line_that_came_to_nothing_stays_to_be_mended() {
        let mut model = model(false);
        let open = |model: &Model| match &model.overlay {
            Some(Overlay::Line(line)) => (line.input.value().to_owned(), line.problem.clone()),
            other => panic!("no line: {other:?}"),
        };
        assert_eq!(press(&mut model, ":tui\n"), []);
        let expected = ("tui".to_owned(), Some("elsewhere".to_owned()));
        assert_eq!(open(&model), expected);
        press(&mut model, "\u{1b}");
        assert_ne!(press(&mut model, ":block 'x y'\n"), []);
        let obeyed = Obeyed {
            text: "no".to_owned(),
            code: Some(2),
        };
        running::obeyed(&mut model, 1, obeyed);
        let expected = ("block 'x y'".to_owned(), Some("no".to_owned()));
        assert_eq!(open(&model), expected);
    }

    #[test]
    fn the_daemon_is_ended_after_a_question() {
        let mut model = model(false);
        assert_eq!(finished(&mut model, "detach"), []);
        assert_eq!(press(&mut model, "n"), []);
        assert_eq!(finished(&mut model, "detach"), []);
        let yes = press(&mut model, "y");
        assert_eq!(yes, [Effect::Obey(1, words(&["detach"]))]);
    }

    #[test]
    fn undo_does_not_take_back_what_was_before_a_line_that_changed_something() {
        let mut model = model(false);
        let change = Change::Unban(UnbanRequest::default());
        model.undo.done(change.clone(), change);
        obeyed(&mut model, "status");
        obeyed(&mut model, "block it");
        assert_eq!(press(&mut model, "u"), []);
        let notice = model.notice.take().map(|notice| notice.text);
        assert!(notice.is_some_and(|text| text.contains("`block it`")));
        assert_ne!(press(&mut model, "u"), []);
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

// SPDX-License-Identifier: MIT
//! What one has to know before anything else, on the lines below the tabs: that the daemon is gone, an
//! attack, what is not enforced. There are no such lines where all is well; what the daemon only warns
//! of stands where it belongs.

use super::attack;
use super::text::{age, cut};
use crate::keys::{self, Action};
use crate::model::{Link, Model};
use crate::theme::{Role, Sign, Theme};
use ratatui::text::Line;

/// The most lines that it takes.
const MOST: usize = 3;

/// Its lines, the most important first, in so many columns of the terminal.
#[must_use]
pub fn lines(model: &Model, width: u16, theme: Theme) -> Vec<Line<'static>> {
    let width = usize::from(width);
    let line = |text: String, role| {
        let line = Line::styled(text, theme.style(role));
        cut(line, width, theme.sign(Sign::Cut))
    };
    match &model.link {
        Link::Lost(since, why) => {
            let seconds = model.now.as_second() - since.as_second();
            let seconds = age(u64::try_from(seconds).unwrap_or(0));
            let text = format!("daemon lost for {seconds}, asked again and again: {why}");
            vec![line(text, Role::Bad)]
        }
        Link::Connecting => {
            let text = match model.about.is_own {
                true => "starting the daemon",
                false => "waiting for the daemon's first answer",
            };
            vec![line(text.to_owned(), Role::Dim)]
        }
        Link::Live => {
            let attacks = model.attacks();
            let attacked = attacks.first().map(|first| {
                let others = attacks.len() - 1;
                attack::banner(first, others, width, theme)
            });
            let status = model.status.iter();
            let problems = status.flat_map(|status| status.problems.iter().cloned());
            let problems = problems.map(|text| line(text, Role::Bad));
            let off = off(model).map(|text| line(text, Role::Warning));
            let lines = attacked.into_iter().flatten().chain(problems).chain(off);
            lines.take(MOST).collect()
        }
    }
}

/// Detectors that somebody has switched off: what they would drop passes.
fn off(model: &Model) -> Option<String> {
    let detectors = model
        .modules
        .iter()
        .filter(|module| module.name != "verbose");
    let off: Vec<&str> = detectors
        .filter(|module| !module.on)
        .map(|module| module.name.as_str())
        .collect();
    let key = keys::label(Action::AllModules);
    match off.as_slice() {
        [] => None,
        off => Some(format!("{key} switches all on; off: {}", off.join(", "))),
    }
}

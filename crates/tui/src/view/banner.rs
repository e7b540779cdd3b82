// SPDX-License-Identifier: MIT
//! What one has to know before anything else, on the lines below the tabs: that the daemon is gone, an
//! attack, what is not enforced. There are no such lines where all is well.

use super::text::{age, count};
use crate::keys::{self, Action};
use crate::model::{Link, Model};
use crate::theme::{Role, Theme};
use aegis_api::Attack;
use ratatui::text::{Line, Span};

/// The most lines that it takes.
const MOST: usize = 3;

/// Its lines, the most important first.
#[must_use]
pub fn lines(model: &Model, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    match &model.link {
        Link::Lost(since, why) => {
            let seconds = model.now.as_second() - since.as_second();
            let seconds = age(u64::try_from(seconds).unwrap_or(0));
            let text = format!("daemon lost for {seconds}, asked again and again: {why}");
            lines.push(Line::styled(text, theme.style(Role::Bad)));
        }
        Link::Connecting => {
            let text = match model.about.is_own {
                true => "starting the daemon",
                false => "waiting for the daemon's first answer",
            };
            lines.push(Line::styled(text, theme.style(Role::Dim)));
        }
        Link::Live => {
            let attacked = model.attack().map(|one| attack(one, theme));
            lines.extend(attacked.into_iter().flatten());
            lines.extend(amiss(model, theme));
        }
    }
    lines.truncate(MOST);
    lines
}

/// What it is, how much, from where; and what is done about it, with the key that helps.
fn attack(attack: &Attack, theme: Theme) -> [Line<'static>; 2] {
    let sources = attack.sources.iter().map(|source| {
        let place = source
            .place
            .as_ref()
            .and_then(|place| place.country.clone());
        let place = place.map(|country| format!(" {country}"));
        let target = &source.target;
        format!(
            "{target}{} {} %",
            place.unwrap_or_default(),
            source.share_percent
        )
    });
    let what = format!(
        "ATTACK: {} for {}, {}/s (peak {}/s, {} % of all), from {}",
        attack.summary,
        age(attack.seconds),
        count(attack.packets_per_second),
        count(attack.peak_packets_per_second),
        attack.share_percent,
        from(attack, &sources.collect::<Vec<_>>()),
    );
    let mut done = vec![Span::styled(
        attack.response.join(" "),
        theme.style(Role::Warning),
    )];
    if let Some(remedy) = &attack.remedy {
        let key = keys::label(Action::Defend);
        done.insert(
            0,
            Span::styled(format!("{key}: {remedy}  "), theme.style(Role::Key)),
        );
    }
    [
        Line::styled(what, theme.style(Role::Alarm)),
        Line::from(done),
    ]
}

fn from(attack: &Attack, sources: &[String]) -> String {
    match sources {
        [] => "nobody yet known".to_owned(),
        known if attack.sources_seen > known.len() => {
            format!("{} sources: {}", attack.sources_seen, known.join(", "))
        }
        known => known.join(", "),
    }
}

/// What the daemon says is amiss.
fn amiss(model: &Model, theme: Theme) -> impl Iterator<Item = Line<'static>> {
    let status = model.status.iter();
    status.flat_map(move |status| {
        let line = move |role| move |text: &String| Line::styled(text.clone(), theme.style(role));
        let problems = status.problems.iter().map(line(Role::Bad));
        problems.chain(status.warnings.iter().map(line(Role::Warning)))
    })
}

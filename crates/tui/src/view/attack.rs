// SPDX-License-Identifier: MIT
//! What is known of an attack, in two lines, and at length.

use super::parts::{self, Part};
use super::text::{age, count, number};
use crate::keys::{self, Action};
use crate::model::Model;
use crate::theme::{Role, Theme};
use aegis_api::{Attack, AttackSource};
use ratatui::text::{Line, Span};

/// What sends so much of it is all there is, percent.
const NEARLY_ALL: u32 = 95;

/// Below so many columns it takes three lines.
const NARROW: usize = 60;

/// What it is, how much and from where; and below that what is done about it, and the key that helps.
/// `others` go on besides.
pub fn banner(attack: &Attack, others: usize, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let role = match attack.is_over() {
        true => Role::Warning,
        false => Role::Alarm,
    };
    let from = Part::new(from(attack), role, 1);
    let mut what = what(attack, others, role);
    let lines = if width < NARROW {
        vec![what, vec![from], done(attack)]
    } else {
        what.insert(1, from);
        vec![what, done(attack)]
    };
    let line = |parts: &Vec<Part>| parts::line(parts, width, theme);
    lines.iter().map(line).collect()
}

fn what(attack: &Attack, others: usize, role: Role) -> Vec<Part> {
    let (is_over, time) = (attack.is_over(), age(attack.seconds));
    let rate = format!("{}/s", count(attack.packets_per_second));
    let share = format!("{} % of all packets", attack.share_percent);
    let told = match is_over {
        true => format!("ATTACK: {} has ended, {rate}", attack.summary),
        false => format!("ATTACK: {}, {rate}", attack.summary),
    };
    let since = match is_over {
        true => format!("began {time} ago"),
        false => format!("for {time}"),
    };
    let peak = format!("peak {}/s", count(attack.peak_packets_per_second));
    let others = (others > 0).then(|| format!("{others} more"));
    let share = (!is_over).then_some(share);
    let told = [Some(told), others, Some(since), Some(peak), share];
    told.into_iter()
        .enumerate()
        .filter_map(|(number, text)| Some(Part::new(text?, role, 2 * number)))
        .collect()
}

/// What is done about it, and the keys.
fn done(attack: &Attack) -> Vec<Part> {
    let mut parts: Vec<Part> = attack
        .response
        .iter()
        .enumerate()
        .map(|(number, sentence)| {
            // Before the keys only what is done first.
            let rank = if number == 0 { 0 } else { 2 + number };
            let part = Part::new(sentence, Role::Warning, rank);
            match sentence.split_once(", ") {
                Some((beginning, _)) => part.or(beginning),
                None => part,
            }
        })
        .collect();
    let remedy = attack.remedy.iter().filter(|_| !attack.is_over());
    let keys = remedy.map(|remedy| helps(remedy));
    let more = Part::new(
        format!("{} more", keys::label(Action::Attacks)),
        Role::Key,
        2,
    );
    let at = parts.len().min(1);
    parts.splice(at..at, keys.chain([more]));
    parts
}

fn helps(remedy: &str) -> Part {
    let key = keys::label(Action::Defend);
    let part = Part::new(format!("{key} {remedy}"), Role::Key, 1);
    match remedy.split_once(" --") {
        Some((beginning, _)) => part.or(format!("{key} {beginning}")),
        None => part,
    }
    .or(format!("{key} helps"))
}

/// From where it comes, in a few words.
fn from(attack: &Attack) -> String {
    match attack.sources.as_slice() {
        _ if attack.is_scattered() => scattered(attack),
        [] => "from sources that are not known yet".to_owned(),
        [first, ..] if first.share_percent >= NEARLY_ALL => format!("from {}", named(first)),
        [first, ..] => format!("{} % from {}", first.share_percent, named(first)),
    }
}

fn scattered(attack: &Attack) -> String {
    let seen = number(attack.sources_seen);
    match attack.kind.may_be_forged() {
        true => format!("from {seen} sources, most likely forged"),
        false => format!("from {seen} sources"),
    }
}

/// With its country.
fn named(source: &AttackSource) -> String {
    let place = source.place.as_ref();
    let country = place.and_then(|place| place.country.as_deref());
    match country {
        Some(country) => format!("{} {country}", source.target),
        None => source.target.clone(),
    }
}

/// Everything about all that goes on.
#[must_use]
pub fn lines(model: &Model, theme: Theme) -> Vec<Line<'static>> {
    let attacks = model.attacks();
    if attacks.is_empty() {
        return vec![Line::raw("nothing goes on any more")];
    }
    let told = attacks.iter().map(|attack| at_length(attack, theme));
    told.collect::<Vec<_>>().join(&Line::default())
}

fn at_length(attack: &Attack, theme: Theme) -> Vec<Line<'static>> {
    let heading = |text: &str| Line::styled(text.to_owned(), theme.style(Role::Title));
    let plain = |text: String| Line::raw(format!("  {text}"));
    let title = match attack.is_over() {
        true => format!("{} that has ended", attack.summary),
        false => attack.summary.clone(),
    };
    let mut lines = vec![Line::styled(title, theme.style(Role::Bad))];
    lines.extend(amounts(attack).map(plain));
    lines.push(heading("from"));
    if attack.is_scattered() {
        lines.push(plain(format!("{}, such as", scattered(attack))));
    } else {
        lines.push(plain(match attack.sources_seen {
            1 => "1 source seen".to_owned(),
            seen => format!("{} sources seen", number(seen)),
        }));
    }
    lines.extend(attack.sources.iter().map(|one| plain(source(one))));
    lines.push(heading("what is done"));
    lines.extend(attack.response.iter().cloned().map(plain));
    if let Some(remedy) = &attack.remedy {
        lines.push(heading("what may help"));
        let key = Span::styled(keys::label(Action::Defend), theme.style(Role::Key));
        let text = format!(" puts this on the command line: {remedy}");
        lines.push(Line::from(vec![Span::raw("  "), key, Span::raw(text)]));
    }
    lines
}

fn amounts(attack: &Attack) -> impl Iterator<Item = String> {
    let packets = |count: u64| number(usize::try_from(count).unwrap_or(usize::MAX));
    [
        format!(
            "since {}, {} ago",
            attack.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            age(attack.seconds)
        ),
        format!(
            "{} packets/s, {} % of all; at most {}/s; {} packets until now",
            packets(attack.packets_per_second),
            attack.share_percent,
            packets(attack.peak_packets_per_second),
            packets(attack.packets)
        ),
    ]
    .into_iter()
}

fn source(source: &AttackSource) -> String {
    let place = source.place.as_ref().map(ToString::to_string);
    let addresses = match source.addresses {
        0 | 1 => String::new(),
        several => format!(", {several} addresses"),
    };
    let (share, target) = (source.share_percent, &source.target);
    format!(
        "{share:>3} % {target}{addresses}  {}",
        place.unwrap_or_default()
    )
}

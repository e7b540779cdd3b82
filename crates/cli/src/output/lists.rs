// SPDX-License-Identifier: MIT
//! Lists of addresses: what they do, and what that comes to.

mod detail;

pub use detail::show;

use super::table::{Align, Table};
use super::units::{bytes, count, duration, number};
use aegis_api::{ListAction, ListHits, ListSets, ListStatus, ListsAnswer};
use aegis_daemon::KeptList;
use jiff::Timestamp;

/// `feeds list`.
pub fn list(answer: &ListsAnswer) -> String {
    use Align::{Left, Right};
    let now = Timestamp::now();
    let mut lines = Vec::new();
    lines.extend(
        answer
            .idle
            .as_ref()
            .map(|why| format!("nothing comes of lists: {why}")),
    );
    if !answer.lists.is_empty() {
        let heading = [
            "LIST", "DOES", "WAY", "CATEGORY", "ENTRIES", "AGE", "NEXT", "LAST", "FROM",
        ];
        let align = [Left, Left, Left, Left, Right, Right, Right, Left, Left];
        let mut table = Table::new(heading, align);
        for list in &answer.lists {
            table.row(row(list, now));
        }
        lines.push(table.render());
        lines.extend(warnings(answer));
        lines.extend(
            answer
                .coarse
                .as_ref()
                .map(|told| format!("warning: {told}")),
        );
        lines.extend(
            answer
                .problem
                .as_ref()
                .map(|why| format!("PROBLEM: the kernel has lists as they were before: {why}")),
        );
        lines.push(sets(&answer.sets));
    }
    lines.join("\n")
}

fn row(list: &ListStatus, now: Timestamp) -> [String; 9] {
    let copy = list.copy.as_ref();
    let dash = || "-".to_owned();
    let switched = if list.switched { " (switched)" } else { "" };
    [
        list.name.clone(),
        format!("{}{switched}", does(list)),
        list.direction.to_string(),
        list.category.clone(),
        copy.map_or_else(dash, |copy| number(copy.entries)),
        copy.map_or_else(dash, |copy| duration(copy.age_seconds)),
        list.next.map_or_else(dash, |next| until(next, now)),
        match &list.last {
            _ if list.busy => "under way".to_owned(),
            Some(last) => last.outcome.clone(),
            None => dash(),
        },
        list.origin.clone().unwrap_or_else(|| "by hand".to_owned()),
    ]
}

fn does(list: &ListStatus) -> &'static str {
    match list.enabled {
        true => list.action.label(),
        false => "off",
    }
}

/// So long from now.
fn until(next: Timestamp, now: Timestamp) -> String {
    let seconds = u64::try_from(next.duration_since(now).as_secs());
    seconds.map_or_else(|_| "now".to_owned(), duration)
}

fn warnings(answer: &ListsAnswer) -> impl Iterator<Item = String> {
    let warnings = answer.lists.iter().filter_map(|list| list.warning.as_ref());
    warnings.map(|warning| format!("warning: {warning}"))
}

fn sets(sets: &ListSets) -> String {
    format!(
        "in the kernel: {} ranges of IPv4, {} of IPv6, {}, {}",
        number(sets.ranges_v4),
        number(sets.ranges_v6),
        count(sets.classes as usize, "class", "classes"),
        bytes(sets.kernel_bytes)
    )
}

/// `feeds stats`.
pub fn stats(answer: &ListsAnswer) -> String {
    use Align::{Left, Right};
    let heading = [
        "LIST",
        "DOES",
        "ENTRIES",
        "NAMES",
        "ALONE",
        "HITS 24H",
        "HITS",
        "LAST HIT",
        "WOULD 24H",
        "WOULD",
        "LAST",
    ];
    let align = [
        Left, Left, Right, Right, Right, Right, Right, Right, Right, Right, Right,
    ];
    let now = Timestamp::now();
    let mut table = Table::new(heading, align);
    for list in &answer.lists {
        let copy = list.copy.as_ref();
        let dash = || "-".to_owned();
        let entries = copy.map_or_else(dash, |copy| number(copy.entries));
        let names = copy.map_or_else(dash, |copy| names(copy.addresses_v4, copy.networks_v6));
        let alone = copy.map_or_else(dash, |copy| {
            let (v4, v6) = (
                (copy.unique_v4, copy.addresses_v4),
                (copy.unique_v6, copy.networks_v6),
            );
            share(v4, v6)
        });
        let [day, total, last] = hits(&list.hits, now);
        let [would_day, would, would_last] = hits(&list.would_hit, now);
        let (name, does) = (list.name.clone(), does(list).to_owned());
        table.row([
            name, does, entries, names, alone, day, total, last, would_day, would, would_last,
        ]);
    }
    let mut lines = vec![table.render()];
    lines.extend(
        answer
            .idle
            .as_ref()
            .map(|why| format!("nothing comes of lists: {why}")),
    );
    lines.push(
        "hits are packets; would: of peers on a list that only tells; alone: what no other list names"
            .to_owned(),
    );
    lines.join("\n")
}

/// Addresses of IPv4, and networks of IPv6.
fn names(v4: u64, v6: u64) -> String {
    match (v4, v6) {
        (v4, 0) => number(v4),
        (0, v6) => format!("{} /64", number(v6)),
        (v4, v6) => format!("{} + {} /64", number(v4), number(v6)),
    }
}

/// Of IPv4, where there is any.
fn share((unique_v4, v4): (u64, u64), (unique_v6, v6): (u64, u64)) -> String {
    let (part, all) = if v4 > 0 {
        (unique_v4, v4)
    } else {
        (unique_v6, v6)
    };
    let percent = u128::from(part) * 100;
    percent
        .checked_div(u128::from(all))
        .map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"))
}

fn hits(hits: &ListHits, now: Timestamp) -> [String; 3] {
    let last = hits.last.map(|last| {
        let seconds = u64::try_from(now.duration_since(last).as_secs());
        format!("{} ago", duration(seconds.unwrap_or(0)))
    });
    [
        number(hits.day.packets),
        number(hits.total.packets),
        last.unwrap_or_else(|| "never".to_owned()),
    ]
}

/// What came of something that was begun.
pub fn outcome(answer: &ListsAnswer) -> String {
    let lines = answer.lists.iter().map(|list| {
        let problem = answer.problem.as_deref().filter(|_| is_taken(list));
        match problem {
            Some(why) => format!(
                "{}: NOT IN FORCE: it is here, but the kernel has lists as they were before: {why}",
                list.name
            ),
            None => came_to(list),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether the newest copy is here.
pub fn is_taken(list: &ListStatus) -> bool {
    let outcome = list.last.as_ref().map(|last| last.outcome.as_str());
    matches!(outcome, Some("updated" | "unchanged"))
}

fn came_to(list: &ListStatus) -> String {
    let name = &list.name;
    let entries = list.copy.as_ref().map_or(0, |copy| copy.entries);
    let entries = count(entries as usize, "entry", "entries");
    let Some(last) = &list.last else {
        return format!("{name}: nothing yet");
    };
    let why = last.why.as_deref().unwrap_or("unknown");
    let before = match list.copy {
        Some(_) => format!("; the copy before it stays, with {entries}"),
        None => "; there is none before it".to_owned(),
    };
    match last.outcome.as_str() {
        "updated" => format!("{name}: updated, {entries} in force{}", refused(list)),
        "unchanged" => format!("{name}: unchanged, {entries} in force"),
        "quarantined" => {
            format!("{name}: PUT ASIDE: {why}{before}; see `aegis-cli feeds show {name}`")
        }
        _ => format!("{name}: FAILED: {why}{before}"),
    }
}

fn refused(list: &ListStatus) -> String {
    let refused = list.copy.as_ref().map_or(0, |copy| copy.refused);
    match refused {
        0 => String::new(),
        refused => format!(
            ", {} refused; `aegis-cli feeds show {}` tells why",
            number(refused),
            list.name
        ),
    }
}

/// What was kept without a daemon.
pub fn kept(lists: &[KeptList]) -> String {
    let line = |list: &KeptList| {
        let (name, why) = (&list.name, list.why.as_deref().unwrap_or("unknown"));
        let entries = count(list.entries.unwrap_or(0) as usize, "entry", "entries");
        match list.outcome {
            "updated" => format!("{name}: updated, {entries}"),
            "unchanged" => format!("{name}: unchanged"),
            "quarantined" => format!("{name}: PUT ASIDE: {why}; {entries}"),
            _ => format!("{name}: FAILED: {why}"),
        }
    };
    let mut lines: Vec<String> = lists.iter().map(line).collect();
    lines
        .push("no daemon runs: copies are kept for its next start, nothing is enforced".to_owned());
    lines.join("\n")
}

/// What a switch came to.
pub fn switched(list: &ListStatus) -> String {
    let (name, direction) = (&list.name, &list.direction);
    let state = match (list.enabled, list.action) {
        (false, _) => "is off: nothing comes of it, and its addresses stay loaded".to_owned(),
        (true, ListAction::Alert) => "only tells: what it would have dropped is counted".to_owned(),
        (true, action) => format!("is on: {action}, {direction}"),
    };
    let since = match (list.enabled, &list.copy) {
        (true, None) => "; it is being fetched",
        _ => "",
    };
    format!("{name} {state}{since}")
}

/// Lists in `status`: a line for each, with what is worth a warning first seen there.
pub fn summary(answer: &ListsAnswer) -> Option<String> {
    if !answer.enabled {
        return None;
    }
    let such = |list: &&ListStatus| list.enabled;
    let on: Vec<&ListStatus> = answer.lists.iter().filter(such).collect();
    let one = |list: &&ListStatus| {
        let copy = list.copy.as_ref();
        let entries = copy.map_or(0, |copy| copy.entries);
        let age = copy.map(|copy| format!(", {} old", duration(copy.age_seconds)));
        let tells = if list.action == ListAction::Alert {
            ", only tells"
        } else {
            ""
        };
        let trouble = match (&list.quarantine, list.failures) {
            (Some(_), _) => ", a copy PUT ASIDE".to_owned(),
            (_, 0) => String::new(),
            (_, failures) => format!(
                ", {} failed",
                count(failures as usize, "attempt", "attempts")
            ),
        };
        let age = age.unwrap_or_else(|| ", never loaded".to_owned());
        format!("{} {}{age}{tells}{trouble}", list.name, number(entries))
    };
    let words: Vec<String> = on.iter().map(one).collect();
    let idle = answer
        .idle
        .as_ref()
        .map(|why| format!("; nothing comes of them: {why}"));
    Some(format!(
        "lists: {}{}",
        words.join("; "),
        idle.unwrap_or_default()
    ))
}

#[cfg(test)]
pub mod tests;

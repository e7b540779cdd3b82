// SPDX-License-Identifier: MIT
//! The allowlist.

use super::table::{Align, Table};
use super::units::count;
use super::{places, saved};
use aegis_api::{Allow, AllowAnswer, AllowList};

/// The list.
pub fn list(answer: &AllowList) -> String {
    if answer.allow.is_empty() {
        return "the allowlist is empty".to_owned();
    }
    let align = [Align::Left, Align::Right, Align::Left, Align::Left];
    let place = places::heading(answer.allow.iter().map(|entry| &entry.place));
    let mut table = Table::new(["TARGET", "RULE", "REASON", place], align);
    for entry in &answer.allow {
        let reason = entry.reason.clone().unwrap_or_default();
        let place = places::cell(&entry.place);
        table.row([entry.target.clone(), entry.rule.to_string(), reason, place]);
    }
    format!(
        "{}\n{}",
        table.render(),
        count(answer.allow.len(), "entry", "entries")
    )
}

/// What `allow add` did.
pub fn added(answer: &AllowAnswer) -> String {
    let target = subject(&answer.entry);
    let mut text = match answer.changed {
        true => format!("{target} is on the allowlist now: it passes whatever else is set"),
        false => format!("{target} was on the allowlist already"),
    };
    if !answer.overruled_bans.is_empty() {
        let bans = answer.overruled_bans.join(", ");
        text.push_str(&format!("\nbans that do nothing while it is there: {bans}"));
    }
    if let Some(wider) = &answer.exempt_from {
        text.push_str(&format!(
            "\n{wider} around it stays banned for everybody else"
        ));
    }
    text + &kept(answer, "kept by the daemon, and not in the file")
}

/// What `allow remove` did.
pub fn removed(answer: &AllowAnswer) -> String {
    let target = subject(&answer.entry);
    let kept = kept(answer, "only until the daemon starts again");
    format!("{target} is not on the allowlist any more{kept}")
}

fn subject(entry: &Allow) -> String {
    format!("{}{}", entry.target, places::beside(&entry.place))
}

/// Whether it will be so after the daemon's next start; `unlisted` says what it comes to that the file
/// cannot be changed.
fn kept(answer: &AllowAnswer, unlisted: &str) -> String {
    let file = match (&answer.file, &answer.file_problem) {
        (_, Some(problem)) => Some(format!("{unlisted}: {problem}")),
        (Some(file), None) => Some(format!("{file} says so too")),
        (None, None) => None,
    };
    let unsaved = saved::unsaved(answer.state_problem.as_deref());
    let lines = file.into_iter().chain(unsaved);
    lines.map(|line| format!("\n{line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::Allow;

    #[test]
    fn an_entry_that_overrules_a_ban_says_so() {
        let entry = Allow {
            target: "192.0.2.0/24".to_owned(),
            reason: None,
            rule: 3,
            place: None,
        };
        let overruled_bans = vec!["192.0.2.7".to_owned()];
        let text = added(&AllowAnswer {
            entry: entry.clone(),
            changed: true,
            overruled_bans,
            exempt_from: Some("192.0.0.0/16".to_owned()),
            file: Some("c.toml".to_owned()),
            file_problem: None,
            state_problem: None,
        });
        assert!(text.ends_with("\nc.toml says so too"), "{text}");
        assert!(
            text.contains("while it is there: 192.0.2.7\n192.0.0.0/16 around it"),
            "{text}"
        );
        let again = AllowAnswer {
            entry: entry.clone(),
            changed: false,
            overruled_bans: Vec::new(),
            exempt_from: None,
            file: None,
            file_problem: None,
            state_problem: None,
        };
        assert_eq!(added(&again), "192.0.2.0/24 was on the allowlist already");
        let expected = "TARGET        RULE  REASON\n192.0.2.0/24     3\n1 entry";
        assert_eq!(list(&AllowList { allow: vec![entry] }), expected);
    }
}

// SPDX-License-Identifier: MIT
//! What was saved and restored.

use super::units::count;
use aegis_api::{RestoreAnswer, SaveAnswer};
use serde::Serialize;
use std::path::Path;

/// What `save -f FILE` did.
#[derive(Debug, Serialize)]
pub struct Saved {
    file: String,
    bans: usize,
    allow: usize,
}

impl Saved {
    /// All of an answer went into that file.
    pub fn in_file(path: &Path, answer: &SaveAnswer) -> Self {
        Self {
            file: path.display().to_string(),
            bans: answer.bans,
            allow: answer.allow,
        }
    }
}

/// What `save -f FILE` did, in words.
pub fn saved(saved: &Saved) -> String {
    let bans = count(saved.bans, "ban", "bans");
    let allow = count(saved.allow, "entry", "entries");
    format!(
        "saved {bans} and {allow} of the allowlist in {}",
        saved.file
    )
}

/// The lines themselves.
pub fn text(answer: &SaveAnswer) -> String {
    answer.text.trim_end().to_owned()
}

/// What `restore` did.
pub fn restored(answer: &RestoreAnswer) -> String {
    let bans = count(answer.added, "ban", "bans");
    let mut lines = vec![format!(
        "{bans} added, {} renewed, {} already over",
        answer.renewed, answer.over
    )];
    if answer.allowed > 0 {
        let entries = count(answer.allowed, "entry", "entries");
        lines.push(format!("{entries} added to the allowlist"));
    }
    if answer.overruled > 0 {
        let bans = count(answer.overruled, "ban does", "bans do");
        lines.push(format!("{bans} nothing while the allowlist says otherwise"));
    }
    lines.extend(unsaved(answer.state_problem.as_deref()));
    lines.join("\n")
}

/// What a change that is not saved comes to.
pub fn unsaved(problem: Option<&str>) -> Option<String> {
    problem.map(|problem| format!("NOT SAVED, it holds only until the daemon stops: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_restore_did_is_told() {
        let answer = RestoreAnswer {
            added: 1,
            renewed: 2,
            ..RestoreAnswer::default()
        };
        assert_eq!(restored(&answer), "1 ban added, 2 renewed, 0 already over");
        let answer = RestoreAnswer {
            overruled: 2,
            allowed: 1,
            state_problem: Some("no room".to_owned()),
            ..answer
        };
        let expected = "1 ban added, 2 renewed, 0 already over\n1 entry added to the allowlist\n\
                        2 bans do nothing while the allowlist says otherwise\n\
                        NOT SAVED, it holds only until the daemon stops: no room";
        assert_eq!(restored(&answer), expected);
    }

    #[test]
    fn what_save_did_is_told() {
        let answer = SaveAnswer {
            bans: 2,
            allow: 1,
            text: "# aegis bans 1\nban 192.0.2.1\n".to_owned(),
        };
        let told = saved(&Saved::in_file(Path::new("bans"), &answer));
        assert_eq!(told, "saved 2 bans and 1 entry of the allowlist in bans");
        assert_eq!(text(&answer), "# aegis bans 1\nban 192.0.2.1");
    }
}

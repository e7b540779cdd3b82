// SPDX-License-Identifier: MIT
//! Decisions as a file that outlives an outage of the LAPI and a restart.

use super::decision::{Decision, Others};
use super::decisions::Decisions;
use super::guard;
use super::subject::Subject;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Of the file's form.
const VERSION: u32 = 1;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// It is damaged.
    #[error("it is not what was written ({0})")]
    Damaged(#[from] serde_json::Error),
    /// Another version of the program wrote it.
    #[error("it is of version {0}, and this program reads version {VERSION}")]
    Version(u32),
}

/// What was saved.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// Decisions that are not over.
    pub decisions: Decisions,
    /// Whom an operator has let go although they stand.
    pub lifted: BTreeSet<Subject>,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    decisions: Vec<Line>,
    lifted: BTreeSet<Subject>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    id: u64,
    #[serde(flatten)]
    subject: Subject,
    until: Timestamp,
    origin: String,
    scenario: String,
}

impl Saved {
    /// The bytes of the file: the same decisions are always the same bytes.
    #[must_use]
    pub fn write(decisions: &Decisions, lifted: &BTreeSet<Subject>) -> Vec<u8> {
        let mut lines: Vec<Line> = decisions.iter().map(line).collect();
        lines.sort_by_key(|line| line.id);
        let file = File {
            version: VERSION,
            decisions: lines,
            lifted: lifted.clone(),
        };
        serde_json::to_vec(&file).expect("numbers and texts are always JSON")
    }

    /// Reads it; what is over by now is left out.
    ///
    /// # Errors
    /// [`SavedError`]; then nothing of it is taken.
    pub fn read(bytes: &[u8], others: Others, now: Timestamp) -> Result<Self, SavedError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_slice(bytes)?;
        if version != VERSION {
            return Err(SavedError::Version(version));
        }
        let file: File = serde_json::from_slice(bytes)?;
        let mut decisions = Decisions::new(others);
        let read = file
            .decisions
            .into_iter()
            .map(|line| decision(line, &mut decisions));
        let usable: Vec<Decision> = read.flatten().collect();
        decisions.stand_again(usable.into_iter(), now);
        let lifted = file.lifted.into_iter();
        let lifted = lifted
            .filter(|subject| decisions.sentence(subject).is_some())
            .collect();
        Ok(Self { decisions, lifted })
    }
}

fn line(decision: &Decision) -> Line {
    Line {
        id: decision.id,
        subject: decision.subject,
        until: decision.until,
        origin: decision.origin.to_string(),
        scenario: decision.scenario.to_string(),
    }
}

/// None where a later version of the program no longer takes it.
fn decision(line: Line, decisions: &mut Decisions) -> Option<Decision> {
    guard::check(&line.subject, &line.origin).ok()?;
    let words = decisions.words();
    Some(Decision {
        id: line.id,
        subject: line.subject,
        until: line.until,
        origin: words.keep(&line.origin),
        scenario: words.keep(&line.scenario),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crowdsec::StreamAnswer;

    fn decisions() -> Decisions {
        let text = r#"{"deleted":null,"new":[
            {"id":5,"type":"ban","scope":"Range","value":"2001:db8::/32","duration":"1h","origin":"lists","scenario":"x"},
            {"id":4,"type":"ban","scope":"Ip","value":"192.0.2.1","duration":"10s","origin":"cscli","scenario":"a \"b\""},
            {"id":6,"type":"ban","scope":"AS","value":"7","duration":"1h","origin":"CAPI","scenario":"y"}]}"#;
        let answer: StreamAnswer = serde_json::from_str(text).unwrap();
        let mut decisions = Decisions::default();
        decisions.resync(&answer, Timestamp::UNIX_EPOCH);
        decisions
    }

    #[test]
    fn what_was_saved_stands_again_unless_it_is_over() {
        let before = decisions();
        let lifted = [("ip", "192.0.2.1"), ("as", "7")]
            .map(|(scope, value)| Subject::read(scope, value).unwrap());
        let bytes = Saved::write(&before, &BTreeSet::from(lifted));
        let all = Saved::read(&bytes, Others::Ignore, Timestamp::UNIX_EPOCH).unwrap();
        assert!(all.decisions.sentences().eq(before.sentences()));
        assert_eq!(Saved::write(&all.decisions, &all.lifted), bytes);
        let later =
            Saved::read(&bytes, Others::Ignore, Timestamp::from_second(60).unwrap()).unwrap();
        assert_eq!(later.decisions.len(), 2);
        assert_eq!(later.lifted, BTreeSet::from([lifted[1]]));
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_not_taken() {
        let bytes = Saved::write(&decisions(), &BTreeSet::new());
        let read = |bytes: &[u8]| Saved::read(bytes, Others::Ignore, Timestamp::UNIX_EPOCH);
        assert!(matches!(
            read(&bytes[..bytes.len() - 1]),
            Err(SavedError::Damaged(_))
        ));
        assert!(matches!(read(b""), Err(SavedError::Damaged(_))));
        let other = br#"{"version":2,"what":"ever"}"#;
        assert!(matches!(read(other), Err(SavedError::Version(2))));
        let wide = String::from_utf8(bytes)
            .unwrap()
            .replace("2001:db8::/32", "::/0");
        assert_eq!(read(wide.as_bytes()).unwrap().decisions.len(), 2);
    }
}

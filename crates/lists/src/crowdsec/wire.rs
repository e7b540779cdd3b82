// SPDX-License-Identifier: MIT
//! How a LAPI says what it decides, as JSON.

use super::subject::Subject;
use serde::{Deserialize, Deserializer, Serialize};

/// What changed since this bouncer asked last, or everything that stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamAnswer {
    /// Decisions that stand.
    #[serde(deserialize_with = "told")]
    pub new: Option<Vec<Told>>,
    /// Decisions that no longer do.
    #[serde(deserialize_with = "told")]
    pub deleted: Option<Vec<Told>>,
}

/// A LAPI says `null` where there are none. Who says nothing at all is no LAPI, and must not be
/// understood to say that nobody is banned any more.
fn told<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Told>>, D::Error> {
    Option::deserialize(from)
}

impl StreamAnswer {
    /// Reads what a LAPI sent.
    ///
    /// # Errors
    /// Where it is no JSON, or not what a LAPI says.
    pub fn read(body: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(body)
    }

    /// Decisions that stand.
    #[must_use]
    pub fn standing(&self) -> &[Told] {
        self.new.as_deref().unwrap_or_default()
    }

    /// Decisions that no longer do.
    #[must_use]
    pub fn ended(&self) -> &[Told] {
        self.deleted.as_deref().unwrap_or_default()
    }
}

/// A decision as it is told. What is missing makes that decision unusable, not the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its number.
    #[serde(default)]
    pub id: Option<u64>,
    /// Who or what decided: `crowdsec`, `cscli`, `CAPI`, `lists`, or the name of another program.
    #[serde(default)]
    pub origin: Option<String>,
    /// What is to be done: `ban`, `captcha`, or any other word.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// What `value` is.
    #[serde(default)]
    pub scope: Option<String>,
    /// Whom it is about.
    #[serde(default)]
    pub value: Option<String>,
    /// How long from now, as Go writes durations; below zero: it is over.
    #[serde(default)]
    pub duration: Option<String>,
    /// What for.
    #[serde(default)]
    pub scenario: Option<String>,
    /// Only tried out: nothing is to be done.
    #[serde(default)]
    pub simulated: Option<bool>,
}

/// Which decisions are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Origins; all of them where there are none.
    pub origins: Vec<String>,
    /// Words one of which a scenario contains; all scenarios where there are none.
    pub scenarios: Vec<String>,
}

impl Selection {
    /// What is asked for, as names and values.
    ///
    /// Decisions on the same address are asked for one by one: which of them is deleted could not be
    /// told from their sum.
    #[must_use]
    pub fn query(&self, startup: bool) -> Vec<(&'static str, String)> {
        let mut query = vec![
            ("startup", startup.to_string()),
            ("scopes", Subject::SCOPES.to_owned()),
            ("dedup", "false".to_owned()),
        ];
        if !self.origins.is_empty() {
            query.push(("origins", self.origins.join(",")));
        }
        if !self.scenarios.is_empty() {
            query.push(("scenarios_containing", self.scenarios.join(",")));
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_a_lapi_writes_it() {
        let text = r#"{"deleted":null,"new":[{"duration":"3h59m58.5s","id":3,"origin":"cscli",
            "scenario":"manual 'ban' from 'test'","scope":"Ip","type":"ban","value":"192.0.2.1",
            "until":"ignored"}]}"#;
        let answer = StreamAnswer::read(text.as_bytes()).unwrap();
        assert_eq!(answer.ended(), []);
        let [told] = answer.standing() else {
            panic!("{answer:?}")
        };
        assert_eq!((told.id, told.kind.as_deref()), (Some(3), Some("ban")));
        assert_eq!(told.simulated, None);
        for other in ["{}", r#"{"new":[]}"#, "[]", "null", r#"{"status":"ok"}"#] {
            assert!(StreamAnswer::read(other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn what_is_asked_for_is_in_the_query() {
        let selection = Selection {
            origins: vec!["cscli".to_owned(), "lists".to_owned()],
            scenarios: vec!["ssh".to_owned()],
        };
        let query = selection.query(true);
        let of = |name| {
            query
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(of("startup"), Some("true"));
        assert_eq!(of("scopes"), Some("ip,range,country,as"));
        assert_eq!(of("origins"), Some("cscli,lists"));
        assert_eq!(of("scenarios_containing"), Some("ssh"));
        assert_eq!(Selection::default().query(false).len(), 3);
    }
}

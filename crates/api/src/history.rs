// SPDX-License-Identifier: MIT
//! The last hour, a row a second or coarser.

use crate::client::escaped;
use crate::openapi::Rfc3339;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Rows of a second that a daemon keeps.
pub const HISTORY_ROWS: usize = 3_600;
/// The longest row that can be asked for.
pub const LONGEST_STEP: Duration = Duration::from_secs(60);

/// How much of the past, and how finely.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// Only rows that end later than this: [`History::until`] of the answer before brings what is new
    /// since, even if the clock of the host was set back. All there are where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Rfc3339>")]
    pub since: Option<Timestamp>,
    /// How long a row is to be, `1s` to `60s`; `1s` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

impl HistoryQuery {
    /// Seconds of a row.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn step_seconds(&self) -> Result<u32, String> {
        let Some(text) = &self.step else { return Ok(1) };
        let digits = text.strip_suffix('s');
        let seconds: Option<u32> = digits.and_then(|digits| digits.parse().ok());
        let seconds = seconds.ok_or_else(|| format!("{text:?} is no step"))?;
        match (1..=LONGEST_STEP.as_secs()).contains(&seconds.into()) {
            true => Ok(seconds),
            false => Err(format!("{text} is not between 1s and 60s")),
        }
    }

    /// The query part of the address: empty, or beginning with `?`.
    #[must_use]
    pub fn query(&self) -> String {
        let since = self.since.map(|since| ("since", since.to_string()));
        let step = self.step.clone().map(|step| ("step", step));
        let pairs = since.into_iter().chain(step);
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={}", escaped(&value)))
            .collect();
        match pairs.is_empty() {
            true => String::new(),
            false => format!("?{}", pairs.join("&")),
        }
    }
}

/// Packets and bytes, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TotalColumn {
    /// Packets.
    pub packets: Vec<u64>,
    /// Bytes.
    pub bytes: Vec<u64>,
}

/// The past in columns, each with a value a row, the newest last. Amounts are what a row came to; how long
/// it was is in [`History::milliseconds`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// Seconds of a row, as asked for; the newest may be shorter.
    pub step_seconds: u32,
    /// When the newest row ends; null: there is none.
    #[schemars(with = "Option<Rfc3339>")]
    pub until: Option<Timestamp>,
    /// When each row ends, milliseconds since 1970. There are gaps where the host slept.
    pub ends: Vec<i64>,
    /// How long each row is, milliseconds.
    pub milliseconds: Vec<u32>,
    /// Packets that went on.
    pub passed: TotalColumn,
    /// Packets that ended here.
    pub dropped: TotalColumn,
    /// SYNs that were answered with cookies.
    pub answered: TotalColumn,
    /// Of those that ended here, packets by reason; a reason that never occurred is left out.
    pub drops: BTreeMap<String, Vec<u64>>,
    /// How full the half-open gauge of the busiest processor was, at its fullest.
    pub half_open_percent: Vec<u32>,
    /// Connections that both sides have taken part in, as they were last counted: every ten seconds.
    pub flows: Vec<u64>,
}

impl History {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// What a row of one of the columns of amounts comes to a second; 0 where there is no such row.
    #[must_use]
    pub fn per_second(&self, column: &[u64], row: usize) -> f64 {
        let (Some(&amount), Some(&span)) = (column.get(row), self.milliseconds.get(row)) else {
            return 0.0;
        };
        amount as f64 * 1_000.0 / f64::from(span.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_a_unit_and_bounds() {
        let step = |text: &str| {
            let step = Some(text.to_owned());
            let query = HistoryQuery { step, since: None };
            query.step_seconds()
        };
        assert_eq!(HistoryQuery::default().step_seconds(), Ok(1));
        assert_eq!((step("1s"), step("60s")), (Ok(1), Ok(60)));
        for wrong in ["", "1", "0s", "61s", "-1s", "1.5s", "1m", "500ms"] {
            step(wrong).expect_err(wrong);
        }
    }

    #[test]
    fn rates_go_by_how_long_a_row_is() {
        let history = History {
            milliseconds: vec![1_000, 500],
            ..History::default()
        };
        let column = [10, 10];
        assert_eq!(history.per_second(&column, 0), 10.0);
        assert_eq!(history.per_second(&column, 1), 20.0);
        assert_eq!(history.per_second(&column, 2), 0.0);
    }

    #[test]
    fn a_query_survives_what_addresses_are_made_of() {
        let query = HistoryQuery {
            since: Some(Timestamp::UNIX_EPOCH),
            step: Some("10s".to_owned()),
        };
        assert_eq!(query.query(), "?since=1970-01-01T00%3A00%3A00Z&step=10s");
        assert_eq!(HistoryQuery::default().query(), "");
    }
}

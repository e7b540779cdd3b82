// SPDX-License-Identifier: MIT
//! What a well-behaved client noticed.

use std::time::Duration;

use aegis_testbed::peers::FetchReport;

/// The client's experience of a while, in the form in which it is told.
#[derive(Clone, Debug)]
pub struct Experience {
    /// Which while.
    pub when: &'static str,
    /// What the fetcher noted.
    pub report: FetchReport,
}

impl Experience {
    /// One row of the report's table.
    pub fn row(&self) -> String {
        let report = &self.report;
        format!(
            "  {:<30}{:>9}{:>9}{:>10}{:>10}{:>10}",
            self.when,
            report.successes + report.failures,
            report.failures,
            millis(report.p50()),
            millis(report.p99()),
            millis(report.slowest()),
        )
    }
}

fn millis(time: Option<Duration>) -> String {
    time.map_or_else(
        || "-".to_owned(),
        |time| format!("{:.2} ms", time.as_secs_f64() * 1e3),
    )
}

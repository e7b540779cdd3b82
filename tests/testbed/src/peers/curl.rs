// SPDX-License-Identifier: MIT
//! curl: one fetch, as an operator would try it.

use std::time::Duration;

use super::unreadable;
use crate::error::Result;
use crate::host::Host;

/// Most seconds one fetch may take.
const LIMIT: &str = "5";

/// How a fetch went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurlReport {
    /// HTTP status; 0 when there was no answer.
    pub status: u16,
    /// Exit code of curl: 7 refused, 28 timed out.
    pub code: i32,
    /// The whole time.
    pub time: Duration,
}

/// Fetches `url` from inside `host`.
///
/// # Errors
/// [`Error::MissingTool`](crate::Error::MissingTool) without curl; a failed fetch is a result, not an error.
pub fn curl(host: &Host, url: &str) -> Result<CurlReport> {
    let format = "%{http_code} %{time_total}";
    let args = [
        "-q",
        "-s",
        "-g",
        "-o",
        "/dev/null",
        "-m",
        LIMIT,
        "-w",
        format,
        "--noproxy",
        "*",
    ];
    let output = host.run("curl", &[&args[..], &[url]].concat())?;
    let read = || {
        let (status, time) = output.stdout.trim().split_once(' ')?;
        let time = Duration::try_from_secs_f64(time.parse().ok()?).ok()?;
        Some(CurlReport {
            status: status.parse().ok()?,
            code: output.code()?,
            time,
        })
    };
    read().ok_or_else(|| unreadable("curl's report", &output.stdout))
}

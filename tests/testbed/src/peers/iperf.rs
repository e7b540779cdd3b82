// SPDX-License-Identifier: MIT
//! iperf3: TCP throughput between two hosts.

use std::net::IpAddr;
use std::time::Duration;

use super::{MAX_SECONDS, unreadable, within};
use crate::error::Result;
use crate::host::Host;

/// How long server and client may take to start and to agree that they are done.
const SLACK: Duration = Duration::from_secs(10);
/// Port of the server.
const PORT: &str = "5201";

/// Result of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IperfReport {
    /// Bits per second that arrived.
    pub bits_per_second: f64,
    /// TCP segments sent again.
    pub retransmits: u64,
}

/// Sends TCP from `client` to `address`, which is one of `server`, for `seconds`.
///
/// # Errors
/// [`Error::MissingTool`](crate::Error::MissingTool) without iperf3, otherwise with what it said.
pub fn iperf(client: &Host, server: &Host, address: IpAddr, seconds: u64) -> Result<IperfReport> {
    within("iperf3, in seconds", seconds, MAX_SECONDS)?;
    let listening = server.spawn("iperf3", &["-s", "-1", "--forceflush", "-p", PORT])?;
    listening.wait_for_line("Server listening", SLACK)?;
    let (address, time) = (address.to_string(), seconds.to_string());
    let args = [
        "-J",
        "-p",
        PORT,
        "-t",
        &time,
        "--connect-timeout",
        "3000",
        "-c",
        &address,
    ];
    let limit = Duration::from_secs(seconds) + SLACK;
    let said = client.run_for(limit, "iperf3", &args)?.success()?.stdout;
    parse(&said).ok_or_else(|| unreadable("iperf3's report", &said))
}

fn parse(json: &str) -> Option<IperfReport> {
    let report: serde_json::Value = serde_json::from_str(json).ok()?;
    let bits_per_second = report
        .pointer("/end/sum_received/bits_per_second")?
        .as_f64()?;
    let retransmits = report.pointer("/end/sum_sent/retransmits")?.as_u64()?;
    Some(IperfReport {
        bits_per_second,
        retransmits,
    })
}

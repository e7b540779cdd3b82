// SPDX-License-Identifier: MIT
//! Who talks over the links: servers and clients inside this process, and real tools with hard bounds.

use crate::error::{Error, Result};

pub mod crowdsec;
mod curl;
mod download;
mod echo;
mod fetcher;
mod flood;
mod flows;
mod hping;
mod http;
mod iperf;
mod many;
mod nmap;
mod pattern;
mod ping;
mod session;
mod tcp;
mod visitor;

pub use crowdsec::CrowdSec;
pub use curl::{CurlReport, curl};
pub use download::{Download, DownloadReport};
pub use echo::{TcpEcho, UdpEcho, UdpSink};
pub use fetcher::{FetchReport, Fetcher};
pub use flood::{Flood, FloodKind, FloodReport, Flooding, MAX_FLOOD_SECONDS, RawFlood};
pub use flows::{Flows, FlowsReport};
pub use hping::{Hping, HpingReport};
pub use http::{HttpServer, PAGE};
pub use iperf::{IperfReport, iperf};
pub use many::Many;
pub use nmap::{Nmap, NmapReport, PortState, Scan};
pub use ping::{PingReport, ping, ping_for};
pub use session::{Session, SessionReport};
pub use visitor::Visitor;

/// Most packets one run of an attacking tool may send.
pub const MAX_PACKETS: u64 = 1_000_000;
/// Most seconds one run of a tool may take.
pub const MAX_SECONDS: u64 = 60;

/// Refuses what goes beyond a bound.
fn within(what: &'static str, asked: u64, limit: u64) -> Result<u64> {
    if asked > limit {
        Err(Error::OutOfBounds { what, asked, limit })
    } else {
        Ok(asked)
    }
}

/// The output of a tool did not contain what it always contains.
fn unreadable(what: &str, text: &str) -> Error {
    Error::Unreadable {
        what: what.to_owned(),
        text: text.to_owned(),
    }
}

// SPDX-License-Identifier: MIT
//! nmap, bounded in ports and time, its XML read into a small report.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use super::{MAX_SECONDS, unreadable, within};
use crate::cleanup;
use crate::error::{Doing, Result};
use crate::host::Host;

/// Most ports one scan may cover.
const MAX_PORTS: u64 = 2_000;

/// Kind of scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    /// `-sS`: SYN, half open.
    Syn,
    /// `-sT`: connect.
    Connect,
    /// `-sF`: FIN alone.
    Fin,
    /// `-sN`: no flag.
    Null,
    /// `-sX`: FIN, PSH and URG.
    Xmas,
    /// `-sM`: FIN and ACK.
    Maimon,
    /// `-sA`: ACK alone.
    Ack,
    /// `-sW`: ACK alone, window read.
    Window,
    /// `-sU`: UDP.
    Udp,
    /// `-sY`: SCTP INIT.
    SctpInit,
}

impl Scan {
    /// Every kind, for tests that go through all.
    pub const ALL: [Self; 10] = [
        Self::Syn,
        Self::Connect,
        Self::Fin,
        Self::Null,
        Self::Xmas,
        Self::Maimon,
        Self::Ack,
        Self::Window,
        Self::Udp,
        Self::SctpInit,
    ];

    const fn option(self) -> &'static str {
        match self {
            Self::Syn => "-sS",
            Self::Connect => "-sT",
            Self::Fin => "-sF",
            Self::Null => "-sN",
            Self::Xmas => "-sX",
            Self::Maimon => "-sM",
            Self::Ack => "-sA",
            Self::Window => "-sW",
            Self::Udp => "-sU",
            Self::SctpInit => "-sY",
        }
    }
}

/// State nmap gives a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortState {
    /// Answers as an open port does.
    Open,
    /// Answers as a closed port does.
    Closed,
    /// Silent, or refused by a filter.
    Filtered,
    /// Reachable, open or closed cannot be told (ACK scan).
    Unfiltered,
    /// Silent where silence also means open.
    OpenFiltered,
    /// Silent where silence also means closed.
    ClosedFiltered,
}

impl PortState {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "open" => Self::Open,
            "closed" => Self::Closed,
            "filtered" => Self::Filtered,
            "unfiltered" => Self::Unfiltered,
            "open|filtered" => Self::OpenFiltered,
            "closed|filtered" => Self::ClosedFiltered,
            _ => return None,
        })
    }
}

/// Result of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NmapReport {
    /// Ports found open.
    pub open: Vec<u16>,
    /// Raw packets nmap sent, by its own count; 0 for a connect scan, which sends none itself.
    pub packets_sent: u64,
    counts: BTreeMap<PortState, u64>,
}

impl NmapReport {
    /// Ports in this state.
    #[must_use]
    pub fn count(&self, state: PortState) -> u64 {
        self.counts.get(&state).copied().unwrap_or(0)
    }
}

/// A scan to be run: without name resolution and host discovery, with one retry at most.
#[derive(Clone, Debug)]
#[must_use = "call run() to scan"]
pub struct Nmap<'a> {
    host: &'a Host,
    target: IpAddr,
    scan: Scan,
    ports: String,
    seconds: u64,
    extra: Vec<String>,
}

impl<'a> Nmap<'a> {
    /// A scan of ports 1 to 100 of `target` from inside `host`.
    pub fn new(host: &'a Host, target: IpAddr, scan: Scan) -> Self {
        Self {
            host,
            target,
            scan,
            ports: "1-100".to_owned(),
            seconds: 30,
            extra: Vec::new(),
        }
    }

    /// Ports as nmap writes them: `22,80,1000-1100`.
    pub fn ports(mut self, ports: &str) -> Self {
        ports.clone_into(&mut self.ports);
        self
    }

    /// Most seconds it may take.
    pub fn seconds(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    /// One more option of nmap, such as `-f` (fragments) or `-g53` (source port).
    pub fn option(mut self, option: &str) -> Self {
        self.extra.push(option.to_owned());
        self
    }

    /// Scans.
    ///
    /// # Errors
    /// [`Error::MissingTool`](crate::Error::MissingTool) without nmap, [`Error::OutOfBounds`](crate::Error::OutOfBounds)
    /// for too many ports or seconds, [`Error::Failed`](crate::Error::Failed) with what nmap said.
    pub fn run(&self) -> Result<NmapReport> {
        within("nmap, in seconds", self.seconds, MAX_SECONDS)?;
        let ports = count_ports(&self.ports).ok_or_else(|| unreadable("ports", &self.ports))?;
        within("nmap, in ports", ports, MAX_PORTS)?;
        let file = cleanup::run_root().join(cleanup::unique_name("nmap.xml"));
        let doomed = file.clone();
        // nmap may have failed before it wrote the file.
        let _cleanup = cleanup::defer(move || drop(fs::remove_file(&doomed)));
        let (file_name, timeout) = (file.display().to_string(), format!("{}s", self.seconds));
        let target = self.target.to_string();
        let mut args = vec![
            "-n",
            "-Pn",
            "-v",
            "--max-retries",
            "1",
            "--host-timeout",
            &timeout,
        ];
        args.extend(["-oX", &file_name, self.scan.option(), "-p", &self.ports]);
        args.extend(self.target.is_ipv6().then_some("-6"));
        args.extend(self.extra.iter().map(String::as_str));
        args.push(&target);
        // nmap keeps its own limit; ours is for an nmap that does not.
        let limit = Duration::from_secs(self.seconds + 5);
        let said = self.host.run_for(limit, "nmap", &args)?.success()?.stdout;
        let xml = fs::read_to_string(&file).doing(|| format!("read {file_name}"))?;
        parse(&xml, &said)
    }
}

fn parse(xml: &str, said: &str) -> Result<NmapReport> {
    if !xml.contains("<runstats>") {
        return Err(unreadable("nmap's report", xml));
    }
    let sent = said
        .split("Raw packets sent: ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let packets_sent = sent.and_then(|number| number.parse().ok()).unwrap_or(0);
    let mut report = NmapReport {
        packets_sent,
        ..NmapReport::default()
    };
    for part in xml.split("<extraports ").skip(1) {
        let count = attribute(part, "count")
            .and_then(|count| count.parse().ok())
            .unwrap_or(0);
        if let Some(state) = attribute(part, "state").and_then(PortState::named) {
            *report.counts.entry(state).or_default() += count;
        }
    }
    for part in xml.split("<port ").skip(1) {
        let Some(state) = attribute(part, "state").and_then(PortState::named) else {
            continue;
        };
        *report.counts.entry(state).or_default() += 1;
        if state == PortState::Open {
            report
                .open
                .extend(attribute(part, "portid").and_then(|id| id.parse::<u16>().ok()));
        }
    }
    Ok(report)
}

/// First value of this attribute.
fn attribute<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

/// How many ports `22,80,1000-1100` are.
fn count_ports(ports: &str) -> Option<u64> {
    let count = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
        Some(u64::from(last.checked_sub(first)?) + 1)
    };
    ports.split(',').map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_counted_before_they_are_scanned() {
        assert_eq!(count_ports("80"), Some(1));
        assert_eq!(count_ports("22,80,1000-1100"), Some(103));
        for wrong in ["", "-", "80-", "100-1", "65536", "http"] {
            assert_eq!(count_ports(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_report_of_nmap_is_read() {
        let xml = r#"<ports><extraports state="closed" count="98">
            <extrareasons reason="reset" count="98" proto="tcp" ports="1-79"/></extraports>
            <port protocol="tcp" portid="80"><state state="open" reason="syn-ack"/></port>
            <port protocol="tcp" portid="81"><state state="filtered" reason="no-response"/></port>
            </ports><runstats>"#;
        let report = parse(xml, "Raw packets sent: 101 (4.4KB) | Rcvd: 99 (3.9KB)\n").unwrap();
        assert_eq!(report.open, [80]);
        assert_eq!(report.packets_sent, 101);
        assert_eq!(report.count(PortState::Closed), 98);
        assert_eq!(report.count(PortState::Filtered), 1);
        assert_eq!(report.count(PortState::Unfiltered), 0);
    }
}

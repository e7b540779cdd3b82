// SPDX-License-Identifier: MIT
//! nmap, bounded in ports and time, its XML read into a small report.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::{unreadable, within};
use crate::cleanup;
use crate::error::{Doing, Result};
use crate::host::Host;

/// Most ports one scan may cover.
const MAX_PORTS: u64 = 2_000;
/// Most seconds one scan may take: a slow one has a second for each port.
const MAX_SCAN_SECONDS: u64 = 180;
/// Most times that a probe without an answer may be sent again.
const MAX_RETRIES: u64 = 10;

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
    /// Raw packets nmap sent, by its own count, decoys and fragments included as whole probes; 0 for a connect scan,
    /// which sends none itself.
    pub packets_sent: u64,
    /// True when nmap gave up because its time was over: then it tells the state of no port.
    pub timed_out: bool,
    counts: BTreeMap<PortState, u64>,
    ports: BTreeMap<PortState, Vec<u16>>,
}

impl NmapReport {
    /// Ports in this state.
    #[must_use]
    pub fn count(&self, state: PortState) -> u64 {
        self.counts.get(&state).copied().unwrap_or(0)
    }

    /// The ports in this state, in ascending order.
    #[must_use]
    pub fn ports(&self, state: PortState) -> &[u16] {
        self.ports.get(&state).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, state: PortState, count: u64, ports: impl Iterator<Item = u16>) {
        *self.counts.entry(state).or_default() += count;
        let known = self.ports.entry(state).or_default();
        known.extend(ports);
        known.sort_unstable();
    }
}

/// A scan to be run: without name resolution and host discovery, with one retry unless told otherwise.
#[derive(Clone, Debug)]
#[must_use = "call run() to scan"]
pub struct Nmap<'a> {
    host: &'a Host,
    target: IpAddr,
    scan: Scan,
    ports: String,
    seconds: u64,
    retries: u64,
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
            retries: 1,
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

    /// Most times a probe without an answer is sent again.
    pub fn retries(mut self, retries: u64) -> Self {
        self.retries = retries;
        self
    }

    /// Waits so long between two probes, to stay below what is taken for a scan.
    pub fn scan_delay(self, delay: Duration) -> Self {
        let delay = format!("{}ms", delay.as_millis());
        self.option("--scan-delay").option(&delay)
    }

    /// Sends each probe in fragments of eight bytes.
    pub fn fragments(self) -> Self {
        self.option("-f")
    }

    /// Sends each probe from these addresses too, before its own.
    pub fn decoys(self, decoys: &[IpAddr]) -> Self {
        let decoys: String = decoys.iter().map(|decoy| format!("{decoy},")).collect();
        self.option("-D").option(&format!("{decoys}ME"))
    }

    /// One more option of nmap, such as `-g53` (source port).
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
        within("nmap, in seconds", self.seconds, MAX_SCAN_SECONDS)?;
        within("nmap, in retries", self.retries, MAX_RETRIES)?;
        let ports = count_ports(&self.ports).ok_or_else(|| unreadable("ports", &self.ports))?;
        within("nmap, in ports", ports, MAX_PORTS)?;
        let file = cleanup::run_root().join(cleanup::unique_name("nmap.xml"));
        let doomed = file.clone();
        // nmap may have failed before it wrote the file.
        let _cleanup = cleanup::defer(move || drop(fs::remove_file(&doomed)));
        let file = file.display().to_string();
        let args = self.args(&file);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        // nmap keeps its own limit; ours is for an nmap that does not.
        let limit = Duration::from_secs(self.seconds + 5);
        let said = self.host.run_for(limit, "nmap", &args)?.success()?.stdout;
        let xml = fs::read_to_string(&file).doing(|| format!("read {file}"))?;
        parse(&xml, &said)
    }

    fn args(&self, file: &str) -> Vec<String> {
        let (retries, timeout) = (self.retries.to_string(), format!("{}s", self.seconds));
        let mut args = vec!["-n", "-Pn", "--disable-arp-ping", "-v"];
        args.extend(["--max-retries", &retries, "--host-timeout", &timeout]);
        args.extend(["-oX", file, self.scan.option(), "-p", &self.ports]);
        args.extend(self.target.is_ipv6().then_some("-6"));
        args.extend(self.extra.iter().map(String::as_str));
        let target = self.target.to_string();
        args.push(&target);
        args.into_iter().map(str::to_owned).collect()
    }
}

fn parse(xml: &str, said: &str) -> Result<NmapReport> {
    // Whom it finds no way to it leaves out, and calls that a success.
    if !xml.contains("<runstats>") || xml.contains("total=\"0\"") {
        return Err(unreadable("nmap's report", xml));
    }
    let sent = said
        .split("Raw packets sent: ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let packets_sent = sent.and_then(|number| number.parse().ok()).unwrap_or(0);
    let mut report = NmapReport {
        packets_sent,
        timed_out: xml.contains("timedout=\"true\""),
        ..NmapReport::default()
    };
    for part in xml.split("<extraports ").skip(1) {
        let part = part.split("</extraports>").next().unwrap_or_default();
        let count = attribute(part, "count").and_then(|count| count.parse().ok());
        if let Some(state) = attribute(part, "state").and_then(PortState::named) {
            let reasons = part.split("<extrareasons ").skip(1);
            let ports = reasons.filter_map(|reason| ranges(attribute(reason, "ports")?));
            report.add(state, count.unwrap_or(0), ports.flatten().flatten());
        }
    }
    for part in xml.split("<port ").skip(1) {
        if let Some(state) = attribute(part, "state").and_then(PortState::named) {
            let port = attribute(part, "portid").and_then(|id| id.parse().ok());
            report.add(state, 1, port.into_iter());
        }
    }
    report.open = report.ports(PortState::Open).to_vec();
    Ok(report)
}

/// First value of this attribute.
fn attribute<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

/// The ranges of `22,80,1000-1100`.
fn ranges(ports: &str) -> Option<Vec<RangeInclusive<u16>>> {
    let range = |text: &str| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some(first..=last)
    };
    ports.split(',').map(range).collect()
}

/// How many ports they are.
fn count_ports(ports: &str) -> Option<u64> {
    let ranges = ranges(ports)?;
    Some(ranges.into_iter().map(|range| range.count() as u64).sum())
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
            <extrareasons reason="reset" count="98" proto="tcp" ports="1-79,82-100"/></extraports>
            <port protocol="tcp" portid="80"><state state="open" reason="syn-ack"/></port>
            <port protocol="tcp" portid="81"><state state="filtered" reason="no-response"/></port>
            </ports><runstats>"#;
        let report = parse(xml, "Raw packets sent: 101 (4.4KB) | Rcvd: 99 (3.9KB)\n").unwrap();
        assert_eq!(report.open, [80]);
        assert_eq!(report.packets_sent, 101);
        assert_eq!(report.count(PortState::Closed), 98);
        assert_eq!(report.count(PortState::Filtered), 1);
        assert_eq!(report.count(PortState::Unfiltered), 0);
        let closed: Vec<u16> = (1..=79).chain(82..=100).collect();
        assert_eq!(report.ports(PortState::Closed), closed);
        assert_eq!(report.ports(PortState::Filtered), [81]);
        assert!(!report.timed_out);
    }
}

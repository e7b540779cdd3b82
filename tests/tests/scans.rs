// SPDX-License-Identifier: MIT
//! Every kind of nmap scan against a guarded host. One that tries a few ports is judged probe by
//! probe, and suspects nobody (here); one that tries many is detected (`detection`), also where it
//! is slow, in fragments, or hidden among decoys (`hidden`).

#[path = "scans/detection.rs"]
mod detection;
#[path = "scans/hidden.rs"]
mod hidden;
#[path = "scans/watched.rs"]
mod watched;

use aegis_testbed::peers::{NmapReport, PortState};
use aegis_testbed::{
    Counters, HttpServer, Need, Nmap, PacketCounts, Result, Scan, assert_moved, curl, require,
};
use aegis_tests::guarded::Guarded;
use std::net::IpAddr;

/// One of them open.
const PORTS: &str = "78-82";
const PROBES: u64 = 5;

/// A guarded host with a web server.
struct Target {
    lab: Guarded,
    _http: HttpServer,
    address: IpAddr,
    family: &'static str,
}

/// A scan, and what it moved.
struct Scanned {
    report: NmapReport,
    before: Counters,
    after: Counters,
    arrived: u64,
    departed: u64,
}

impl Target {
    fn v4() -> Result<Self> {
        Self::new(|lab| lab.link.b.v4().into(), "ipv4")
    }

    fn v6() -> Result<Self> {
        Self::new(|lab| lab.link.b.v6().into(), "ipv6")
    }

    fn new(address: fn(&Guarded) -> IpAddr, family: &'static str) -> Result<Self> {
        let lab = Guarded::with(&["--set", "attach.grace=0s"])?;
        // Every closed port answers, however fast it is asked.
        lab.host.set_sysctl("net.ipv4.icmp_ratelimit", "0")?;
        lab.host.set_sysctl("net.ipv6.icmp.ratelimit", "0")?;
        let (http, address) = (HttpServer::start(&lab.host, 80)?, address(&lab));
        Ok(Self {
            lab,
            _http: http,
            address,
            family,
        })
    }

    fn scan(&self, scan: Scan, options: &[&str]) -> Result<Scanned> {
        let nmap = Nmap::new(&self.lab.attacker, self.address, scan);
        // One probe a port, however long its answer takes on a busy machine.
        let nmap = nmap.ports(PORTS).retries(0);
        let nmap = nmap.option("--min-rtt-timeout").option("2s");
        let nmap = options
            .iter()
            .fold(nmap, |nmap, option| nmap.option(option));
        let (before, carried) = (self.lab.steady()?, self.carried()?);
        let report = nmap.run()?;
        let (after, now) = (self.lab.steady()?, self.carried()?);
        Ok(Scanned {
            report,
            before,
            after,
            arrived: now.received - carried.received,
            departed: now.sent - carried.sent,
        })
    }

    fn carried(&self) -> Result<PacketCounts> {
        self.lab.link.b.packets()
    }

    fn arriving(&self, reason: &str) -> String {
        format!("xdp_ingress/{}/{reason}", self.family)
    }

    fn departing(&self, reason: &str) -> String {
        format!("tc_egress/{}/{reason}", self.family)
    }

    /// Every probe dropped, and nothing answered.
    #[track_caller]
    fn drops(&self, scan: Scan, reason: &str, learnt: PortState) -> Result<()> {
        let found = self.scan(scan, &[])?;
        found.moved(&[(self.arriving(reason), PROBES)]);
        assert_eq!(found.report.packets_sent, PROBES);
        let unknown = found.report.count(learnt);
        assert_eq!(unknown, PROBES, "{:?}", found.report);
        self.serves()
    }

    /// Every probe is a beginning, and passes; what answers the open port, and so ends it at once,
    /// is part of a connection.
    #[track_caller]
    fn passes(&self, scan: Scan) -> Result<()> {
        let found = self.scan(scan, &[])?;
        assert_eq!(found.report.open, [80]);
        assert_eq!(found.report.count(PortState::Closed), PROBES - 1);
        found.moved(&[
            (self.arriving("default"), PROBES),
            (self.arriving("established"), found.arrived - PROBES),
            (self.departing("established"), found.departed),
        ]);
        self.serves()
    }

    /// Nobody listens: each probe passes, and is answered with an error.
    #[track_caller]
    fn refuses(&self, scan: Scan) -> Result<()> {
        let found = self.scan(scan, &[])?;
        found.moved(&[
            (self.arriving("default"), PROBES),
            (self.departing("default"), PROBES),
        ]);
        self.serves()
    }

    #[track_caller]
    fn serves(&self) -> Result<()> {
        let host = match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let answer = curl(&self.lab.attacker, &format!("http://{host}/"))?;
        assert_eq!(answer.status, 200);
        Ok(())
    }

    /// Five ports are no scan, however often they are tried.
    #[track_caller]
    fn suspects_nobody(&self) -> Result<()> {
        let list = self.lab.daemon.json(&["list"])?;
        assert_eq!(list["bans"], serde_json::json!([]));
        let attacker = match self.address {
            IpAddr::V4(_) => self.lab.link.a.v4().to_string(),
            IpAddr::V6(_) => self.lab.link.a.v6().to_string(),
        };
        let why = self.lab.daemon.json(&["why", &attacker])?;
        assert_eq!(why["standing"], "free", "{why}");
        Ok(())
    }

    fn stealth_scans_learn_nothing(&self) -> Result<()> {
        use PortState::{Filtered, OpenFiltered};
        for (scan, reason, learnt) in [
            (Scan::Null, "tcp_null", OpenFiltered),
            (Scan::Fin, "tcp_fin_no_ack", OpenFiltered),
            (Scan::Xmas, "tcp_xmas", OpenFiltered),
            (Scan::Maimon, "tcp_out_of_state", OpenFiltered),
            (Scan::Ack, "tcp_out_of_state", Filtered),
            (Scan::Window, "tcp_out_of_state", Filtered),
        ] {
            self.drops(scan, reason, learnt)?;
        }
        self.suspects_nobody()
    }

    fn scans_that_ask_pass(&self) -> Result<()> {
        self.passes(Scan::Syn)?;
        self.passes(Scan::Connect)?;
        self.refuses(Scan::Udp)?;
        self.refuses(Scan::SctpInit)?;
        self.suspects_nobody()
    }
}

impl Scanned {
    #[track_caller]
    fn moved(&self, expected: &[(String, u64)]) {
        let named = expected.iter().map(|(name, by)| (name.as_str(), *by));
        let expected: Vec<(&str, u64)> = named.collect();
        assert_moved(&self.before, &self.after, &expected);
    }
}

#[test]
fn stealth_scans_of_a_few_ports_over_ipv4_are_dropped_probe_by_probe() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    Target::v4()?.stealth_scans_learn_nothing()
}

#[test]
fn stealth_scans_of_a_few_ports_over_ipv6_are_dropped_probe_by_probe() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    Target::v6()?.stealth_scans_learn_nothing()
}

#[test]
fn a_few_ports_may_be_asked_for_over_ipv4() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    Target::v4()?.scans_that_ask_pass()
}

#[test]
fn a_few_ports_may_be_asked_for_over_ipv6() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    Target::v6()?.scans_that_ask_pass()
}

#[test]
fn a_scan_from_a_banned_address_finds_no_port() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    let target = Target::v4()?;
    let attacker = target.lab.link.a.v4().to_string();
    target.lab.cli(&["block", &attacker])?;
    let found = target.scan(Scan::Syn, &[])?;
    found.moved(&[(target.arriving("ban_address"), PROBES)]);
    assert_eq!(found.report.count(PortState::Filtered), PROBES);
    Ok(())
}

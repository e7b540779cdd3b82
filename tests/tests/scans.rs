// SPDX-License-Identifier: MIT
//! Every kind of nmap scan against a guarded host with one open port: what no stack sends is
//! dropped and counted probe by probe, the rest passes, and the open port goes on serving.

use aegis_testbed::peers::{NmapReport, PortState};
use aegis_testbed::{Counters, HttpServer, Need, Nmap, Result, Scan, assert_moved, curl, require};
use aegis_tests::guarded::Guarded;
use std::net::IpAddr;

const PORTS: &str = "78-82";

/// A guarded host with a web server.
struct Target {
    lab: Guarded,
    _http: HttpServer,
    address: IpAddr,
    family: &'static str,
}

impl Target {
    fn v4() -> Result<Self> {
        Self::new(|lab| lab.link.b.v4().into(), "ipv4")
    }

    fn v6() -> Result<Self> {
        Self::new(|lab| lab.link.b.v6().into(), "ipv6")
    }

    fn new(address: fn(&Guarded) -> IpAddr, family: &'static str) -> Result<Self> {
        let lab = Guarded::start()?;
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

    /// The report, and the counters before and after.
    fn scan(&self, scan: Scan) -> Result<(NmapReport, Counters, Counters)> {
        let before = self.lab.steady()?;
        let report = Nmap::new(&self.lab.attacker, self.address, scan)
            .ports(PORTS)
            .run()?;
        Ok((report, before, self.lab.steady()?))
    }

    fn ingress(&self, reason: &str) -> String {
        format!("xdp_ingress/{}/{reason}", self.family)
    }

    fn egress(&self) -> String {
        format!("tc_egress/{}/default", self.family)
    }

    /// Every probe dropped, and nothing answered.
    #[track_caller]
    fn drops(&self, scan: Scan, reason: &str) -> Result<()> {
        let (report, before, after) = self.scan(scan)?;
        assert!(report.packets_sent >= 5, "{report:?}");
        assert_moved(
            &before,
            &after,
            &[(&self.ingress(reason), report.packets_sent)],
        );
        assert_eq!(
            report.count(PortState::OpenFiltered),
            5,
            "nmap learns nothing: {report:?}"
        );
        self.serves()
    }

    /// Every probe passed and answered. The scanner's own stack, which knows of no connection,
    /// resets each answer of an open port: one, and one more for each probe that was repeated.
    #[track_caller]
    fn passes(&self, scan: Scan, opens: bool) -> Result<NmapReport> {
        let (report, before, after) = self.scan(scan)?;
        let sent = report.packets_sent;
        assert!(sent >= 5, "{report:?}");
        let passed = |counters: &Counters| counters.get(&self.ingress("default")).copied();
        let arrived = passed(&after).unwrap_or(0) - passed(&before).unwrap_or(0);
        let possible = if opens { 1..=sent - 4 } else { 0..=0 };
        let resets = possible.clone().find(|resets| sent + resets == arrived);
        let expected = [
            (
                self.ingress("default"),
                sent + resets.unwrap_or(*possible.start()),
            ),
            (self.egress(), sent),
        ];
        let expected = expected.each_ref().map(|(name, by)| (name.as_str(), *by));
        assert_moved(&before, &after, &expected);
        self.serves()?;
        Ok(report)
    }

    #[track_caller]
    fn serves(&self) -> Result<()> {
        let host = match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        assert_eq!(
            curl(&self.lab.attacker, &format!("http://{host}/"))?.status,
            200
        );
        Ok(())
    }

    fn stealth_scans_learn_nothing(&self) -> Result<()> {
        self.drops(Scan::Null, "tcp_null")?;
        self.drops(Scan::Fin, "tcp_fin_no_ack")?;
        self.drops(Scan::Xmas, "tcp_xmas")
    }

    fn sound_scans_pass(&self) -> Result<()> {
        assert_eq!(self.passes(Scan::Syn, true)?.open, [80]);
        for scan in [Scan::Ack, Scan::Window, Scan::Maimon] {
            self.passes(scan, false)?;
        }
        let (report, before, after) = self.scan(Scan::Connect)?;
        assert_eq!(report.open, [80]);
        self.only_passed(&before, &after);
        let (report, before, after) = self.scan(Scan::SctpInit)?;
        assert_eq!(
            after[&self.ingress("default")] - before[&self.ingress("default")],
            report.packets_sent
        );
        self.only_passed(&before, &after);
        Ok(())
    }

    #[track_caller]
    fn only_passed(&self, before: &Counters, after: &Counters) {
        let moved = after
            .iter()
            .filter(|(name, value)| before.get(*name) != Some(*value));
        let names: Vec<&String> = moved.map(|(name, _)| name).collect();
        assert_eq!(names, [&self.egress(), &self.ingress("default")]);
    }

    fn udp_scans_pass(&self) -> Result<()> {
        let (report, before, after) = self.scan(Scan::Udp)?;
        assert_eq!(
            after[&self.ingress("default")],
            before.get(&self.ingress("default")).unwrap_or(&0) + report.packets_sent
        );
        self.only_passed(&before, &after);
        self.serves()
    }
}

#[test]
fn null_fin_and_xmas_scans_over_ipv4_are_dropped_probe_by_probe() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    Target::v4()?.stealth_scans_learn_nothing()
}

#[test]
fn null_fin_and_xmas_scans_over_ipv6_are_dropped_probe_by_probe() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    Target::v6()?.stealth_scans_learn_nothing()
}

/// They are what a stack may send; telling them apart from a client needs connection tracking.
#[test]
fn scans_with_sound_segments_over_ipv4_pass_by_default() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    Target::v4()?.sound_scans_pass()
}

#[test]
fn scans_with_sound_segments_over_ipv6_pass_by_default() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    Target::v6()?.sound_scans_pass()
}

#[test]
fn udp_scans_pass_by_default() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("curl")
    );
    Target::v4()?.udp_scans_pass()?;
    Target::v6()?.udp_scans_pass()
}

#[test]
fn a_scan_from_a_banned_address_finds_no_port() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let target = Target::v4()?;
    target
        .lab
        .cli(&["block", &target.lab.link.a.v4().to_string()])?;
    let (report, before, after) = target.scan(Scan::Syn)?;
    assert_moved(
        &before,
        &after,
        &[(&target.ingress("ban_address"), report.packets_sent)],
    );
    assert_eq!(
        (report.open.len(), report.count(PortState::Filtered)),
        (0, 5)
    );
    Ok(())
}

#[test]
fn a_fragmented_scan_is_seen_through() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let target = Target::v4()?;
    let before = target.lab.steady()?;
    let nmap = Nmap::new(&target.lab.attacker, target.address, Scan::Syn);
    let report = nmap.ports(PORTS).option("-f").run()?;
    let after = target.lab.steady()?;
    // Eight bytes a fragment: the first hides the flags, the second would bring them.
    assert_eq!(report.open.len(), 0, "{report:?}");
    assert!(after[&target.ingress("fragment_tiny")] > 0, "{after:?}");
    let passed = target.ingress("default");
    assert_eq!(
        after.get(&passed),
        before.get(&passed),
        "no whole probe got through"
    );
    Ok(())
}

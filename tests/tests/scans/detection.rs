// SPDX-License-Identifier: MIT
//! Scans of a thousand ports, of each kind and over both families: the kernel tells of them by the
//! fifty-first distinct port, user space bans, and nmap goes home with little.

use crate::watched::{Family, Found, OPEN, Watched};
use aegis_testbed::{Need, Result, Scan, require};
use aegis_tests::told::say;

/// As many as may be tried (`port_scan.ports`).
const PORTS_ALLOWED: u64 = 50;
/// Which of the 51 ports share a place in the sketch is chance; that 30 of 80 do is not to be
/// expected before the sun is cold.
const PROBES_AT_MOST: u64 = 80;
/// What becomes of probes that ask, once they are too many.
const REFUSED: [&str; 2] = ["cool_down", "ban_unsolicited"];

/// How a scan is judged before it is known for what it is: one probe that is one too many, those
/// before it, and those after it.
struct Course {
    scan: Scan,
    before: &'static str,
    after: &'static [&'static str],
}

const fn asking(scan: Scan) -> Course {
    Course {
        scan,
        before: "default",
        after: &REFUSED,
    }
}

/// Of what is dropped anyhow it is said why, before and after.
const fn stealthy(scan: Scan, reason: &'static str) -> Course {
    Course {
        scan,
        before: reason,
        after: &[],
    }
}

const ASKING: [Course; 3] = [asking(Scan::Syn), asking(Scan::Connect), asking(Scan::Udp)];
const IMPOSSIBLE: [Course; 3] = [
    stealthy(Scan::Null, "tcp_null"),
    stealthy(Scan::Fin, "tcp_fin_no_ack"),
    stealthy(Scan::Xmas, "tcp_xmas"),
];
const OUT_OF_STATE: [Course; 3] = [
    stealthy(Scan::Ack, "tcp_out_of_state"),
    stealthy(Scan::Maimon, "tcp_out_of_state"),
    stealthy(Scan::Window, "tcp_out_of_state"),
];

impl Course {
    fn is_detected(&self, family: Family) -> Result<()> {
        let watched = Watched::start(family)?;
        let nmap = watched.nmap(self.scan, "1-1000").option("-T4");
        let found = watched.watch(&nmap.option("--min-rate").option("500"))?;
        let probes = self.is_judged(&found);
        let attacker = watched.attacker();
        let source = watched.source(attacker);
        let sentence = [&source, "new connections", "port_scan"].map(str::to_owned);
        assert_eq!(watched.bans(1)?, [sentence]);
        let tried = is_explained(&watched, &source)?;
        let (open, closed) = found.learnt();
        say(format_args!(
            "{:?} over {}: told after {tried} probes; of 1,000 ports nmap knows {open} open of {}, {closed} closed",
            self.scan,
            family.label(),
            OPEN.len(),
        ));
        assert!(open + closed <= probes, "{:?}", found.report);
        Ok(())
    }

    /// Returns how many of the scanner's probes passed.
    #[track_caller]
    fn is_judged(&self, found: &Found) -> u64 {
        let known = ["default", "established", self.before, "port_scan"];
        found.is_accounted_for(&[&known[..], self.after].concat());
        assert_eq!(found.count("port_scan"), 1, "{:?}", found.moved);
        let sent = found.report.packets_sent;
        if self.after.is_empty() {
            let visits = found.visits.successes;
            assert_eq!(found.count("default"), visits, "{:?}", found.moved);
            assert_eq!((sent, found.count(self.before)), (1_000, 999));
            return 0;
        }
        let passed = found.count(self.before) - found.visits.successes;
        let bounds = PORTS_ALLOWED..PROBES_AT_MOST;
        assert!(bounds.contains(&passed), "{passed}: {:?}", found.moved);
        let refused: u64 = self.after.iter().map(|reason| found.count(reason)).sum();
        match self.scan {
            // The kernel sends its SYNs, and may send them again.
            Scan::Connect => assert!(passed + 1 + refused >= 1_000, "{:?}", found.moved),
            _ => assert_eq!(passed + 1 + refused, sent, "{:?}", found.moved),
        }
        passed
    }
}

/// `why` tells what for; returns how many probes it took.
#[track_caller]
fn is_explained(watched: &Watched, source: &str) -> Result<u64> {
    let why = watched.why(watched.attacker())?;
    assert_eq!(why["standing"], "banned_in_part", "{why}");
    let charges = why["evidence"]["charges"].as_array();
    let [charge] = &charges.expect("charges are a list")[..] else {
        panic!("not one charge: {why}")
    };
    let facts = [&why["evidence"]["source"], &charge["kind"]];
    assert_eq!(facts, [source, "port_scan"], "{why}");
    let numbers = ["offences", "proven", "ports"].map(|fact| charge[fact].as_u64());
    let expected = [1, 0, PORTS_ALLOWED + 1].map(Some);
    assert_eq!(numbers, expected, "{why}");
    let probes = charge["packets"].as_u64().expect("a number");
    let bounds = PORTS_ALLOWED + 1..PROBES_AT_MOST;
    assert!(bounds.contains(&probes), "{why}");
    let said = watched.lab.cli(&["why", &watched.attacker().to_string()])?;
    assert!(said.contains("port_scan") && said.contains("51"), "{said}");
    Ok(probes)
}

/// The detectors look at networks of 64 bits, and the host itself is in that of its neighbours.
#[test]
fn a_neighbour_over_ipv6_cools_down_but_is_not_banned_with_the_network_of_this_host() -> Result<()>
{
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let watched = Watched::neighbouring(Family::V6, |_| Ok(()))?;
    let nmap = watched.nmap(Scan::Syn, "1-100").option("-T4");
    let found = watched.watch(&nmap.option("--min-rate").option("100"))?;
    found.is_accounted_for(&["default", "established", "port_scan", "cool_down"]);
    assert_eq!(found.count("port_scan"), 1, "{:?}", found.moved);
    let why = watched.why(watched.lab.link.a.v6().into())?;
    assert_eq!(why["standing"], "cooling_down", "{why}");
    assert_eq!(watched.bans(0)?, Vec::<[String; 3]>::new());
    Ok(())
}

fn are_detected(courses: &[Course], family: Family) -> Result<()> {
    courses
        .iter()
        .try_for_each(|course| course.is_detected(family))
}

#[test]
fn scans_that_ask_for_many_ports_over_ipv4_are_detected() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    are_detected(&ASKING, Family::V4)
}

#[test]
fn scans_that_ask_for_many_ports_over_ipv6_are_detected() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    are_detected(&ASKING, Family::V6)
}

#[test]
fn scans_with_impossible_segments_over_ipv4_are_detected() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    are_detected(&IMPOSSIBLE, Family::V4)
}

#[test]
fn scans_with_impossible_segments_over_ipv6_are_detected() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    are_detected(&IMPOSSIBLE, Family::V6)
}

#[test]
fn scans_with_segments_of_no_connection_over_ipv4_are_detected() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    are_detected(&OUT_OF_STATE, Family::V4)
}

#[test]
fn scans_with_segments_of_no_connection_over_ipv6_are_detected() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    are_detected(&OUT_OF_STATE, Family::V6)
}

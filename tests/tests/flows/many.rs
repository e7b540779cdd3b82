// SPDX-License-Identifier: MIT
//! More connections than there is room for, proven or not: those that stand go on.

use aegis_testbed::{Flows, Need, RawFlood, Result, Session, TcpEcho, require};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::{say, state};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Room for proven connections of a family.
const ROOM: u64 = 65_536;
const OFFERED: u64 = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(20);
const LINE: Duration = Duration::from_millis(100);
/// Of connections that stand, each way.
const STANDING: usize = 10;

/// Sessions both ways, each with a line behind it.
struct Standing(Vec<Session>);

impl Standing {
    fn open(lab: &Guarded, services: &[TcpEcho; 2]) -> Result<Self> {
        let (a, b) = (&lab.link.a, &lab.link.b);
        let ways: [(_, IpAddr, _); 2] = [
            (&lab.attacker, b.v4().into(), services[0].port()),
            (&lab.host, a.v4().into(), services[1].port()),
        ];
        let mut sessions = Vec::new();
        for (host, server, port) in ways {
            for _ in 0..STANDING {
                sessions.push(Session::open(host, SocketAddr::new(server, port), LINE)?);
            }
        }
        let standing = Self(sessions);
        standing.go_on("at first");
        Ok(standing)
    }

    /// Fails unless every one of them still answers, and none ever broke.
    fn go_on(&self, when: &str) {
        for (number, session) in self.0.iter().enumerate() {
            assert!(
                session.answers_within(PATIENCE),
                "{when}, {number}: {:?}",
                session.report()
            );
        }
    }

    fn slowest(&self) -> Duration {
        let reports = self.0.iter().map(|session| session.report().slowest);
        reports.max().unwrap_or_default()
    }
}

fn services(lab: &Guarded) -> Result<[TcpEcho; 2]> {
    Ok([
        TcpEcho::start(&lab.host, 7_007)?,
        TcpEcho::start(&lab.attacker, 7_008)?,
    ])
}

/// Entries and capacity of a table.
fn fill(status: &Value, name: &str) -> (u64, u64) {
    let tables = status["tables"].as_array().cloned().unwrap_or_default();
    let table = tables.iter().find(|table| table["name"] == name);
    let of = |key: &str| {
        table
            .and_then(|table| table[key].as_u64())
            .unwrap_or_default()
    };
    (of("entries"), of("capacity"))
}

#[test]
fn a_million_flows_offered_to_a_full_table_cost_nobody_his_connection() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::with(&["--set", "attach.grace=0s"])?;
    let services = services(&lab)?;
    let standing = Standing::open(&lab, &services)?;
    let frame = lab
        .frame()
        .ipv4([198, 18, 0, 0], lab.nobody_v4())
        .tcp(1, 80, "S");
    let flows = Flows::new(&lab.link.a, &lab.link.b, frame.bytes());
    let report = flows.count(OFFERED).sources(100_000).seconds(60).run()?;
    let status = lab.daemon.json(&["status"])?;
    let (entries, capacity) = fill(&status, "FLOWS_V4");
    let count = |name: &str| {
        status["state"]["counters"][name]
            .as_u64()
            .unwrap_or_default()
    };
    say(format_args!(
        "{} flows answered, {:.0}/s, {} confirmed: {entries} of {capacity} have a flow, {} found no room, {} half-open gave way; slowest line of a session {:?}",
        report.answered,
        report.rate(),
        report.confirmed,
        count("flows_full"),
        count("half_open_evicted"),
        standing.slowest(),
    ));
    standing.go_on("after a million others");
    assert!(report.answered > OFFERED * 99 / 100, "{report:?}");
    assert_eq!((entries, capacity), (ROOM, ROOM));
    assert_eq!(count("flows_added"), ROOM, "nobody's flow gave way");
    let refused = report.confirmed + standing.0.len() as u64 - ROOM;
    assert_eq!(count("flows_full"), refused, "each is counted once");
    let warnings = status["warnings"].to_string();
    assert!(warnings.contains("there is no room"), "{warnings}");
    // Who comes now is kept among the half-open ones, and works.
    let server = (lab.link.b.v4(), services[0].port()).into();
    let late = Session::open(&lab.attacker, server, LINE)?;
    assert!(late.answers_within(PATIENCE), "{:?}", late.report());
    assert!(state(&lab.daemon, "flows_full")? > refused);
    Ok(())
}

/// The worst case: without rates, every SYN is remembered.
#[test]
fn a_million_half_open_connections_cost_nobody_his_connection() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::with(&[
        "--set",
        "attach.grace=0s",
        "--set",
        "modules.rate_limit=false",
    ])?;
    let services = services(&lab)?;
    let standing = Standing::open(&lab, &services)?;
    let added = state(&lab.daemon, "flows_added")?;
    let syn = lab
        .frame()
        .ipv4([198, 18, 0, 0], lab.nobody_v4())
        .tcp(1, 80, "S");
    let flood = RawFlood::new(&lab.link.a, syn.bytes())
        .sources(1_000_000)
        .packets(1_000_000);
    let flood = flood.seconds(20).start()?.wait()?;
    let status = lab.daemon.json(&["status"])?;
    let evicted = status["state"]["counters"]["half_open_evicted"]
        .as_u64()
        .unwrap_or_default();
    let (entries, capacity) = fill(&status, "HALF_OPEN");
    say(format_args!(
        "{} SYNs, {:.0}/s: {entries} of {capacity} half-open, {evicted} gave way; slowest line of a session {:?}",
        flood.packets,
        flood.rate(),
        standing.slowest(),
    ));
    standing.go_on("after a million half-open ones");
    // Strangers fill only the half that is theirs.
    assert!(
        entries <= capacity / 2 && entries > capacity / 4,
        "{entries} of {capacity}"
    );
    assert!(
        evicted > flood.packets / 2,
        "{evicted} of {}",
        flood.packets
    );
    assert_eq!(
        state(&lab.daemon, "flows_added")?,
        added,
        "nobody began anew"
    );
    assert_eq!(fill(&status, "FLOWS_V4").0, standing.0.len() as u64);
    Ok(())
}

// SPDX-License-Identifier: MIT
//! A hundred thousand connections as a terminal asks for them.

use aegis_lists::geo::writer::{Value as Record, Writer};
use aegis_testbed::{Flows, Http, Need, Result, require};
use aegis_tests::configuration::File;
use aegis_tests::told::say;
use ipnet::IpNet;
use serde_json::Value;

/// Ticks of the clock of which a second has so many (`getconf CLK_TCK`, 100 on every Linux that matters).
const TICKS: f64 = 100.0;

/// Milliseconds of CPU that a process has used (proc(5), fields 14 and 15 of `stat`).
fn cpu_ms(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(')').expect("its name is in brackets");
    let mut times = fields.split_whitespace().skip(11).take(2);
    let mut time = || times.next().and_then(|field| field.parse::<f64>().ok());
    (time().unwrap_or_default() + time().unwrap_or_default()) * 1_000.0 / TICKS
}

/// Room for as many, and databases of where they come from: four countries and networks a /24.
fn configuration(file: &File) -> String {
    let pieces: Vec<IpNet> = (0..1_024_u32)
        .map(|piece| IpNet::new_assert((0x5102_0000 | piece << 6).to_be_bytes().into(), 26))
        .collect();
    let country = |number: usize| Record::country(["GB", "DE", "RU", "CN"][number % 4]);
    let system = |number: usize| Record::system(1_000 + number as u32, "A Provider");
    let write = |kind: &'static str, record: &dyn Fn(usize) -> Record| {
        let numbered = pieces.iter().enumerate();
        let networks = numbered.map(|(number, net)| (*net, record(number)));
        let path = file.folder().join(format!("{kind}.mmdb"));
        let bytes = Writer::new(kind, 1_780_000_000, networks.collect()).write();
        std::fs::write(&path, bytes).expect("the folder is our own");
        path.display().to_string()
    };
    let (country, asn) = (
        write("DBIP-Country-Lite", &country),
        write("DBIP-ASN-Lite", &system),
    );
    let attach = "[attach]\nmax_flows = 131072\ngrace = \"0s\"\n";
    format!("{attach}[geo]\ncountry = {country:?}\nasn = {asn:?}\n")
}

/// What a terminal asks a daemon of so many connections, and what that costs.
#[test]
fn a_hundred_thousand_flows_are_listed_filtered_and_counted_together() -> Result<()> {
    const FLOWS: u64 = 100_000;
    const QUESTIONS: u32 = 10;
    require!(Need::Root, Need::AegisCli);
    let file = File::new("");
    file.write(&configuration(&file));
    let lab = file.start()?;
    let frame = lab
        .frame()
        .ipv4([81, 2, 0, 0], lab.nobody_v4())
        .tcp(1, 80, "S");
    let flows = Flows::new(&lab.link.a, &lab.link.b, frame.bytes());
    let report = flows.count(FLOWS).sources(50_000).seconds(60).run()?;
    let socket = lab.daemon.run_dir().join("eth0.sock");
    let pid = lab.daemon.pid().expect("it runs");
    let mut lines = Vec::new();
    for query in [
        "flows?limit=500",
        "flows?limit=500&sort=live",
        "flows?limit=500&sort=idle&text=81.2.1",
        "flows?limit=500&sort=country",
        "flows?limit=500&text=provider",
        "flows?limit=500&country=gb",
        "flows/groups?by=prefix&limit=50&sort=live",
        "flows/groups?by=source&limit=50",
        "flows/groups?by=country&limit=50",
    ] {
        let before = cpu_ms(pid);
        let mut answer = Value::Null;
        for _ in 0..QUESTIONS {
            let reply = Http::connect(&socket)?.ask("GET", &format!("/v1/{query}"), "")?;
            assert_eq!(reply.status, 200, "{query}: {}", reply.body);
            answer = reply.json()?;
            assert_eq!(answer["total"].as_u64(), Some(report.confirmed), "{query}");
        }
        let cost = (cpu_ms(pid) - before) / f64::from(QUESTIONS);
        lines.push(format!("{cost:.0} ms for {query}"));
        let told = answer["flows"].as_array().or(answer["groups"].as_array());
        assert!(told.is_some_and(|told| told.len() <= 500), "{query}");
    }
    say(format_args!(
        "{} flows: {}",
        report.confirmed,
        lines.join(", ")
    ));
    assert!(report.confirmed > FLOWS * 99 / 100, "{report:?}");
    let prefixes = lab.daemon.json(&["flows", "--group-by", "prefix"])?;
    let groups = prefixes["groups"].as_array().cloned().unwrap_or_default();
    let connections = groups
        .iter()
        .filter_map(|group| group["connections"].as_u64());
    assert_eq!(
        connections.sum::<u64>(),
        report.confirmed,
        "each is in one group"
    );
    assert_eq!(groups.len(), 196, "50,000 addresses");
    let countries = lab
        .daemon
        .json(&["flows", "--group-by", "country", "cc:ru,cn"])?;
    let keys = [0, 1].map(|at| countries["groups"][at]["key"].clone());
    assert!(
        keys.contains(&"RU".into()) && keys.contains(&"CN".into()),
        "{keys:?}"
    );
    Ok(())
}

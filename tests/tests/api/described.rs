// SPDX-License-Identifier: MIT
//! Every endpoint of the table is asked, and what the real daemon answers is held to
//! `docs/api/openapi.json`, where nothing may be that is not described.

use aegis_api::endpoint::Endpoint;
use aegis_api::{History, Method, OPENAPI, Rates, Snapshot};
use aegis_testbed::http::Reply;
use aegis_testbed::{Http, Need, Result, TcpEcho, require};
use aegis_tests::configuration::File;
use aegis_tests::guarded::Guarded;
use aegis_tests::published;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

const SCANNER: &str = "203.0.113.7";
const BANNED: &str = "192.0.2.7";
/// A list in which there is nothing any more.
const ASIDE: &str = "aside";
/// By these the daemon goes, so that they come last.
const PARTINGS: [Endpoint; 2] = [Endpoint::Upgrade, Endpoint::Detach];
/// How long another may take to start in its place on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// More ports than a source may try.
const PORTS: u16 = 60;

/// The description, with every object closed: a field that it lacks is an error.
fn description() -> Value {
    let mut document: Value = serde_json::from_str(OPENAPI).expect("it is JSON");
    let schemas = document["components"]["schemas"].as_object_mut();
    for schema in schemas.expect("they are there").values_mut() {
        if schema["properties"].is_object() {
            schema["additionalProperties"] = false.into();
        }
    }
    document
}

fn schema(document: &Value, schema: &Value) -> Validator {
    assert!(schema.is_object(), "there is no such schema");
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(&schema).expect("it is a schema")
}

#[track_caller]
fn is_valid(validator: &Validator, value: &Value, what: &str) {
    let wrong: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{what}: {wrong:#?}\n{value:#}");
}

/// How an endpoint is asked here. Whoever adds one says so.
fn example(endpoint: Endpoint, lab: &Guarded) -> (&'static str, Option<Value>) {
    match endpoint {
        Endpoint::Index
        | Endpoint::OpenApi
        | Endpoint::Status
        | Endpoint::Stats
        | Endpoint::Bans
        | Endpoint::AllowList
        | Endpoint::Lists
        | Endpoint::Geo
        | Endpoint::Attacks
        | Endpoint::Modules
        | Endpoint::Save
        | Endpoint::EventStream => ("", None),
        Endpoint::StatsStream => ("?every=200ms", None),
        Endpoint::Events => ("?limit=5", None),
        Endpoint::Flows => ("?sort=live&proto=tcp&limit=9", None),
        Endpoint::FlowGroups => ("?by=prefix&sort=live&state=est&limit=9", None),
        Endpoint::History => ("?step=2s", None),
        Endpoint::Why => ("?address=203.0.113.7", None),
        Endpoint::Ban => ("", Some(json!({ "target": BANNED, "for_seconds": 60 }))),
        Endpoint::Unban => ("", Some(json!({ "target": BANNED }))),
        Endpoint::Allow | Endpoint::Disallow => ("", Some(json!({ "target": "198.51.100.0/24" }))),
        Endpoint::Kill => {
            let peer = lab.link.a.v4().to_string();
            ("", Some(json!({ "filter": { "peer": peer } })))
        }
        Endpoint::List => ("?name=mine", None),
        Endpoint::ListLoad => {
            let text = "45.0.0.1 # one\n";
            ("", Some(json!({ "name": "mine", "text": text })))
        }
        Endpoint::ListSwitch => ("", Some(json!({ "name": "mine", "action": "alert" }))),
        Endpoint::ListRelease => ("", Some(json!({ "name": ASIDE }))),
        Endpoint::ListUpdate => ("", Some(json!({}))),
        Endpoint::ListRemove => {
            until_in_force(lab, "mine");
            ("", Some(json!({ "name": "mine" })))
        }
        Endpoint::GeoBlock | Endpoint::GeoUnblock => ("", Some(json!({ "region": "SE" }))),
        Endpoint::Switch => ("", Some(json!({ "names": ["verbose"], "on": true }))),
        Endpoint::Restore => {
            let text = "# aegis bans 1\nban 192.0.2.9 by operator\n";
            ("", Some(json!({ "text": text })))
        }
        Endpoint::Reload | Endpoint::Detach | Endpoint::Upgrade => ("", Some(json!({}))),
    }
}

/// Waits until nothing goes on about a list.
fn until_in_force(lab: &Guarded, name: &str) {
    let began = Instant::now();
    loop {
        let answer = lab.daemon.json(&["feeds", "show", name]);
        let busy = answer.is_ok_and(|list| list["status"]["busy"] == true);
        if !busy {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "it goes on and on");
        thread::sleep(Duration::from_millis(50));
    }
}

/// A daemon that has seen a scan, a connection and bans, and put a list aside.
fn eventful(file: &File) -> Result<(Guarded, TcpEcho, TcpStream)> {
    let empty = file.folder().join("empty.txt");
    std::fs::write(&empty, "").expect("the folder is our own");
    let source = format!("name = \"{ASIDE}\"\npath = {empty:?}");
    file.write(&format!(
        "[feeds]\nenabled = true\ndefaults = false\n[[feeds.source]]\n{source}\n"
    ));
    published::place(file, &[("45.3.0.0/16", "SE")]);
    let lab = file.start()?;
    let aside = lab.daemon.cli(&["feeds", "update", ASIDE])?;
    assert!(aside.stdout.contains("PUT ASIDE"), "{aside:?}");
    let echo = TcpEcho::start(&lab.attacker, 7_000)?;
    let echoing = (lab.link.a.v4(), echo.port()).into();
    let stream = lab.host.connect(echoing, Duration::from_secs(10))?;
    let scan = |port| lab.from(SCANNER).tcp(40_000, port, "S").bytes();
    lab.past(&(1..=PORTS).map(scan).collect::<Vec<_>>())?;
    lab.cli(&["block", "192.0.2.8", "22", "tcp", "--reason", "a note"])?;
    lab.cli(&["allow", "add", "192.0.2.128/25", "--reason", "a note"])?;
    Ok((lab, echo, stream))
}

fn socket(lab: &Guarded) -> PathBuf {
    lab.daemon.run_dir().join("eth0.sock")
}

/// Answers of one endpoint: one, or the first lines.
fn answers(socket: &Path, (endpoint, query, body): (Endpoint, &str, &str)) -> Result<Vec<Value>> {
    let mut http = Http::connect(socket)?;
    let path = format!("{}{query}", endpoint.path());
    match endpoint {
        // The lines about the scan are over; this one is made by the next packet.
        Endpoint::EventStream => Ok(Vec::new()),
        Endpoint::StatsStream => {
            assert_eq!(http.follow(&path)?, 200);
            let lines = [http.line()?, http.line()?];
            Ok(lines.into_iter().flatten().collect())
        }
        _ => {
            let reply = http.ask(endpoint.method().label(), &path, body)?;
            assert_eq!(reply.status, 200, "{endpoint}: {}", reply.body);
            Ok(vec![reply.json()?])
        }
    }
}

#[test]
fn every_answer_is_as_described() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("curl"));
    let file = File::new("");
    let (lab, _echo, _stream) = eventful(&file)?;
    let document = description();
    let mut asked = 0;
    let stays = |endpoint: &&Endpoint| !PARTINGS.contains(endpoint);
    for &endpoint in Endpoint::ALL.iter().filter(stays) {
        asked += is_as_described(&lab, &document, endpoint)?;
    }
    let expected = Endpoint::ALL.len() - PARTINGS.len();
    assert_eq!(asked, expected, "one stream of two lines, one of none");
    refusals_are_as_described(&lab, &document)?;
    events_are_as_described(&lab, &document)?;
    rates_are_true(&lab)?;
    the_documentation_is_right_about_curl(&lab)?;
    let before = lab.daemon.json(&["status"])?["started"].take();
    is_as_described(&lab, &document, PARTINGS[0])?;
    let began = Instant::now();
    while started(&lab)?.is_none_or(|started| started == before) {
        assert!(
            began.elapsed() < PATIENCE,
            "nobody takes over: {}",
            lab.daemon.log()
        );
        thread::sleep(Duration::from_millis(50));
    }
    is_as_described(&lab, &document, PARTINGS[1]).map(drop)
}

/// When the daemon that answers has started, if any does.
fn started(lab: &Guarded) -> Result<Option<Value>> {
    let status = lab.daemon.cli(&["status", "--json"])?.stdout;
    let status: Option<Value> = serde_json::from_str(&status).ok();
    Ok(status.map(|mut status| status["started"].take()))
}

/// Asks, and returns how many answers were looked at.
fn is_as_described(lab: &Guarded, document: &Value, endpoint: Endpoint) -> Result<usize> {
    let (query, body) = example(endpoint, lab);
    let method = endpoint.method().label().to_lowercase();
    let operation = &document["paths"][endpoint.path()][&method];
    let text = body.as_ref().map(Value::to_string).unwrap_or_default();
    if let Some(body) = &body {
        let request = &operation["requestBody"]["content"]["application/json"]["schema"];
        is_valid(&schema(document, request), body, &endpoint.to_string());
    }
    let contents = operation["responses"]["200"]["content"].as_object();
    let content = contents.and_then(|kinds| kinds.values().next());
    let answer = schema(document, &content.expect("one kind")["schema"]);
    let answers = answers(&socket(lab), (endpoint, query, &text))?;
    for value in &answers {
        is_valid(&answer, value, &endpoint.to_string());
    }
    Ok(answers.len())
}

fn refusals_are_as_described(lab: &Guarded, document: &Value) -> Result<()> {
    let content = &document["components"]["responses"]["Failure"]["content"];
    let failure = schema(document, &content["application/json"]["schema"]);
    let mut http = Http::connect(&socket(lab))?;
    let mut refused = |method: &str, path: &str, body: &str| -> Result<Reply> {
        let reply = http.ask(method, path, body)?;
        is_valid(&failure, &reply.json()?, path);
        Ok(reply)
    };
    let changes = Endpoint::ALL.iter().filter(|e| e.method() != Method::Get);
    for endpoint in changes {
        let reply = refused(endpoint.method().label(), endpoint.path(), "{\"x\":1}")?;
        assert_eq!(reply.status, 400, "{endpoint}: {}", reply.body);
    }
    let other = refused("GET", "/v2/status", "")?;
    assert!(other.body.contains("unknown_version"), "{}", other.body);
    assert!(other.body.contains("use version 1"), "{}", other.body);
    Ok(())
}

fn events_are_as_described(lab: &Guarded, document: &Value) -> Result<()> {
    let path = Endpoint::EventStream.path();
    let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
    let line = schema(document, &content["application/x-ndjson"]["schema"]);
    let mut http = Http::connect(&socket(lab))?;
    assert_eq!(http.follow(path)?, 200);
    lab.past(&[lab.from("203.0.113.9").tcp(1, 2, "SF").bytes()])?;
    let event = http.line()?.expect("the daemon runs");
    is_valid(&line, &event, path);
    // What the description does not have would be noticed.
    let mut more = event.clone();
    more["more"] = true.into();
    assert!(!line.is_valid(&more));
    let mut less = event;
    less.as_object_mut().expect("an object").remove("src_ip");
    assert!(!line.is_valid(&less));
    Ok(())
}

/// Between two lines exactly the packets that were sent between them.
fn rates_are_true(lab: &Guarded) -> Result<()> {
    const SENT: usize = 100;
    lab.cli(&["block", BANNED])?;
    let mut http = Http::connect(&socket(lab))?;
    assert_eq!(http.follow("/v1/stats/stream?every=500ms")?, 200);
    let mut next = || -> Result<Snapshot> {
        let line = http.line()?.expect("the daemon runs");
        Ok(serde_json::from_value(line).expect("it is as described"))
    };
    let first = next()?;
    lab.past(&vec![lab.syn(BANNED); SENT])?;
    let mut packets = 0.0;
    let mut earlier = first;
    while packets < SENT as f64 - 0.5 {
        let later = next()?;
        let rates = Rates::between(&earlier, &later).expect("time went by");
        let row = rates
            .counters
            .iter()
            .find(|row| row.reason == "ban_address");
        let seconds = (later.elapsed_nanoseconds - earlier.elapsed_nanoseconds) as f64 / 1e9;
        packets += row.map_or(0.0, |row| row.rate.packets_per_second * seconds);
        earlier = later;
    }
    assert!((packets - SENT as f64).abs() < 0.5, "{packets} packets");
    the_past_is_true(lab, SENT as u64)?;
    let shown = lab.daemon.cli(&["stats", "--follow", "--every", "100ms"])?;
    assert_eq!(shown.code(), Some(2), "{}", shown.stderr);
    assert!(shown.stderr.contains("200ms"), "{}", shown.stderr);
    Ok(())
}

/// What was sent is in the history within two looks, once, however coarse the rows are.
fn the_past_is_true(lab: &Guarded, sent: u64) -> Result<()> {
    let asked = |query: &str| -> Result<History> {
        let mut http = Http::connect(&socket(lab))?;
        let path = format!("{}{query}", Endpoint::History.path());
        let told = http.ask("GET", &path, "")?.json()?;
        Ok(serde_json::from_value(told).expect("it is as described"))
    };
    let dropped = |told: &History| {
        let column = told.drops.get("ban_address");
        column.map_or(0, |column| column.iter().sum::<u64>())
    };
    let began = Instant::now();
    let told = loop {
        let told = asked("?step=1s")?;
        if dropped(&told) >= sent || began.elapsed() > PATIENCE {
            break told;
        }
        thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(dropped(&told), sent, "{told:?}");
    assert_eq!(dropped(&asked("?step=60s")?), sent);
    let columns = [&told.passed, &told.dropped, &told.answered];
    for column in columns {
        assert_eq!(
            (column.packets.len(), column.bytes.len()),
            (told.len(), told.len())
        );
    }
    assert!(told.drops.values().all(|column| column.len() == told.len()));
    let until = told.until.expect("there are rows").to_string();
    let later = asked(&format!("?since={until}"))?;
    assert_eq!(dropped(&later), 0, "nothing is told twice");
    Ok(())
}

/// Its examples, with the real curl.
fn the_documentation_is_right_about_curl(lab: &Guarded) -> Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/control-path.md");
    let page = std::fs::read_to_string(page).expect("it is in the checkout");
    let lines = page.lines().filter_map(|line| line.strip_prefix("    "));
    let examples: Vec<&str> = lines.filter(|line| line.starts_with("curl ")).collect();
    assert!(examples.len() >= 3, "{examples:?}");
    for example in examples {
        let folder = lab.daemon.run_dir().display().to_string();
        let here = example.replace("/run/aegis", &folder);
        let said = lab.host.run("sh", &["-c", &here])?.success()?.stdout;
        for line in said.lines() {
            let json: Value = serde_json::from_str(line).expect("JSON");
            assert!(json.get("error").is_none(), "{example}: {line}");
        }
        assert!(!said.is_empty(), "{example}");
    }
    Ok(())
}

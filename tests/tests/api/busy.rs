// SPDX-License-Identifier: MIT
//! Many clients at once, and many commands one after the other.

use super::process::Taken;
use aegis_testbed::{Http, Need, Result, require};
use aegis_tests::guarded::Guarded;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

const CLIENTS: u8 = 100;
/// Times that each bans, lists, asks and unbans.
const TIMES: usize = 3;
/// One in so many asks for the status as well, which takes the daemon longest: tables are counted.
const EVERY: u8 = 10;
/// An answer under that load, on a machine that does other things too.
const P99: Duration = Duration::from_secs(5);
const COMMANDS: usize = 5_000;
const BANNED: &str = "192.0.2.7";

/// One client on one connection, which notes how long each answer took.
struct Client {
    http: Http,
    took: Vec<Duration>,
}

impl Client {
    fn new(socket: &Path) -> Result<Self> {
        let (http, took) = (Http::connect(socket)?, Vec::new());
        Ok(Self { http, took })
    }

    fn ask(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let began = Instant::now();
        let reply = self.http.ask(method, path, &body)?;
        self.took.push(began.elapsed());
        assert_eq!(reply.status, 200, "{method} {path} {body}: {}", reply.body);
        reply.json()
    }

    /// Everything a client does, each answer looked at.
    fn turn(&mut self, own: &str) -> Result<()> {
        let request = json!({ "target": own });
        let banned = self.ask("POST", "/v1/bans", &request)?;
        assert_eq!(banned["ban"]["target"], own);
        assert_eq!(banned["renewed"], false);
        let listed = self.ask("GET", "/v1/bans", &Value::Null)?;
        let bans = listed["bans"].as_array().expect("a list");
        assert!(
            bans.iter().any(|ban| ban["target"] == own),
            "{own}: {listed}"
        );
        let stats = self.ask("GET", "/v1/stats", &Value::Null)?;
        assert!(stats["counters"].is_array());
        let unbanned = self.ask("DELETE", "/v1/bans", &request)?;
        assert_eq!(unbanned["removed"][0]["target"], own);
        Ok(())
    }
}

fn socket(lab: &Guarded) -> PathBuf {
    lab.daemon.run_dir().join("eth0.sock")
}

fn p99(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() * 99 / 100]
}

#[test]
fn a_hundred_clients_at_once_get_right_answers_while_packets_are_judged() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", BANNED])?;
    let client = |number: u8| {
        let socket = socket(&lab);
        move || -> Result<Vec<Duration>> {
            let mut client = Client::new(&socket)?;
            for _ in 0..TIMES {
                client.turn(&format!("198.51.100.{number}"))?;
            }
            if number.is_multiple_of(EVERY) {
                let status = client.ask("GET", "/v1/status", &Value::Null)?;
                assert_eq!(status["healthy"], true, "{status}");
            }
            Ok(client.took)
        }
    };
    let clients: Vec<_> = (1..=CLIENTS)
        .map(|number| thread::spawn(client(number)))
        .collect();
    let frames = vec![lab.syn(BANNED); 64];
    let before = lab.counters()?;
    let mut sent = 0;
    while clients.iter().any(|client| !client.is_finished()) {
        assert!(lab.past(&frames)?.is_empty(), "a banned frame passed");
        sent += 64;
    }
    let mut took = Vec::new();
    for client in clients {
        took.extend(client.join().expect("its answers are right")?);
    }
    assert_eq!(
        took.len(),
        usize::from(CLIENTS) * TIMES * 4 + usize::from(CLIENTS / EVERY)
    );
    let p99 = p99(took);
    assert!(p99 < P99, "99 of 100 answers within {p99:?}");
    assert!(sent > 0);
    aegis_tests::guarded::settle(&before, &[("xdp_ingress/ipv4/ban_address", sent)], || {
        lab.counters()
    })?;
    let listed = lab.daemon.json(&["list"])?;
    assert_eq!(listed["bans"].as_array().map(Vec::len), Some(1), "{listed}");
    many_commands_leave_nothing_behind(&lab)
}

fn many_commands_leave_nothing_behind(lab: &Guarded) -> Result<()> {
    let mut client = Client::new(&socket(lab))?;
    client.turn("198.51.100.250")?;
    let before = Taken::by(&lab.daemon);
    let request = json!({ "target": "198.51.100.251", "port": 22, "protocol": "tcp" });
    for _ in 0..COMMANDS / 4 {
        client.ask("POST", "/v1/bans", &request)?;
        client.ask("GET", "/v1/bans", &Value::Null)?;
        client.ask("GET", "/v1/stats", &Value::Null)?;
        client.ask("DELETE", "/v1/bans", &request)?;
    }
    before.is_all_again(&lab.daemon);
    Ok(())
}

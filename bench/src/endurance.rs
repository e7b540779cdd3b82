// SPDX-License-Identifier: MIT
//! What many commands cost a daemon, and what they leave behind: commands a second on one connection,
//! and the memory and files that the daemon holds at the start, in the middle and at the end.

use aegis_testbed::{Daemon, Http, Lab};
use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use std::fs;
use std::time::Instant;

/// Commands of one turn: ban, list, count, end the ban.
const TURN: [(&str, &str, &str); 4] = [
    ("POST", "/v1/bans", BAN),
    ("GET", "/v1/bans", ""),
    ("GET", "/v1/stats", ""),
    ("DELETE", "/v1/bans", BAN),
];
const BAN: &str = r#"{"target":"198.51.100.7","port":22,"protocol":"tcp"}"#;

/// What the daemon holds at one moment.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Held {
    /// Resident memory, KiB (`VmRSS`).
    pub memory_kib: u64,
    /// Open files.
    pub files: usize,
}

/// What was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Endurance {
    /// Commands obeyed.
    pub commands: usize,
    /// As many a second.
    pub per_second: f64,
    /// After the first turn, when everything has been needed once; half-way; after the last.
    pub held: [Held; 3],
}

/// Has a daemon obey so many commands.
///
/// # Errors
/// Without root or a built `aegis-cli`; where a command is refused.
pub fn measure(commands: usize) -> Result<Endurance> {
    let lab = Lab::new()?;
    let (peer, host) = (lab.host("peer")?, lab.host("guarded")?);
    let _link = lab.veth(&peer, "eth0", &host, "eth0").quiet().up()?;
    let daemon = Daemon::on(&host, "eth0").start()?;
    let mut http = Http::connect(&daemon.run_dir().join("eth0.sock"))?;
    turns(&mut http, 1)?;
    let start = Held::by(&daemon)?;
    let (began, half) = (Instant::now(), commands / TURN.len() / 2);
    turns(&mut http, half)?;
    let middle = Held::by(&daemon)?;
    turns(&mut http, half)?;
    let commands = 2 * half * TURN.len();
    Ok(Endurance {
        commands,
        per_second: commands as f64 / began.elapsed().as_secs_f64(),
        held: [start, middle, Held::by(&daemon)?],
    })
}

fn turns(http: &mut Http, count: usize) -> Result<()> {
    for _ in 0..count {
        for (method, path, body) in TURN {
            let reply = http.ask(method, path, body)?;
            ensure!(reply.status == 200, "{method} {path}: {}", reply.body);
        }
    }
    Ok(())
}

impl Held {
    /// By `/proc`.
    pub(crate) fn by(daemon: &Daemon) -> Result<Self> {
        let pid = daemon.pid().context("the daemon has ended")?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|text| text.split_whitespace().next());
        Ok(Self {
            memory_kib: kib.context("there is no VmRSS")?.parse()?,
            files: fs::read_dir(format!("/proc/{pid}/fd"))?.count(),
        })
    }
}

// SPDX-License-Identifier: MIT
//! Clients that read nothing, say half of something, say too much or say nonsense.

use super::process::Taken;
use aegis_testbed::{Http, Need, Result, require};
use aegis_tests::guarded::Guarded;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const READERS: usize = 100;
const HALVES: usize = 50;
/// More events than the daemon keeps for a reader, and more bytes than a socket holds.
const EVENTS: usize = 4_000;
const BANNED: &str = "192.0.2.7";
const LARGE: usize = 1 << 20;
const PROMPT: Duration = Duration::from_secs(1);

fn socket(lab: &Guarded) -> PathBuf {
    lab.daemon.run_dir().join("eth0.sock")
}

#[test]
fn slow_half_and_senseless_clients_hold_nobody_up_and_nothing_back() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let often = ["rates.event_source", "rates.event_reason"];
    let often = often.map(|key| [format!("{key}=1000000"), format!("{key}_burst=1000000")]);
    let sets: Vec<&str> = often
        .as_flattened()
        .iter()
        .flat_map(|set| ["--set", set])
        .collect();
    let lab = Guarded::with(&sets)?;
    lab.cli(&["block", BANNED])?;
    is_prompt(&lab)?;
    let before = Taken::by(&lab.daemon);

    let mut readers = Vec::new();
    for _ in 0..READERS {
        let mut reader = Http::connect(&socket(&lab))?;
        assert_eq!(reader.follow("/v1/events/stream")?, 200);
        readers.push(reader);
    }
    let mut halves = halves(&socket(&lab))?;
    lab.past(&vec![lab.syn(BANNED); EVENTS])?;
    nonsense(&socket(&lab))?;
    is_prompt(&lab)?;
    let while_slow = Taken::by(&lab.daemon);
    // Their sockets are the kernel's; of the daemon each takes little.
    assert!(
        while_slow.memory_kib < before.memory_kib + 64 * 1024,
        "{before:?}, {while_slow:?}"
    );

    is_told_what_it_missed(&mut readers[0])?;
    for half in &mut halves {
        half.rest()?;
    }
    drop((readers, halves));
    is_prompt(&lab)?;
    before.is_all_again(&lab.daemon);
    Ok(())
}

/// Others are answered, by both sockets.
fn is_prompt(lab: &Guarded) -> Result<()> {
    for name in ["eth0.sock", "eth0.ro.sock"] {
        for path in ["/v1/status", "/v1/bans", "/v1/stats", "/v1"] {
            let ask = || -> Result<Duration> {
                let began = Instant::now();
                let reply =
                    Http::connect(&lab.daemon.run_dir().join(name))?.ask("GET", path, "")?;
                assert_eq!(reply.status, 200, "{}", reply.body);
                Ok(began.elapsed())
            };
            // Whoever is held up is so every time; a busy machine is not always busy.
            let took = [ask()?, ask()?, ask()?].into_iter().min();
            assert!(took < Some(PROMPT), "{name}, {path}: {took:?}");
        }
    }
    Ok(())
}

/// Half a head, or a head and half a body; the daemon is to end them.
fn halves(socket: &Path) -> Result<Vec<Http>> {
    let body = b"POST /v1/bans HTTP/1.1\r\nHost: aegis\r\nContent-Length: 99\r\n\r\n{\"target\"";
    let head = b"GET /v1/sta";
    let half = |number: usize| {
        let mut half = Http::connect(socket)?;
        half.send(if number.is_multiple_of(2) { head } else { body })?;
        Ok(half)
    };
    (0..HALVES).map(half).collect()
}

/// A body that is too large, bytes that are no HTTP, and a head without end.
fn nonsense(socket: &Path) -> Result<()> {
    let head = format!("POST /v1/bans HTTP/1.1\r\nHost: aegis\r\nContent-Length: {LARGE}\r\n\r\n");
    let answer = said(socket, &[head.as_bytes(), &vec![b' '; LARGE]].concat())?;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let garbage: Vec<u8> = (0..LARGE).map(|number| (number * 31 % 251) as u8).collect();
    let answer = said(socket, &garbage)?;
    assert!(
        answer.starts_with("HTTP/1.1 400 ") || answer.is_empty(),
        "{answer}"
    );
    let long = [b"GET /v1 HTTP/1.1\r\nHost: ", vec![b'a'; LARGE].as_slice()].concat();
    let answer = said(socket, &long)?;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    Ok(())
}

/// What comes back, however much of it was taken.
fn said(socket: &Path, bytes: &[u8]) -> Result<String> {
    let mut http = Http::connect(socket)?;
    // The daemon may have heard enough before the end.
    drop(http.send(bytes));
    Ok(http.begin_of_answer())
}

/// Nothing is lost without a word: events and gaps are as many as packets.
fn is_told_what_it_missed(reader: &mut Http) -> Result<()> {
    let (mut events, mut missed) = (0, 0);
    while events + missed < EVENTS as u64 {
        let line = reader.line()?.expect("the daemon runs");
        match line["missed"].as_u64() {
            Some(gap) => missed += gap,
            None => events += 1,
        }
    }
    assert_eq!(events + missed, EVENTS as u64);
    assert!(missed > 0, "its socket took all {events} events");
    Ok(())
}

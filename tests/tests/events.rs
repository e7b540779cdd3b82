// SPDX-License-Identifier: MIT
//! Events: bounded by a budget for each source and each reason, and what was not sent is counted.

use aegis_testbed::{Daemon, Host, Hping, Need, Result, require};
use aegis_tests::guarded::{Guarded, settle};
use aegis_tests::stay::{processors, stay_on_this_cpu};
use serde_json::Value;
use std::time::{Duration, Instant};

const FLOOD: u64 = 20_000;

/// Sent, suppressed and lost of one reason.
fn outcomes(daemon: &Daemon, reason: &str) -> Result<[u64; 3]> {
    let stats = daemon.json(&["stats"])?;
    let rows = stats["events"].as_array().expect("events are a list");
    let row = rows.iter().find(|row| row["reason"] == reason);
    let count = |key: &str| row.and_then(|row| row[key].as_u64()).unwrap_or(0);
    Ok(["sent", "suppressed", "lost"].map(count))
}

/// A flood of SYNs moves one counter by every packet that arrived. Returns how many did, and how
/// long that took.
#[track_caller]
fn flood(lab: &Guarded, counter: &str, options: &[&str]) -> Result<(u64, Duration)> {
    let hping = Hping::new(&lab.attacker, lab.link.b.v4(), FLOOD).every_micros(10);
    let hping = hping.options(&["-S", "-p", "80"]).options(options);
    let before = lab.counters()?;
    let began = Instant::now();
    let report = hping.run()?;
    assert_eq!((report.sent, report.received), (FLOOD, 0));
    // Where whoever empties the ring of the link has no time, what does not fit is lost before
    // the hook.
    let arrived = FLOOD - lost_on_the_way(&lab.attacker)?;
    assert!(arrived > FLOOD / 2, "only {arrived} of {FLOOD} arrived");
    settle(&before, &[(counter, arrived)], || lab.counters())?;
    Ok((arrived, began.elapsed()))
}

fn lost_on_the_way(host: &Host) -> Result<u64> {
    let shown = host.ip(&["-s", "-j", "link", "show", "dev", "eth0"])?;
    let link: Value = serde_json::from_str(&shown).expect("ip writes JSON");
    let lost = link[0]["stats64"]["tx"]["dropped"].as_u64();
    Ok(lost.expect("ip counts what is dropped"))
}

/// What a budget of so much at once and so much a second allows, used up on every processor.
fn most(at_once: u64, a_second: u64, time: Duration) -> u64 {
    processors() * (at_once + a_second * (time.as_secs() + 1))
}

#[test]
fn a_flood_from_one_source_makes_a_handful_of_events() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("hping3"));
    let lab = Guarded::start()?;
    lab.cli(&["block", &lab.link.a.v4().to_string()])?;
    let (arrived, time) = flood(&lab, "xdp_ingress/ipv4/ban_address", &[])?;
    let [sent, suppressed, lost] = outcomes(&lab.daemon, "ban_address")?;
    assert_eq!(
        sent + suppressed + lost,
        arrived,
        "every drop has an outcome"
    );
    let most = most(5, 1, time);
    assert!(
        (1..=most).contains(&sent),
        "{sent} events for {arrived} packets, at most {most}"
    );
    assert_eq!(lost, 0);
    assert_eq!(recent(&lab.daemon, sent as usize)?.len(), sent as usize);
    Ok(())
}

#[test]
fn invented_sources_share_the_budget_of_the_reason() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("hping3"));
    let lab = Guarded::start()?;
    for half in ["0.0.0.0/1", "128.0.0.0/1"] {
        lab.cli(&["block", half, "--force"])?;
    }
    let (arrived, time) = flood(&lab, "xdp_ingress/ipv4/ban_prefix", &["--rand-source"])?;
    let [sent, suppressed, lost] = outcomes(&lab.daemon, "ban_prefix")?;
    assert_eq!(
        sent + suppressed + lost,
        arrived,
        "every drop has an outcome"
    );
    let most = most(200, 100, time);
    assert!(
        (200..=most).contains(&(sent + lost)),
        "{sent} sent, {lost} lost, at most {most}"
    );
    Ok(())
}

#[test]
fn passed_packets_make_no_events() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let frames: Vec<Vec<u8>> = (1..=50)
        .map(|host| lab.syn(&format!("192.0.2.{host}")))
        .collect();
    lab.moves(&[("xdp_ingress/ipv4/default", 50)], |lab| lab.past(&frames))?;
    assert_eq!(
        lab.daemon.json(&["stats"])?["events"],
        serde_json::json!([])
    );
    assert_eq!(
        lab.daemon.json(&["events"])?["events"],
        serde_json::json!([])
    );
    Ok(())
}

#[test]
fn an_event_has_the_fields_that_users_filter_by() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let xmas = lab
        .from("192.0.2.7")
        .hop_limit(57)
        .tcp(40_000, 80, "FPU")
        .bytes();
    lab.cli(&["block", "2001:db8::7"])?;
    let udp = lab
        .from("2001:db8::7")
        .udp(53, 4_000)
        .payload(&[0; 10])
        .bytes();
    lab.past(&[xmas.clone(), udp.clone()])?;
    let events = recent(&lab.daemon, 2)?;
    let time = events[0]["timestamp"].as_str().expect("the time is text");
    assert!(
        time.len() >= 20 && time.as_bytes()[10] == b'T' && time.ends_with('Z'),
        "{time}"
    );
    let expected = serde_json::json!({
        "src_ip": "192.0.2.7", "dst_ip": lab.nobody_v4(), "src_port": 40_000, "dst_port": 80,
        "proto": "tcp", "tcp_flags": "FPU", "action": "drop", "reason": "TCP_ANOMALY",
        "threat_type": "tcp_xmas", "packet_len": xmas.len(), "hook": "xdp_ingress",
        "interface": "eth0", "hop_limit": 57, "suppressed": 0, "rule": null,
    });
    assert_fields(&events[0], &expected);
    let expected = serde_json::json!({
        "src_ip": "2001:db8::7", "dst_ip": lab.nobody_v6(), "src_port": 53, "dst_port": 4_000,
        "proto": "udp", "tcp_flags": null, "action": "drop", "reason": "MANUAL_BLOCK",
        "threat_type": "ban_address", "packet_len": udp.len(),
    });
    assert_fields(&events[1], &expected);
    assert!(
        events[1]["rule"].as_u64().is_some_and(|rule| rule > 0),
        "{}",
        events[1]
    );
    Ok(())
}

#[test]
fn the_next_event_of_a_source_says_how_many_were_held_back() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    stay_on_this_cpu().expect("a thread may choose its CPU");
    let lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.7"])?;
    lab.past(&vec![lab.syn("192.0.2.7"); 500])?;
    let [sent, suppressed, lost] = outcomes(&lab.daemon, "ban_address")?;
    assert_eq!((sent + suppressed, lost), (500, 0));
    // The source has earned an event by then.
    std::thread::sleep(Duration::from_millis(1_200));
    lab.past(&vec![lab.syn("192.0.2.7"); 1])?;
    let told: u64 = recent(&lab.daemon, sent as usize + 1)?
        .iter()
        .filter_map(|event| event["suppressed"].as_u64())
        .sum();
    assert!(
        told > 0 && told <= suppressed,
        "{told} of {suppressed} told"
    );
    Ok(())
}

/// The newest events, once there are so many; the daemon reads them a moment after the packets.
#[track_caller]
fn recent(daemon: &Daemon, count: usize) -> Result<Vec<Value>> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        let events = daemon.json(&["events", "-n", "1000"])?;
        let events = events["events"].as_array().expect("events are a list");
        if events.len() >= count {
            return Ok(events.clone());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("fewer than {count} events within ten seconds");
}

#[track_caller]
fn assert_fields(event: &Value, expected: &Value) {
    for (field, value) in expected.as_object().expect("an object") {
        assert_eq!(event.get(field), Some(value), "{field} of {event}");
    }
}

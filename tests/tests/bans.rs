// SPDX-License-Identifier: MIT
//! Bans and the allowlist, from the command line to the next packet.

use aegis_testbed::{Need, Result, assert_moved, require};
use aegis_tests::guarded::Guarded;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

const V4_BANNED: &str = "xdp_ingress/ipv4/ban_address";
const V6_BANNED: &str = "xdp_ingress/ipv6/ban_address";
const V4_PREFIX: &str = "xdp_ingress/ipv4/ban_prefix";
const V6_PREFIX: &str = "xdp_ingress/ipv6/ban_prefix";
const V4_SCOPE: &str = "xdp_ingress/ipv4/ban_scope";
const V4_PASSED: &str = "xdp_ingress/ipv4/default";
const V6_PASSED: &str = "xdp_ingress/ipv6/default";

#[test]
fn a_banned_address_is_dropped_and_its_neighbours_pass() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.passes("before", &lab.syn("192.0.2.7"), V4_PASSED)?;
    lab.cli(&["block", "192.0.2.7"])?;
    lab.cli(&["block", "2001:db8::7"])?;
    lab.drops("the banned", &lab.syn("192.0.2.7"), V4_BANNED)?;
    lab.drops("the banned", &lab.syn("2001:db8::7"), V6_BANNED)?;
    for neighbour in ["192.0.2.6", "192.0.2.8", "7.2.0.192", "192.0.3.7"] {
        lab.passes(neighbour, &lab.syn(neighbour), V4_PASSED)?;
    }
    for neighbour in ["2001:db8::6", "2001:db8::8", "2001:db8:0:1::7"] {
        lab.passes(neighbour, &lab.syn(neighbour), V6_PASSED)?;
    }
    lab.cli(&["unblock", "192.0.2.7"])?;
    lab.passes("after", &lab.syn("192.0.2.7"), V4_PASSED)
}

#[test]
fn a_banned_prefix_covers_its_first_and_last_address_and_no_other() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    for prefix in [
        "198.51.100.0/24",
        "203.0.113.128/25",
        "2001:db8:1::/48",
        "2001:db8:2::/127",
    ] {
        lab.cli(&["block", prefix])?;
    }
    for inside in [
        "198.51.100.0",
        "198.51.100.255",
        "203.0.113.128",
        "203.0.113.255",
    ] {
        lab.drops(inside, &lab.syn(inside), V4_PREFIX)?;
    }
    for outside in [
        "198.51.99.255",
        "198.51.101.0",
        "203.0.113.127",
        "203.0.114.0",
    ] {
        lab.passes(outside, &lab.syn(outside), V4_PASSED)?;
    }
    for inside in [
        "2001:db8:1::",
        "2001:db8:1:ffff:ffff:ffff:ffff:ffff",
        "2001:db8:2::1",
    ] {
        lab.drops(inside, &lab.syn(inside), V6_PREFIX)?;
    }
    for outside in ["2001:db8:0:ffff::", "2001:db8:2::2"] {
        lab.passes(outside, &lab.syn(outside), V6_PASSED)?;
    }
    Ok(())
}

#[test]
fn a_ban_on_a_port_leaves_the_other_ports_and_protocols_alone() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.7", "80", "tcp"])?;
    lab.cli(&["block", "192.0.2.8", "--port", "53"])?;
    lab.cli(&["block", "192.0.2.9", "--proto", "udp"])?;
    lab.cli(&["block", "2001:db8::7", "80", "tcp"])?;
    let tcp = |source, port| lab.from(source).tcp(4_000, port, "S").bytes();
    let udp = |source, port| lab.from(source).udp(4_000, port).bytes();
    lab.drops("tcp 80", &tcp("192.0.2.7", 80), V4_SCOPE)?;
    lab.passes("tcp 81", &tcp("192.0.2.7", 81), V4_PASSED)?;
    lab.passes("udp 80", &udp("192.0.2.7", 80), V4_PASSED)?;
    lab.passes(
        "from port 80",
        &lab.from("192.0.2.7").tcp(80, 4_000, "S").bytes(),
        V4_PASSED,
    )?;
    lab.drops("port 53, tcp", &tcp("192.0.2.8", 53), V4_SCOPE)?;
    lab.drops("port 53, udp", &udp("192.0.2.8", 53), V4_SCOPE)?;
    lab.passes("port 80", &tcp("192.0.2.8", 80), V4_PASSED)?;
    lab.drops("udp", &udp("192.0.2.9", 1), V4_SCOPE)?;
    lab.passes("tcp", &tcp("192.0.2.9", 1), V4_PASSED)?;
    lab.drops(
        "tcp 80, v6",
        &tcp("2001:db8::7", 80),
        "xdp_ingress/ipv6/ban_scope",
    )?;
    lab.passes("tcp 81, v6", &tcp("2001:db8::7", 81), V6_PASSED)?;
    let optioned = lab
        .from("192.0.2.7")
        .options(&[1; 40])
        .tcp(4_000, 80, "S")
        .bytes();
    lab.drops("tcp 80 behind options", &optioned, V4_SCOPE)
}

#[test]
fn a_narrower_ban_inside_a_banned_prefix_frees_nothing() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.0/24"])?;
    lab.cli(&["block", "192.0.2.0/28", "80", "tcp"])?;
    lab.cli(&["block", "192.0.2.7", "443", "tcp"])?;
    let tcp = |source, port| lab.from(source).tcp(4_000, port, "S").bytes();
    for (source, port) in [
        ("192.0.2.7", 22),
        ("192.0.2.7", 443),
        ("192.0.2.3", 81),
        ("192.0.2.99", 80),
    ] {
        lab.drops(source, &tcp(source, port), V4_PREFIX)?;
    }
    lab.cli(&["unblock", "192.0.2.0/24"])?;
    lab.drops("address and port", &tcp("192.0.2.7", 443), V4_SCOPE)?;
    lab.drops("prefix and port", &tcp("192.0.2.7", 80), V4_SCOPE)?;
    lab.passes("another port", &tcp("192.0.2.7", 22), V4_PASSED)?;
    lab.passes("another host", &tcp("192.0.2.99", 80), V4_PASSED)
}

#[test]
fn a_ban_ends_by_itself() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    // A machine that is too slow to see a short ban at work sees a longer one.
    for seconds in [3, 9, 27] {
        let lab = Guarded::start()?;
        if drops_for(&lab, seconds)? {
            return passes_again(&lab);
        }
    }
    panic!("too slow a machine to tell");
}

/// Bans for so long, waits until it is over, and tells whether it saw the bans at work.
fn drops_for(lab: &Guarded, seconds: u64) -> Result<bool> {
    let (length, term) = (Duration::from_secs(seconds), format!("{seconds}s"));
    let sources = ["192.0.2.7", "2001:db8:7::1", "192.0.2.8"];
    let before = lab.counters()?;
    let first = Instant::now();
    lab.cli(&["block", "192.0.2.7", "--for", &term])?;
    lab.cli(&["block", "2001:db8:7::/48", "--for", &term])?;
    lab.cli(&["block", "192.0.2.8", "80", "tcp", "--for", &term])?;
    let last = Instant::now();
    let passed = lab.past(&sources.map(|source| lab.syn(source)))?;
    // The programs' clock advances by ticks.
    let in_time = first.elapsed() + Duration::from_millis(100) < length;
    if in_time {
        assert!(passed.is_empty(), "{} passed while banned", passed.len());
        let banned = [(V4_BANNED, 1), (V6_PREFIX, 1), (V4_SCOPE, 1)];
        assert_moved(&before, &lab.counters()?, &banned);
        let over = length + Duration::from_millis(400);
        std::thread::sleep(over.saturating_sub(last.elapsed()));
    }
    Ok(in_time)
}

fn passes_again(lab: &Guarded) -> Result<()> {
    lab.passes("address", &lab.syn("192.0.2.7"), V4_PASSED)?;
    lab.passes("prefix", &lab.syn("2001:db8:7::1"), V6_PASSED)?;
    lab.passes("port", &lab.syn("192.0.2.8"), V4_PASSED)?;
    assert_eq!(lab.daemon.json(&["list"])?["bans"], serde_json::json!([]));
    Ok(())
}

#[test]
fn a_renewed_ban_lasts_as_long_as_it_was_renewed_for() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.7", "--for", "1s"])?;
    lab.cli(&["block", "192.0.2.7"])?;
    std::thread::sleep(Duration::from_millis(1_300));
    lab.drops("still", &lab.syn("192.0.2.7"), V4_BANNED)
}

#[test]
fn the_allowlist_comes_before_bans_and_checks() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", "192.0.2.0/24"])?;
    lab.cli(&["allow", "add", "192.0.2.8/29"])?;
    lab.cli(&["block", "2001:db8::/32"])?;
    lab.cli(&["allow", "add", "2001:db8::9"])?;
    lab.passes(
        "allowed",
        &lab.syn("192.0.2.9"),
        "xdp_ingress/ipv4/allowlist",
    )?;
    lab.passes(
        "allowed",
        &lab.syn("2001:db8::9"),
        "xdp_ingress/ipv6/allowlist",
    )?;
    let null = lab.from("192.0.2.15").tcp(4_000, 80, "").bytes();
    lab.passes(
        "allowed, though a null scan",
        &null,
        "xdp_ingress/ipv4/allowlist",
    )?;
    lab.drops("not allowed", &lab.syn("192.0.2.16"), V4_PREFIX)?;
    lab.drops("not allowed", &lab.syn("2001:db8::8"), V6_PREFIX)?;
    lab.cli(&["allow", "remove", "192.0.2.8/29"])?;
    lab.drops("no longer allowed", &lab.syn("192.0.2.9"), V4_PREFIX)
}

#[test]
fn a_banned_destination_hears_nothing_from_this_host() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let sender = lab
        .host
        .enter(|| UdpSocket::bind("[::]:0").expect("a port is free"))?;
    let targets = [
        (lab.link.a.v4().to_string(), "ipv4"),
        (lab.link.a.v6().to_string(), "ipv6"),
    ];
    let ask = |target: &str, count: usize| {
        let mapped = match target.contains(':') {
            true => target.to_owned(),
            false => format!("::ffff:{target}"),
        };
        // That the filter drops it may come back as an error of the send.
        (0..count).for_each(|_| drop(sender.send_to(b"?", format!("[{mapped}]:9"))));
        Ok(())
    };
    // A listener, so that nobody answers "unreachable".
    let _sink = aegis_testbed::UdpSink::start(&lab.attacker, 9)?;
    for (target, family) in &targets {
        let passed = format!("tc_egress/{family}/default");
        lab.moves(&[(&passed, 3)], |_| ask(target, 3))?;
        lab.cli(&["block", target])?;
        let banned = format!("tc_egress/{family}/ban_address");
        lab.moves(&[(&banned, 5)], |_| ask(target, 5))?;
        lab.leave(3)?;
        lab.cli(&["unblock", target])?;
        lab.moves(&[(&passed, 2)], |_| ask(target, 2))?;
        lab.leave(2)?;
    }
    a_part_and_a_cause_are_lifted_alone(&lab)?;
    let stats = lab.daemon.json(&["stats"])?;
    let rows = stats["counters"].as_array().expect("counters are a list");
    let blocked = rows.iter().filter(|row| row["class"] == "EGRESS_BLOCK");
    assert_eq!(
        blocked
            .map(|row| row["packets"].as_u64())
            .collect::<Vec<_>>(),
        [Some(5), Some(5)]
    );
    Ok(())
}

#[test]
fn a_scoped_ban_on_a_destination_holds_for_its_port_only() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let target = lab.link.a.v4();
    lab.cli(&["block", &target.to_string(), "9", "udp"])?;
    let sender = lab
        .host
        .enter(|| UdpSocket::bind("0.0.0.0:0").expect("a port is free"))?;
    let _sinks = (
        aegis_testbed::UdpSink::start(&lab.attacker, 9)?,
        aegis_testbed::UdpSink::start(&lab.attacker, 10)?,
    );
    let send = |port: u16| {
        drop(sender.send_to(b"?", (target, port)));
        Ok(())
    };
    lab.moves(&[("tc_egress/ipv4/ban_scope", 1)], |_| send(9))?;
    lab.moves(&[("tc_egress/ipv4/default", 1)], |_| send(10))?;
    lab.leave(1)
}

fn a_part_and_a_cause_are_lifted_alone(lab: &Guarded) -> Result<()> {
    let target = "198.51.100.77";
    lab.cli(&["block", target, "--reason", "all of it"])?;
    lab.cli(&["block", target, "22", "tcp"])?;
    let lifted = lab
        .daemon
        .json(&["unblock", target, "--part", "everything"])?;
    assert_eq!(
        lifted["removed"].as_array().map(Vec::len),
        Some(1),
        "{lifted}"
    );
    assert_eq!(lifted["removed"][0]["part"], "everything");
    let renewed = lab
        .daemon
        .json(&["block", target, "22", "tcp", "--for", "1h"])?;
    assert_eq!(renewed["before"]["part"], "tcp port 22", "{renewed}");
    assert_eq!(renewed["before"]["expires"], serde_json::Value::Null);
    let of_nobody = lab
        .daemon
        .cli(&["unblock", target, "--origin", "port_scan"])?;
    assert_eq!(of_nobody.code(), Some(5));
    let part = [
        "unblock",
        target,
        "--part",
        "tcp port 22",
        "--origin",
        "operator",
    ];
    let lifted = lab.daemon.json(&part)?;
    assert_eq!(lifted["removed"][0]["part"], "tcp port 22", "{lifted}");
    assert_eq!(lifted["still_banned"].as_array().map(Vec::len), Some(0));
    Ok(())
}

// SPDX-License-Identifier: MIT
//! Defects that firewalls of this kind have had, each where a user would meet it.
//! Others have their tests beside what they are about: live connections (`connections.rs`), egress
//! bans (`bans.rs`), options, tags and fragments (`frames.rs`, `links.rs`), SIGHUP and stale pins
//! (`lifecycle.rs`), events per packet (`events.rs`), bad ports (`refusals.rs`), bans that were not
//! saved and a wrong configuration that became an empty policy (`state.rs`).

use aegis_testbed::Terminal;
use aegis_testbed::daemon::{PIN_DIR, RUN_DIR, STATE_DIR, find_binary};
use aegis_testbed::{Need, Result, require};
use aegis_tests::guarded::Guarded;
use rustix::process::Signal;

const V4_PASSED: &str = "xdp_ingress/ipv4/default";
const V4_BANNED: &str = "xdp_ingress/ipv4/ban_address";
const V4_PREFIX: &str = "xdp_ingress/ipv4/ban_prefix";

/// The prefix length stood in the key twice: no /24 ever matched, and one address banned everyone.
#[test]
fn a_prefix_bans_its_addresses_and_an_address_bans_only_itself() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", "198.51.100.0/24"])?;
    lab.cli(&["block", "203.0.113.7"])?;
    lab.cli(&["block", "203.0.113.9/32"])?;
    lab.drops("in the prefix", &lab.syn("198.51.100.77"), V4_PREFIX)?;
    lab.drops("the address", &lab.syn("203.0.113.7"), V4_BANNED)?;
    lab.drops("the address as /32", &lab.syn("203.0.113.9"), V4_BANNED)?;
    for stranger in [
        "1.1.1.1",
        "32.0.0.7",
        "24.51.100.1",
        "203.0.113.8",
        "100.51.198.77",
    ] {
        lab.passes(stranger, &lab.syn(stranger), V4_PASSED)?;
    }
    Ok(())
}

/// Private ranges were tested on the wrong octet: addresses that end in .10 bypassed everything.
#[test]
fn no_octet_makes_an_address_private() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let sources = [
        "8.8.8.10",
        "10.0.0.8",
        "1.168.192.3",
        "192.168.1.3",
        "1.16.172.9",
        "127.1.1.10",
    ];
    for source in &sources[..5] {
        lab.cli(&["block", source])?;
        lab.drops(source, &lab.syn(source), V4_BANNED)?;
        let null = lab.from(source).tcp(4_000, 80, "").bytes();
        lab.drops(source, &null, V4_BANNED)?;
    }
    lab.cli(&["block", "8.8.4.0/24"])?;
    lab.drops("8.8.4.10", &lab.syn("8.8.4.10"), V4_PREFIX)?;
    let null = lab.from("9.9.9.10").tcp(4_000, 80, "").bytes();
    lab.drops("9.9.9.10", &null, "xdp_ingress/ipv4/tcp_null")?;
    lab.drops(
        sources[5],
        &lab.syn(sources[5]),
        "xdp_ingress/ipv4/bogus_source",
    )
}

/// A bad port became "every port".
#[test]
fn a_port_that_is_none_blocks_nothing() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    assert_eq!(
        lab.daemon.cli(&["block", "1.2.3.4", "99999"])?.code(),
        Some(2)
    );
    assert_eq!(lab.daemon.json(&["list"])?["bans"], serde_json::json!([]));
    lab.passes("1.2.3.4", &lab.syn("1.2.3.4"), V4_PASSED)?;
    lab.passes("another", &lab.syn("1.2.3.5"), V4_PASSED)
}

/// Every packet with extension headers was dropped, multicast membership reports included.
#[test]
fn extension_headers_are_no_reason_to_drop() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let query = lab
        .from("2001:db8::1")
        .extension(0)
        .extension(60)
        .udp(4_000, 53)
        .bytes();
    lab.passes("a query", &query, "xdp_ingress/ipv6/default")?;
    let report = lab
        .from_to("fe80::1", "ff02::16")
        .hop_limit(1)
        .extension_with(0, &[0, 5, 2, 0, 0, 1, 0]);
    let report = report.icmp(143, 0).payload(&[0; 20]).bytes();
    lab.passes("a report", &report, "xdp_ingress/ipv6/multicast_membership")
}

/// `status` took stale pins of a dead daemon for life, and printed 0 where it could not read.
#[test]
fn without_a_daemon_nothing_is_reported_as_enforced() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.daemon.kill()?;
    for verb in [
        &["status"][..],
        &["stats"],
        &["list"],
        &["events"],
        &["allow", "list"],
    ] {
        let output = lab.daemon.cli(verb)?;
        assert_eq!(output.code(), Some(3), "{verb:?}: {}", output.stderr);
        assert_eq!(output.stdout, "", "{verb:?}");
        assert!(
            output.stderr.contains("daemon"),
            "{verb:?}: {}",
            output.stderr
        );
    }
    Ok(())
}

/// An honest client at ten connections a second was cut off, then banned for ever. This one begins
/// ten times as many, which is what a source may do for as long as it likes.
#[test]
fn a_steady_client_is_never_cut_off() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let syns = vec![lab.syn("192.0.2.7"); 10];
    lab.moves(&[(V4_PASSED, 400)], |lab| {
        for _ in 0..40 {
            assert_eq!(lab.past(&syns)?.len(), syns.len());
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Ok(())
    })?;
    assert_eq!(lab.daemon.json(&["list"])?["bans"], serde_json::json!([]));
    Ok(())
}

/// SIGHUP, a typing error, and the loss of the terminal ended the prompt and removed the firewall.
#[test]
fn neither_sighup_nor_a_typing_error_nor_a_lost_terminal_ends_the_prompts_firewall() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("setsid"));
    let lab = Guarded::start()?;
    lab.daemon.kill()?;
    let binary = find_binary()?.display().to_string();
    let mut command = lab.host.command(&binary, &["-i", "eth0", "load"])?;
    command
        .env(RUN_DIR, lab.daemon.run_dir())
        .env(PIN_DIR, lab.daemon.pin_dir())
        .env(STATE_DIR, lab.daemon.state_dir())
        .env("XDG_STATE_HOME", "/dev/null");
    let mut terminal = Terminal::start(&command)?;
    for line in ["block 192.0.2.7", "blockk", "block", "'"] {
        terminal.wait_for("aegis> ")?;
        terminal.type_line(line)?;
    }
    terminal.wait_for("quote")?;
    terminal.signal(Signal::HUP)?;
    lab.drops("after SIGHUP", &lab.syn("192.0.2.7"), V4_BANNED)?;
    terminal.hang_up();
    // Whoever reads lines learns of it at once, and every answer comes after that.
    for _ in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(100));
        lab.drops("without a terminal", &lab.syn("192.0.2.7"), V4_BANNED)?;
    }
    assert!(terminal.is_running());
    terminal.signal(Signal::TERM)?;
    assert_eq!(terminal.wait()?.code(), Some(0));
    Ok(())
}

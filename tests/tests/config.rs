// SPDX-License-Identifier: MIT
//! The configuration file, with the real daemon: what it decides, what a wrong one does not, and
//! what reading it again changes.

use aegis_testbed::{Daemon, Lab, Need, Result, require};
use aegis_tests::configuration::File;
use aegis_tests::guarded::{Guarded, xdp_program};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

const END: Duration = Duration::from_secs(30);
const SIGHUP: i32 = 1;
const ALLOWED: &str = "xdp_ingress/ipv4/allowlist";
const NULL: &str = "xdp_ingress/ipv4/tcp_null";

/// A segment without flags, which no stack sends.
fn null(lab: &Guarded, source: &str) -> Vec<u8> {
    lab.from(source).tcp(40_000, 80, "").bytes()
}

fn changed(key: &str, before: &str, after: &str) -> Value {
    json!({ "key": key, "before": before, "after": after })
}

fn modules(daemon: &Daemon) -> Result<Vec<String>> {
    let answer = daemon.json(&["module", "list"])?;
    let modules = answer["modules"].as_array().cloned().unwrap_or_default();
    let on = modules.iter().filter(|module| module["on"] == true);
    Ok(on
        .filter_map(|module| module["name"].as_str().map(str::to_owned))
        .collect())
}

#[test]
fn a_file_decides_what_holds_from_the_first_packet_on() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let file = File::new(
        "[modules]\nscan_detect = false\nport_scan = false\n[allowlist]\nips = [\"192.0.2.7\"]\n",
    );
    let lab = file.start()?;
    assert_eq!(
        modules(&lab.daemon)?,
        ["rate_limit", "threat_feeds", "conn_track"]
    );
    lab.passes("an allowed peer", &null(&lab, "192.0.2.7"), ALLOWED)?;
    let before = lab.counters()?;
    lab.past(&[null(&lab, "192.0.2.8")])?;
    let after = lab.counters()?;
    assert_eq!(before.get(NULL), after.get(NULL), "scan_detect is off");
    let refused = lab.daemon.cli(&["block", "192.0.2.7"])?;
    assert_eq!(refused.code(), Some(4), "{}", refused.stderr);
    Ok(())
}

#[test]
fn a_reload_changes_what_differs_and_keeps_everything_else() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let file = File::new("[allowlist]\nips = [\"192.0.2.7\"]\n");
    let lab = file.start()?;
    lab.cli(&["block", "192.0.2.9"])?;
    lab.cli(&["allow", "add", "198.51.100.1"])?;
    lab.passes("allowed by the file", &null(&lab, "192.0.2.7"), ALLOWED)?;
    file.write(
        "[port_scan]\nports = 9\n[attach]\nmax_flows = 4096\n\
         [allowlist]\nips = [\"192.0.2.8\"]\n",
    );
    let before = lab.counters()?;
    let answer = lab.daemon.json(&["reload"])?;
    assert_eq!(answer["file"], file.path());
    let expected = [
        changed("port_scan.ports", "50", "9"),
        // What was added meanwhile was in the file until it was written anew.
        changed(
            "allowlist.ips",
            "[\"192.0.2.7\", \"198.51.100.1\"]",
            "[\"192.0.2.8\"]",
        ),
    ];
    assert_eq!(answer["changed"], json!(expected));
    let waits = [changed("attach.max_flows", "65536", "4096")];
    assert_eq!(answer["at_restart"], json!(waits));
    assert_eq!(lab.counters()?, before, "counters stay");
    lab.drops("not allowed any more", &null(&lab, "192.0.2.7"), NULL)?;
    lab.passes("allowed now", &null(&lab, "192.0.2.8"), ALLOWED)?;
    let list = lab.daemon.json(&["list"])?;
    assert_eq!(list["bans"][0]["target"], "192.0.2.9", "bans stay");
    let again = lab.daemon.json(&["reload"])?;
    assert_eq!(again["changed"], json!([]));
    assert_eq!(again["at_restart"], json!(waits), "until the next start");
    Ok(())
}

#[test]
fn a_module_that_was_switched_is_as_the_file_says_after_a_reload() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let file = File::new("");
    let lab = file.start()?;
    lab.cli(&["module", "off", "scan_detect"])?;
    let answer = lab.daemon.json(&["reload"])?;
    let expected = [changed("modules.scan_detect", "false", "true")];
    assert_eq!(answer["changed"], json!(expected));
    lab.drops("judged again", &null(&lab, "192.0.2.7"), NULL)
}

#[test]
fn a_wrong_file_changes_nothing_and_says_where_it_is_wrong() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let file = File::new("[allowlist]\nips = [\"192.0.2.7\"]\n");
    let lab = file.start()?;
    file.write("[modules]\nscan_detect = false\nport_scam = true\n");
    let refused = lab.daemon.cli(&["reload"])?;
    assert_eq!(refused.code(), Some(2), "{}", refused.stderr);
    let place = format!("{}:3:1: there is no key modules.port_scam", file.path());
    assert!(refused.stderr.contains(&place), "{}", refused.stderr);
    lab.daemon.signal(SIGHUP)?;
    lab.daemon.wait_for_line("nothing was changed", END)?;
    lab.passes("allowed as before", &null(&lab, "192.0.2.7"), ALLOWED)?;
    lab.drops("judged as before", &null(&lab, "192.0.2.8"), NULL)?;
    fs::remove_file(file.path()).expect("the test wrote it");
    let gone = lab.daemon.cli(&["reload"])?;
    assert!(gone.stderr.contains("cannot read"), "{}", gone.stderr);
    lab.passes("allowed all the same", &null(&lab, "192.0.2.7"), ALLOWED)?;
    assert_eq!(lab.daemon.json(&["status"])?["healthy"], true);
    Ok(())
}

#[test]
fn sighup_reads_the_file_again() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let file = File::new("");
    let lab = file.start()?;
    file.write("modules.scan_detect = false\n");
    lab.daemon.signal(SIGHUP)?;
    lab.daemon.wait_for_line("modules.scan_detect", END)?;
    assert!(!modules(&lab.daemon)?.contains(&"scan_detect".to_owned()));
    Ok(())
}

#[test]
fn a_file_that_changes_is_read_again_where_that_is_wanted() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let file = File::new("reload_on_change = true\n");
    let lab = file.start()?;
    let segment = null(&lab, "192.0.2.7");
    lab.drops("as it was", &segment, NULL)?;
    file.write("reload_on_change = true\nmodules.scam = 1\n");
    lab.daemon.wait_for_line("no key modules.scam", END)?;
    lab.drops("a wrong one changes nothing", &segment, NULL)?;
    file.write("modules.scan_detect = false\n");
    lab.daemon.wait_for_line("modules.scan_detect", END)?;
    assert!(!modules(&lab.daemon)?.contains(&"scan_detect".to_owned()));
    file.write("");
    thread::sleep(Duration::from_secs(4));
    let still = modules(&lab.daemon)?;
    assert!(!still.contains(&"scan_detect".to_owned()), "{still:?}");
    Ok(())
}

#[test]
fn a_daemon_does_not_start_with_a_wrong_file() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let _link = lab.veth(&attacker, "eth0", &host, "eth0").up()?;
    for (text, mistakes) in [
        ("interfaces = \"eth0\"\nport_scan.ports = 0\n", 2),
        (
            "[autoban]\nproven_ttl = \"1w\"\nproven_ttl_max = \"1d\"\n",
            1,
        ),
    ] {
        let file = File::new(text);
        let start = Daemon::on(&host, "eth0").options(&["--config", file.path()]);
        let ended = start.start_unready()?.wait(END)?;
        assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
        let told = ended.stderr.matches(&format!("\n{}:", file.path())).count();
        assert_eq!(told, mistakes, "{}", ended.stderr);
        assert_eq!(xdp_program(&host, "eth0")?, None);
    }
    let missing = Daemon::on(&host, "eth0").options(&["--config", "/nonexistent/aegis.toml"]);
    let ended = missing.start_unready()?.wait(END)?;
    assert_eq!(ended.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot read /nonexistent/aegis.toml"));
    Ok(())
}

#[test]
fn the_allowlist_of_the_file_follows_what_is_allowed() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let text = "# ours\n[allowlist]\nips = [\n  \"192.0.2.7\", # the office\n]\n";
    let file = File::new(text);
    let mut lab = file.start()?;
    let said = lab.cli(&["allow", "add", "192.0.2.8"])?;
    assert!(
        said.contains(&format!("{} says so too", file.path())),
        "{said}"
    );
    let with = text.replace("office\n", "office\n  \"192.0.2.8\",\n");
    assert_eq!(file.read(), with);
    lab.daemon = lab.daemon.restart()?;
    let list = lab.daemon.json(&["allow", "list"])?;
    assert_eq!(list["allow"].as_array().map(Vec::len), Some(2));
    lab.cli(&["allow", "remove", "192.0.2.8"])?;
    assert_eq!(file.read(), text);
    let nothing = lab.daemon.json(&["reload"])?;
    assert_eq!(nothing["changed"], json!([]), "the file says what holds");
    Ok(())
}

#[test]
fn a_wrong_file_is_never_written_to() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let file = File::new("");
    let lab = file.start()?;
    let broken = "[modules\nverbose = true # mine\n";
    file.write(broken);
    let said = lab.cli(&["allow", "add", "192.0.2.8"])?;
    assert!(
        said.contains("kept by the daemon, and not in the file"),
        "{said}"
    );
    assert!(said.contains(&format!("{}:1:", file.path())), "{said}");
    assert_eq!(file.read(), broken);
    assert_eq!(
        fs::read_dir(file.folder()).map(Iterator::count).ok(),
        Some(1)
    );
    lab.passes("allowed", &null(&lab, "192.0.2.8"), ALLOWED)
}

#[test]
fn an_option_beats_a_variable_beats_the_file() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let _link = lab.veth(&attacker, "eth0", &host, "eth0").up()?;
    let file = File::new(
        "[modules]\nverbose = true\nport_scan = false\nrate_limit = false\n[attach]\ntc = \"off\"\n",
    );
    let options = ["--config", file.path(), "--set", "modules.rate_limit=true"];
    let daemon = Daemon::on(&host, "eth0")
        .options(&options)
        .environment("AEGIS_MODULES_PORT_SCAN", "true")
        .environment("AEGIS_MODULES_RATE_LIMIT", "false")
        .start()?;
    let on = modules(&daemon)?;
    for name in ["port_scan", "rate_limit", "verbose"] {
        assert!(on.contains(&name.to_owned()), "{name}: {on:?}");
    }
    assert_eq!(daemon.json(&["status"])?["egress"], false);
    let shown = daemon.json(&[&options[..], &["config", "show"]].concat())?;
    let from = |name: &str| {
        let keys = shown["keys"].as_array().cloned().unwrap_or_default();
        let key = keys.into_iter().find(|key| key["key"] == name);
        key.map(|key| key["from"].clone()).unwrap_or_default()
    };
    assert_eq!(from("interface"), "--iface");
    assert_eq!(from("modules.rate_limit"), "--set");
    assert_eq!(from("modules.port_scan"), "AEGIS_MODULES_PORT_SCAN");
    assert_eq!(from("attach.tc"), format!("{}:6", file.path()));
    assert_eq!(from("attach.mode"), "default");
    Ok(())
}

#[test]
fn check_judges_a_file_and_touches_nothing() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/config.toml");
    let file = File::new("[autoban]\nfactor = \"two\"\nmax = 3\n");
    let lab = Guarded::start()?;
    let sample = sample.to_str().expect("the name is plain");
    lab.cli(&["check", sample])?;
    let wrong = lab.daemon.cli(&["check", file.path()])?;
    assert_eq!(wrong.code(), Some(2), "{}", wrong.stderr);
    assert_eq!(wrong.stderr.lines().count(), 3, "{}", wrong.stderr);
    let wrong = lab.daemon.cli(&["--json", "check", file.path()])?;
    let told: Value = serde_json::from_str(&wrong.stdout).expect("it is JSON");
    assert_eq!(told["mistakes"][1]["line"], 3);
    assert_eq!(wrong.code(), Some(2));
    Ok(())
}

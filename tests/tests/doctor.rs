// SPDX-License-Identifier: MIT
//! `doctor`: without a daemon, and without touching anything.

use aegis_testbed::daemon::find_binary;
use aegis_testbed::{Host, Lab, Need, Result, require, skip, test_name};
use aegis_tests::guarded::{built_object, xdp_program};

/// The diagnosis of an interface, and the exit code.
fn diagnosis(host: &Host, interface: &str) -> Result<(serde_json::Value, Option<i32>)> {
    let binary = find_binary()?.display().to_string();
    let answer = host.run(&binary, &["doctor", "--json", "-i", interface])?;
    let read = serde_json::from_str(&answer.stdout);
    let read = read.unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    Ok((read, answer.code()))
}

/// The finding about something.
#[track_caller]
fn finding<'a>(diagnosis: &'a serde_json::Value, words: &str) -> &'a serde_json::Value {
    let findings = diagnosis["findings"].as_array().expect("a list");
    let about = |found: &&serde_json::Value| found["what"].to_string().contains(words);
    let found = findings.iter().find(about);
    found.unwrap_or_else(|| panic!("nothing about {words:?}: {diagnosis:#}"))
}

#[test]
fn it_finds_a_strangers_program_and_what_the_interface_can_do() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (host, peer) = (lab.host("patient")?, lab.host("peer")?);
    let _link = lab.veth(&peer, "eth0", &host, "eth0").quiet().up()?;
    let (fine, code) = diagnosis(&host, "eth0")?;
    assert_eq!(
        (&fine["healthy"], code),
        (&true.into(), Some(0)),
        "{fine:#}"
    );
    assert_eq!(finding(&fine, "native XDP")["level"], "ok");
    assert_eq!(finding(&fine, "receive queues")["about"], "eth0");
    assert_eq!(finding(&fine, "no daemon runs")["level"], "note");
    let (none, code) = diagnosis(&host, "eth9")?;
    assert_eq!((&none["healthy"], code), (&false.into(), Some(1)));
    assert_eq!(finding(&none, "no interface named")["level"], "problem");
    let Some(object) = built_object("aegis-bench.o") else {
        let reason = "aegis-bench.o is not built; cargo xtask build-all";
        skip(test_name!(), reason);
        return Ok(());
    };
    let object = object.display().to_string();
    let attach = [
        "link",
        "set",
        "dev",
        "eth0",
        "xdpgeneric",
        "obj",
        &object,
        "program",
        "empty",
    ];
    host.ip(&attach)?;
    let (stranger, code) = diagnosis(&host, "eth0")?;
    assert_eq!((&stranger["healthy"], code), (&false.into(), Some(1)));
    let found = finding(&stranger, "the XDP program");
    assert_eq!(found["remedy"], "ip link set dev eth0 xdp off", "{found:#}");
    assert!(xdp_program(&host, "eth0")?.is_some(), "left alone");
    Ok(())
}

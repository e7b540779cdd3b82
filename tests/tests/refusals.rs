// SPDX-License-Identifier: MIT
//! Errors that users make: one line on standard error, the documented exit code, and nothing
//! changed.

use aegis_testbed::{Daemon, Lab, Need, Output, Result, require};
use aegis_tests::guarded::{Guarded, xdp_program};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// How long a daemon that refuses to start may take to say so on a busy machine.
const END: Duration = Duration::from_secs(30);
const USAGE: i32 = 2;
const REFUSED: i32 = 4;
const NOT_FOUND: i32 = 5;
const NOT_PERMITTED: i32 = 6;

/// Everything a client could have changed.
fn state(lab: &Guarded) -> Result<[Value; 4]> {
    let attachments = lab.daemon.json(&["status"])?["attachments"].take();
    Ok([
        lab.daemon.json(&["list"])?,
        lab.daemon.json(&["allow", "list"])?,
        lab.daemon.json(&["stats"])?,
        attachments,
    ])
}

/// One line that holds all these words.
#[track_caller]
fn says(output: &Output, code: i32, words: &[&str]) {
    assert_eq!(
        output.code(),
        Some(code),
        "{}: {}",
        output.command,
        output.stderr
    );
    assert_eq!(output.stdout, "", "{}", output.command);
    let lines: Vec<&str> = output.stderr.lines().collect();
    let [line] = lines[..] else {
        panic!("{}: not one line: {lines:#?}", output.command)
    };
    for word in words {
        assert!(
            line.contains(word),
            "{}: {word:?} is not in {line:?}",
            output.command
        );
    }
}

/// The arguments are refused with this code and these words, and nothing has changed.
#[track_caller]
fn refuses(lab: &Guarded, args: &[&str], code: i32, words: &[&str]) -> Result<()> {
    let before = state(lab)?;
    says(&lab.daemon.cli(args)?, code, words);
    assert_eq!(state(lab)?, before, "{args:?} changed something");
    Ok(())
}

#[test]
fn bad_addresses_name_what_is_wrong_with_them() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    for (address, words) in [
        ("example.com", "not an address"),
        ("1.2.3", "not an address"),
        ("1.2.3.256", "not an address"),
        ("1.2.3.4/33", "not a prefix length"),
        ("2001:db8::/129", "not a prefix length"),
        ("192.0.2.1/24", "write 192.0.2.0/24"),
        ("2001:db8::1/32", "write 2001:db8::/32"),
        ("192.0.2.010", "octal"),
        ("fe80::1%eth0", "zone"),
        ("::ffff:192.0.2.1", "write 192.0.2.1"),
        ("", "not an address"),
    ] {
        for verb in [
            &["block"][..],
            &["unblock"],
            &["allow", "add"],
            &["allow", "remove"],
        ] {
            refuses(&lab, &[verb, &[address]].concat(), USAGE, &[words])?;
        }
    }
    Ok(())
}

/// A port that is ignored because it is none makes `block 1.2.3.4 99999` a ban of everything.
#[test]
fn a_bad_port_or_protocol_bans_nothing() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    for (args, words) in [
        (&["99999"][..], &["99999", "not a port"]),
        (&["0"], &["not a port", "65535"]),
        (&["-1"], &["-1", ""]),
        (&["http"], &["http", "not a port"]),
        (&["80", "tpc"], &["tpc", "not a protocol"]),
        (&["80", "icmp"], &["icmp", "no ports"]),
        (&["--for", "2"], &["lacks a unit", "2s"]),
        (&["--for", "0s"], &["no time at all", ""]),
        (&["--for", "soon"], &["soon", "not a duration"]),
        (&["--reason", "two\nlines"], &["one line", ""]),
    ] {
        let args = [&["block", "192.0.2.7"], args].concat();
        let before = state(&lab)?;
        let output = lab.daemon.cli(&args)?;
        assert_eq!(output.code(), Some(USAGE), "{args:?}: {}", output.stderr);
        let first = output.stderr.lines().next().unwrap_or_default();
        assert!(
            words.iter().all(|word| first.contains(word)),
            "{args:?}: {first}"
        );
        assert_eq!(state(&lab)?, before, "{args:?} changed something");
    }
    lab.passes("still", &lab.syn("192.0.2.7"), "xdp_ingress/ipv4/default")
}

#[test]
fn banning_what_this_host_lives_by_needs_force() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let link = lab
        .veth(&attacker, "eth0", &host, "eth0")
        .quiet()
        .without_offloads()
        .up()?;
    let gateway = link.a.v4().to_string();
    host.ip(&["route", "add", "default", "via", &gateway])?;
    let daemon = Daemon::on(&host, "eth0").start()?;
    let lab = Guarded::of(lab, link, daemon)?;
    let own = [lab.link.b.v4().to_string(), lab.link.b.v6().to_string()];
    for own in &own {
        refuses(
            &lab,
            &["block", own],
            REFUSED,
            &[own, "an address of this host", "--force"],
        )?;
    }
    refuses(
        &lab,
        &["block", &gateway],
        REFUSED,
        &[&gateway, "a gateway", "--force"],
    )?;
    refuses(&lab, &["block", "10.64.0.0/10"], REFUSED, &["--force"])?;
    for everybody in ["0.0.0.0/0", "::/0"] {
        refuses(
            &lab,
            &["block", everybody],
            REFUSED,
            &[everybody, "every address", "--force"],
        )?;
    }
    lab.passes(
        "the gateway",
        &lab.syn(&gateway),
        "xdp_ingress/ipv4/default",
    )?;
    lab.cli(&["block", &gateway, "--force"])?;
    lab.drops(
        "the gateway, by force",
        &lab.syn(&gateway),
        "xdp_ingress/ipv4/ban_address",
    )
}

#[test]
fn banning_the_allowlisted_is_refused_and_forced_has_no_effect_until_it_is_removed() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["allow", "add", "192.0.2.0/28"])?;
    refuses(
        &lab,
        &["block", "192.0.2.7"],
        REFUSED,
        &["allowlist as 192.0.2.0/28", "allow remove"],
    )?;
    refuses(
        &lab,
        &["block", "192.0.2.0/24"],
        REFUSED,
        &["covers 192.0.2.0/28", "--force"],
    )?;
    lab.cli(&["block", "192.0.2.7", "--force"])?;
    lab.passes(
        "for now",
        &lab.syn("192.0.2.7"),
        "xdp_ingress/ipv4/allowlist",
    )?;
    lab.cli(&["allow", "remove", "192.0.2.0/28"])?;
    lab.drops("now", &lab.syn("192.0.2.7"), "xdp_ingress/ipv4/ban_address")
}

#[test]
fn ending_what_is_not_there_says_so() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    lab.cli(&["block", "198.51.100.0/24"])?;
    lab.cli(&["block", "192.0.2.9", "80", "tcp"])?;
    refuses(
        &lab,
        &["unblock", "192.0.2.7"],
        NOT_FOUND,
        &["192.0.2.7", "not banned", "list"],
    )?;
    refuses(
        &lab,
        &["unblock", "192.0.2.9", "81", "tcp"],
        NOT_FOUND,
        &["192.0.2.9", "list"],
    )?;
    refuses(
        &lab,
        &["unblock", "198.51.100.7"],
        NOT_FOUND,
        &["198.51.100.0/24"],
    )?;
    refuses(
        &lab,
        &["unblock", "198.51.0.0/16"],
        NOT_FOUND,
        &["198.51.100.0/24"],
    )?;
    refuses(
        &lab,
        &["allow", "remove", "192.0.2.7"],
        NOT_FOUND,
        &["192.0.2.7"],
    )
}

#[test]
fn an_interface_that_does_not_exist_is_named() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let _link = lab.veth(&attacker, "eth0", &host, "eth0").quiet().up()?;
    let missing = Daemon::on(&host, "eth9").start_unready()?.wait(END)?;
    says(&missing, 1, &["\"eth9\"", "ip link"]);
    let one_of_two = Daemon::on(&host, "eth0")
        .interface("eth9")
        .start_unready()?;
    says(&one_of_two.wait(END)?, 1, &["\"eth9\"", "ip link"]);
    assert_eq!(
        xdp_program(&host, "eth0")?,
        None,
        "the one that exists is not left guarded"
    );
    let nowhere = one_of_two.program(&["-i", "eth0", "status"])?;
    says(&nowhere, 3, &["eth0", "aegis-cli -i eth0 daemon"]);
    Ok(())
}

#[test]
fn who_is_not_root_can_neither_guard_nor_ban() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("setpriv"));
    let lab = Guarded::start()?;
    let before = state(&lab)?;
    // Of all that stands in the way, only the daemon's own rules are to be tested.
    let binary = readable_copy(&lab)?;
    let nobody = |folder: &Path, args: &[&str]| {
        let run_dir = format!("AEGIS_RUN_DIR={}", folder.display());
        let pins = format!("AEGIS_BPFFS={}", lab.daemon.pin_dir().display());
        let state = format!("AEGIS_STATE_DIR={}", lab.daemon.state_dir().display());
        let who = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ];
        let command = [
            &[run_dir.as_str(), pins.as_str(), state.as_str()],
            &who[..],
            &[binary.as_str()],
        ]
        .concat();
        lab.host
            .run("env", &[&command[..], &["-i", "eth0"], args].concat())
    };
    for args in [&["block", "192.0.2.7"][..], &["allow", "add", "192.0.2.7"]] {
        says(
            &nobody(lab.daemon.run_dir(), args)?,
            NOT_PERMITTED,
            &["root"],
        );
    }
    // A folder of their own makes them no more welcome in the kernel.
    let own = lab.daemon.run_dir().join("own");
    std::fs::create_dir(&own).expect("the folder is ours");
    std::os::unix::fs::chown(&own, Some(65_534), Some(65_534)).expect("root may");
    for folder in [lab.daemon.run_dir(), &own] {
        let refused = nobody(folder, &["--instance", "other", "daemon"])?;
        assert_eq!(refused.code(), Some(NOT_PERMITTED), "{}", refused.stderr);
        let last = refused.stderr.lines().last().unwrap_or_default();
        assert!(last.contains("root"), "{last}");
    }
    assert_eq!(state(&lab)?, before);
    Ok(())
}

/// The build folder may be closed to others.
fn readable_copy(lab: &Guarded) -> Result<String> {
    let copy = lab.daemon.run_dir().join("aegis-cli");
    let copied = std::fs::copy(aegis_testbed::daemon::find_binary()?, &copy);
    copied.expect("there is room for the program");
    for path in [lab.daemon.run_dir(), &copy] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).expect("they are ours");
    }
    Ok(copy.display().to_string())
}

#[test]
fn what_cannot_be_understood_has_exit_code_2() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let before = state(&lab)?;
    for args in [
        &["dance"][..],
        &["block"],
        &["block", "192.0.2.7", "80", "tcp", "more"],
        &["--fast"],
    ] {
        let output = lab.daemon.cli(args)?;
        assert_eq!(output.code(), Some(USAGE), "{args:?}: {}", output.stderr);
        assert_eq!(output.stdout, "", "{args:?}");
    }
    assert_eq!(state(&lab)?, before);
    Ok(())
}

#[test]
fn a_refusal_in_json_is_json() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Guarded::start()?;
    let own = lab.link.b.v4().to_string();
    for (args, code) in [
        (["block", own.as_str()], "protected"),
        (["unblock", "192.0.2.7"], "not_found"),
    ] {
        let output = lab.daemon.cli(&[&args[..], &["--json"]].concat())?;
        assert_ne!(output.code(), Some(0));
        let text = if output.stdout.is_empty() {
            &output.stderr
        } else {
            &output.stdout
        };
        let said: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(said["error"]["code"], code, "{said}");
    }
    Ok(())
}

// SPDX-License-Identifier: MIT
//! A host that boots with Aegis as a service: the units of `deploy/systemd`, with the real systemd.

use aegis_testbed::daemon::find_binary;
use aegis_testbed::{Container, Host, Lab, Link, Need, Result, ping, require};
use aegis_tests::guarded::xdp_program;
use serde_json::Value;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const UNIT: &str = "aegis@eth0.service";
const CONFIG: &str = "/etc/aegis/config.toml";
/// Shorter than what is delivered, so that the test need not wait half a minute.
const WATCHDOG: &str = "[Service]\nWatchdogSec=6\n";
/// For signs of life to be given.
const PATIENCE: Duration = Duration::from_secs(20);

struct Booted {
    attacker: Host,
    guarded: Host,
    link: Link,
    // Powered off before its network goes.
    container: Container,
    _lab: Lab,
}

impl Booted {
    fn new() -> Result<Self> {
        let lab = Lab::new()?;
        let (attacker, guarded) = (lab.host("attacker")?, lab.host("guarded")?);
        let link = lab.veth(&attacker, "eth0", &guarded, "eth0").quiet().up()?;
        let mut builder = Container::around(&guarded)?
            .program(&find_binary()?, "aegis-cli")
            .file(CONFIG, "[modules]\nverbose = false\n")?
            .file(
                "/etc/systemd/system/aegis@.service.d/watchdog.conf",
                WATCHDOG,
            )?
            .enable(UNIT, "aegis@.service", "multi-user.target")?
            .enable(
                "aegis-witness.socket",
                "aegis-witness.socket",
                "sockets.target",
            )?
            .enable(
                "aegis-courier.socket",
                "aegis-courier.socket",
                "sockets.target",
            )?;
        let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/systemd");
        for unit in [
            "aegis@.service",
            "aegis-courier.socket",
            "aegis-courier@.service",
            "aegis-witness.socket",
            "aegis-witness@.service",
        ] {
            let text = fs::read_to_string(units.join(unit)).expect("the unit is delivered");
            builder = builder.file(&format!("/etc/systemd/system/{unit}"), &text)?;
        }
        let container = builder.boot()?;
        Ok(Self {
            attacker,
            guarded,
            link,
            container,
            _lab: lab,
        })
    }

    fn cli(&self, args: &[&str]) -> Result<String> {
        let args = [&["-i", "eth0"], args].concat();
        Ok(self
            .container
            .run("/usr/local/sbin/aegis-cli", &args)?
            .success()?
            .stdout)
    }

    fn json(&self, verb: &str) -> Result<Value> {
        Ok(serde_json::from_str(&self.cli(&[verb, "--json"])?).expect("it is JSON"))
    }

    fn systemctl(&self, args: &[&str]) -> Result<String> {
        Ok(self.container.run("systemctl", args)?.success()?.stdout)
    }

    fn number(&self, unit: &str, property: &str) -> Result<u64> {
        let value = self.container.property(unit, property)?;
        Ok(value.parse().expect("it is a number"))
    }

    /// What the unit has told, with every field.
    fn journal(&self) -> Result<String> {
        let args = ["--no-pager", "--output=json", "--unit", UNIT];
        Ok(self.container.run("journalctl", &args)?.success()?.stdout)
    }

    /// Waits until it has told all of this.
    fn wait_told(&self, words: &[&str]) -> Result<()> {
        let began = Instant::now();
        loop {
            let told = self.journal()?;
            if words.iter().all(|words| told.contains(words)) {
                return Ok(());
            }
            assert!(began.elapsed() < PATIENCE, "{words:?}: {told}");
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn echoes(&self) -> Result<u64> {
        let target: IpAddr = self.link.b.v4().into();
        Ok(ping(&self.attacker, target, 2)?.received)
    }
}

/// One boot for everything: it is what takes the time.
#[test]
fn a_host_boots_guarded_and_the_service_manager_keeps_it_so() -> Result<()> {
    let programs = ["systemd-nspawn", "systemctl", "unshare", "mount"].map(Need::Tool);
    require!(
        Need::Root,
        Need::AegisCli,
        programs[0],
        programs[1],
        programs[2],
        programs[3]
    );
    let booted = Booted::new()?;
    let first = booted.container.wait_active(UNIT, None)?;
    it_is_guarded_before_the_network_is_up(&booted)?;
    it_is_confined(&booted)?;
    it_drops_what_is_banned(&booted)?;
    a_reload_reads_the_configuration(&booted)?;
    let second = a_daemon_that_was_killed_is_started_again(&booted, &first)?;
    another_program_takes_over_in_the_same_process(&booted, &second)?;
    a_daemon_that_is_stuck_is_started_again(&booted, &second)?;
    a_stop_detaches(&booted)
}

fn it_is_guarded_before_the_network_is_up(booted: &Booted) -> Result<()> {
    let entered = "ActiveEnterTimestampMonotonic";
    let guarded = booted.number(UNIT, entered)?;
    let network = booted.number("network-pre.target", entered)?;
    assert!(0 < guarded && guarded <= network, "{guarded} {network}");
    Ok(())
}

fn it_is_confined(booted: &Booted) -> Result<()> {
    let status = booted.json("status")?;
    assert_eq!(status["healthy"], true, "{status}");
    assert_eq!(status["warnings"], serde_json::json!([]), "{status}");
    let found = &status["confinement"];
    let kept = serde_json::json!(["CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF"]);
    assert_eq!((&found["capabilities"], &found["bounding"]), (&kept, &kept));
    // Witness and courier are services of their own; what keeps the daemon from the network does not
    // keep the courier.
    let courier = &found["courier"];
    for (process, unit) in [
        (&found["sessions"]["witness"], "aegis-witness@"),
        (&courier["process"], "aegis-courier@"),
    ] {
        let process = process.as_u64().expect("there is one").to_string();
        let looked = booted.systemctl(&["status", "--no-pager", &process])?;
        assert!(looked.contains(unit), "{looked}");
    }
    let user = courier["user"].as_u64().expect("it has one");
    assert!(
        (61_184..=65_519).contains(&user),
        "{user} is not dynamic (systemd.exec(5))"
    );
    let confined = ["no_new_privs", "seccomp", "landlock"].map(|part| &courier[part]);
    assert_eq!(
        (confined, &courier["problem"]),
        ([&Value::Bool(true); 3], &Value::Null)
    );
    assert_eq!(courier["capabilities"], serde_json::json!([]));
    let args = ["security", "--no-pager", "--threshold=20", UNIT];
    booted
        .container
        .run("systemd-analyze", &args)?
        .success()
        .map(drop)
}

fn it_drops_what_is_banned(booted: &Booted) -> Result<()> {
    assert_eq!(booted.echoes()?, 2);
    let attacker = booted.link.a.v4().to_string();
    booted.cli(&["block", &attacker])?;
    let dropped = |stats: &Value| {
        let rows = stats["counters"]
            .as_array()
            .expect("there are counters")
            .iter();
        let banned =
            rows.filter(|row| row["hook"] == "xdp_ingress" && row["reason"] == "ban_address");
        banned
            .filter_map(|row| row["packets"].as_u64())
            .sum::<u64>()
    };
    let before = dropped(&booted.json("stats")?);
    assert_eq!(booted.echoes()?, 0);
    assert_eq!(dropped(&booted.json("stats")?) - before, 2);
    booted.cli(&["unblock", &attacker])?;
    assert_eq!(booted.echoes()?, 2);
    Ok(())
}

fn a_reload_reads_the_configuration(booted: &Booted) -> Result<()> {
    // By the daemon itself, beside the file that it replaces: confined, it still may.
    booted.cli(&["allow", "add", "198.51.100.0/24"])?;
    let text = booted.container.run("cat", &[CONFIG])?.success()?.stdout;
    assert!(text.contains("198.51.100.0/24"), "{text}");
    let more = format!("printf '[port_scan]\\nports = 99\\n' >> {CONFIG}");
    booted.container.run("sh", &["-c", &more])?.success()?;
    booted.systemctl(&["reload", UNIT])?;
    booted.wait_told(&["port_scan.ports", "Reloaded"])
}

fn a_daemon_that_was_killed_is_started_again(booted: &Booted, first: &str) -> Result<String> {
    booted.container.run("kill", &["-KILL", first])?.success()?;
    let second = booted.container.wait_active(UNIT, Some(first))?;
    assert_eq!(booted.number(UNIT, "NRestarts")?, 1);
    it_is_confined(booted)?;
    Ok(second)
}

fn another_program_takes_over_in_the_same_process(booted: &Booted, second: &str) -> Result<()> {
    let args = ["-i", "eth0", "upgrade"];
    let upgrade = || booted.container.run("/usr/local/sbin/aegis-cli", &args);
    let (mut told, began) = (upgrade()?, Instant::now());
    // On a busy machine the rehearsal may be out of time, which changes nothing.
    while told.stderr.contains("took longer") && began.elapsed() < PATIENCE {
        told = upgrade()?;
    }
    let told = told.success()?.stdout;
    assert!(told.contains("has taken over"), "{told}");
    let pid = booted.container.wait_active(UNIT, None)?;
    assert_eq!(pid, second, "{}", booted.journal()?);
    it_is_confined(booted)
}

fn a_daemon_that_is_stuck_is_started_again(booted: &Booted, second: &str) -> Result<()> {
    // It gives signs of life for as long as it is not.
    let signed = "WatchdogTimestampMonotonic";
    let (before, began) = (booted.number(UNIT, signed)?, Instant::now());
    while booted.number(UNIT, signed)? == before {
        assert!(began.elapsed() < PATIENCE, "no sign of life");
        thread::sleep(Duration::from_millis(200));
    }
    booted
        .container
        .run("kill", &["-STOP", second])?
        .success()?;
    booted.container.wait_active(UNIT, Some(second))?;
    booted.wait_told(&["Watchdog timeout"])?;
    assert_eq!(booted.echoes()?, 2);
    Ok(())
}

fn a_stop_detaches(booted: &Booted) -> Result<()> {
    assert!(xdp_program(&booted.guarded, "eth0")?.is_some());
    booted.systemctl(&["stop", UNIT])?;
    assert_eq!(xdp_program(&booted.guarded, "eth0")?, None);
    let left = booted
        .container
        .run("ls", &["/sys/fs/bpf/aegis", "/run/aegis"])?;
    let left = left.success()?.stdout;
    assert!(!left.contains("eth0"), "{left}");
    assert_eq!(booted.container.property(UNIT, "Result")?, "success");
    Ok(())
}

// SPDX-License-Identifier: MIT
//! What `deploy` has for service managers: judged by their own tools, and started for real.

use aegis_testbed::daemon::find_binary;
use aegis_testbed::{Host, Lab, Need, Output, Result, require};
use aegis_tests::guarded::xdp_program;
use std::path::{Path, PathBuf};
use std::process::Command;

const UNITS: [&str; 8] = [
    "aegis.service",
    "aegis@.service",
    "aegis-courier.socket",
    "aegis-courier@.service",
    "aegis-feeds@.service",
    "aegis-feeds@.timer",
    "aegis-witness.socket",
    "aegis-witness@.service",
];
/// As LSB wants it: the program is dead.
const STOPPED: Option<i32> = Some(3);

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy")
        .join(path)
}

/// Fails with what a tool says.
fn content(tool: &str, args: &[&str], file: &Path) {
    let output = Command::new(tool).args(args).arg(file).output();
    let output = output.expect("the tool is there");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success(),
        "{tool} of {}: {said}",
        file.display()
    );
}

#[test]
fn units_expose_no_more_than_they_have_to() {
    require!(Need::Tool("systemd-analyze"));
    let strict = ["security", "--offline=true", "--no-pager", "--threshold=20"];
    for unit in UNITS.iter().filter(|unit| unit.ends_with(".service")) {
        content("systemd-analyze", &strict, &deploy("systemd").join(unit));
    }
}

#[test]
fn units_have_no_words_that_systemd_does_not_know() {
    require!(Need::Tool("systemd-analyze"));
    for unit in UNITS {
        let path = deploy("systemd").join(unit);
        let args = ["verify", "--man=no", "--recursive-errors=no"];
        let output = Command::new("systemd-analyze")
            .args(args)
            .arg(&path)
            .output();
        let output = output.expect("the tool is there");
        let said = String::from_utf8_lossy(&output.stderr);
        // The program is not installed here.
        let amiss = said.lines().filter(|line| {
            line.contains(unit.trim_end_matches("@.service")) && !line.contains("is not executable")
        });
        assert_eq!(amiss.count(), 0, "{unit}: {said}");
    }
}

#[test]
fn both_units_of_the_daemon_differ_in_what_they_guard_alone() {
    let read = |unit| std::fs::read_to_string(deploy("systemd").join(unit)).expect("delivered");
    let all = read("aegis.service");
    let one = read("aegis@.service");
    let differing: Vec<_> = all
        .lines()
        .zip(one.lines())
        .filter(|(a, b)| a != b)
        .collect();
    assert_eq!(all.lines().count(), one.lines().count());
    let starts = ["#", "Description=", "ExecStart="];
    assert_eq!(differing.len(), starts.len(), "{differing:?}");
    for ((a, b), start) in differing.iter().zip(starts) {
        assert!(a.starts_with(start) && b.starts_with(start), "{a} {b}");
    }
}

#[test]
fn scripts_are_plain_shell() {
    require!(Need::Tool("shellcheck"));
    for script in ["openrc/aegis", "sysvinit/aegis"] {
        content("sh", &["-n"], &deploy(script));
        content("shellcheck", &[], &deploy(script));
    }
}

/// The script of System V, for a host of its own; stopped when dropped.
struct Script {
    host: Host,
    folder: PathBuf,
    options: &'static str,
}

impl Script {
    fn run(&self, action: &str) -> Result<Output> {
        let folder = self.folder.display();
        let pins = format!("/sys/fs/bpf/{}", self.name());
        let variables = [
            format!("DAEMON={}", find_binary()?.display()),
            format!("OPTIONS={}", self.options),
            format!("LOG={folder}/log/daemon.log"),
            format!("AEGIS_RUN_DIR={folder}/run"),
            format!("AEGIS_BPFFS={pins}"),
            format!("AEGIS_STATE_DIR={folder}/state"),
        ];
        let script = deploy("sysvinit/aegis").display().to_string();
        let mut args: Vec<&str> = variables.iter().map(String::as_str).collect();
        args.extend(["sh", &script, action]);
        self.host.run("env", &args)
    }

    fn name(&self) -> String {
        let name = self.folder.file_name().expect("the folder has one");
        name.to_string_lossy().into_owned()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(self.run("stop"));
        drop(std::fs::remove_dir(format!("/sys/fs/bpf/{}", self.name())));
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

#[test]
fn the_script_of_system_v_starts_asks_reloads_and_stops() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("start-stop-daemon"));
    let lab = Lab::new()?;
    let (guarded, peer) = (lab.host("guarded")?, lab.host("peer")?);
    let _link = lab.veth(&guarded, "eth0", &peer, "eth0").quiet().up()?;
    let folder = std::env::temp_dir().join(format!("{}-init", guarded.namespace()));
    let script = Script {
        host: guarded.clone(),
        folder,
        options: "-i eth0",
    };
    assert_eq!(script.run("status")?.code(), STOPPED);
    for action in ["start", "start", "reload", "force-reload"] {
        script.run(action)?.success()?;
    }
    assert!(xdp_program(&guarded, "eth0")?.is_some());
    let status = script.run("status")?.success()?.stdout;
    assert!(status.starts_with("healthy"), "{status}");
    script.run("stop")?.success()?;
    assert_eq!(script.run("status")?.code(), STOPPED);
    assert_eq!(xdp_program(&guarded, "eth0")?, None);
    // Why it did not start is told where it was asked to.
    let nowhere = Script {
        host: guarded,
        folder: script
            .folder
            .with_file_name(format!("{}-nowhere", script.name())),
        options: "-i nowhere0",
    };
    let failed = nowhere.run("start")?;
    assert_eq!(failed.code(), Some(1));
    assert!(
        failed.stderr.contains("no interface named \"nowhere0\""),
        "{failed:?}"
    );
    Ok(())
}

// SPDX-License-Identifier: MIT
//! Who may do what over which of the two sockets, and what is written down about it.

use aegis_testbed::daemon::{RUN_DIR, find_binary};
use aegis_testbed::{Daemon, Lab, Need, Output, Result, require};
use aegis_tests::guarded::{Guarded, xdp_program};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::time::Duration;

/// Numbers that no account of the machine need have.
const OPERATORS: u32 = 64_001;
const READERS: u32 = 64_002;
const STRANGERS: u32 = 64_003;
const SOON: Duration = Duration::from_secs(10);
/// How long a daemon that refuses to start may take to say so on a busy machine.
const START: Duration = Duration::from_secs(30);

struct Office {
    lab: Guarded,
    binary: PathBuf,
}

impl Office {
    fn open() -> Result<Self> {
        let control = format!("api.control_group={OPERATORS}");
        let read = format!("api.read_group={READERS}");
        let lab = Guarded::with(&["--set", &control, "--set", &read])?;
        // The build folder may be closed to others.
        let binary = lab.daemon.run_dir().join("aegis-cli");
        fs::copy(find_binary()?, &binary).expect("there is room for the program");
        for path in [lab.daemon.run_dir(), &binary] {
            let all = fs::Permissions::from_mode(0o755);
            fs::set_permissions(path, all).expect("they are ours");
        }
        Ok(Self { lab, binary })
    }

    /// A client of somebody of that group and no other.
    fn of(&self, group: u32, args: &[&str]) -> Result<Output> {
        let run_dir = format!("{RUN_DIR}={}", self.lab.daemon.run_dir().display());
        let group = format!("--regid={group}");
        let who = ["setpriv", "--reuid=64000", &group, "--clear-groups"];
        let client = [self.binary.to_str().expect("it is ours"), "-i", "eth0"];
        let command = [&[run_dir.as_str()], &who[..], &client, args].concat();
        self.lab.host.run("env", &command)
    }
}

#[test]
fn a_group_may_look_another_may_change_and_nobody_else_may_anything() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("setpriv"));
    let office = Office::open()?;
    let mode = |name: &str| {
        let file = fs::metadata(office.lab.daemon.run_dir().join(name)).expect("it is there");
        (file.mode() & 0o777, file.uid(), file.gid())
    };
    assert_eq!(mode("eth0.sock"), (0o660, 0, OPERATORS));
    assert_eq!(mode("eth0.ro.sock"), (0o660, 0, READERS));

    for question in [
        &["status"][..],
        &["list"],
        &["stats"],
        &["flows"],
        &["why", "192.0.2.7"],
        &["events"],
        &["module", "list"],
    ] {
        office.of(READERS, question)?.success()?;
    }
    for change in [
        &["block", "192.0.2.7"][..],
        &["unblock", "192.0.2.7"],
        &["allow", "add", "192.0.2.7"],
        &["kill", "--port", "22"],
        &["module", "off", "port_scan"],
        &["reload"],
    ] {
        let refused = office.of(READERS, &[change, &["--json"]].concat())?;
        assert_eq!(refused.code(), Some(6), "{change:?}: {}", refused.stderr);
        for word in ["\"forbidden\"", "use sudo"] {
            assert!(refused.stderr.contains(word), "{}", refused.stderr);
        }
    }
    assert_eq!(
        office.lab.daemon.json(&["list"])?["bans"],
        serde_json::json!([])
    );

    office.of(OPERATORS, &["block", "192.0.2.7"])?.success()?;
    let stranger = office.of(STRANGERS, &["status"])?;
    assert_eq!(stranger.code(), Some(6), "{}", stranger.stderr);
    assert!(
        stranger.stderr.contains("api.read_group"),
        "{}",
        stranger.stderr
    );
    is_written_down(&office)?;
    // Who takes over is confined, and could neither look a group up nor give it anything.
    office.lab.cli(&["upgrade"])?;
    office.of(READERS, &["status"])?.success()?;
    office.of(OPERATORS, &["unblock", "192.0.2.7"])?.success()?;
    assert_eq!(office.of(STRANGERS, &["status"])?.code(), Some(6));
    Ok(())
}

fn is_written_down(office: &Office) -> Result<()> {
    let who = |group: u32| format!("uid=64000 gid={group} pid=");
    let forbidden = "outcome=\"refused\" code=\"forbidden\"";
    for (line, group, outcome) in [
        (
            "action=\"ban\" subject=\"192.0.2.7\"",
            OPERATORS,
            "outcome=\"done\"",
        ),
        ("action=\"POST /v1/bans\"", READERS, forbidden),
        ("action=\"DELETE /v1/flows\"", READERS, forbidden),
    ] {
        let line = office.lab.daemon.wait_for_line(line, SOON)?;
        for word in ["command", &who(group), "process=\"aegis-cli\"", outcome] {
            assert!(line.contains(word), "{word:?} is not in {line:?}");
        }
    }
    Ok(())
}

#[test]
fn a_group_that_is_not_there_is_named_and_nothing_is_guarded() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let _link = lab.veth(&attacker, "eth0", &host, "eth0").quiet().up()?;
    let daemon = Daemon::on(&host, "eth0").options(&["--set", "api.control_group=no-such-group"]);
    let daemon = daemon.start_unready()?;
    let refused = daemon.wait(START)?;
    assert_eq!(refused.code(), Some(2), "{}", refused.stderr);
    let last = refused.stderr.lines().last().unwrap_or_default();
    assert!(last.contains("groupadd --system no-such-group"), "{last}");
    assert_eq!(xdp_program(&host, "eth0")?, None);
    Ok(())
}

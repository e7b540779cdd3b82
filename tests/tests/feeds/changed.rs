// SPDX-License-Identifier: MIT
//! What changes around a list: who has just logged in, where it comes from, and what is judged at all.

use super::{LISTED, PASSED, list, until};
use aegis_testbed::{Daemon, Link, Need, Process, Result, require};
use aegis_tests::configuration::File;
use aegis_tests::guarded::Guarded;
use aegis_tests::published::{self, Published, configuration, host, source};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::time::Duration;

/// For what takes a moment.
const PATIENCE: Duration = Duration::from_secs(15);

/// A login session, as sshd makes one: a connection, and a process that is told of it.
struct Login {
    _client: TcpStream,
    _server: TcpStream,
    _shell: Process,
}

impl Login {
    /// From an address that the neighbour is given.
    fn from(link: &Link, source: &str, port: u16) -> Result<Self> {
        let (neighbour, host) = (link.a.host(), link.b.host());
        let here: IpAddr = link.b.v4().into();
        neighbour.add_address("eth0", &format!("{source}/32"))?;
        let to = format!("{here}/32");
        neighbour.ip(&["route", "replace", &to, "dev", "eth0", "src", source])?;
        let listener = host.enter(|| TcpListener::bind((here, port)))?;
        let listener = listener.expect("the port is free");
        let client = neighbour.connect((here, port).into(), PATIENCE)?;
        let (server, peer) = listener.accept().expect("somebody connects");
        assert_eq!(peer.ip().to_string(), source);
        let mut shell = host.command("sleep", &["300"])?;
        let variable = format!("{source} {} {here} {port}", peer.port());
        shell.env("SSH_CONNECTION", variable);
        Ok(Self {
            _client: client,
            _server: server,
            _shell: Process::start(shell)?,
        })
    }
}

#[test]
fn who_has_just_logged_in_is_spared_and_what_a_list_does_is_told_as_it_is() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let published = Published::default();
    published.say("/moved", "45.10.0.1\n");
    published.say("/out", "45.11.0.1\n");
    let lists = |moved: &str| {
        let moved = source("moved", "").replace("8080/moved", &format!("8080/{moved}"));
        configuration(&[moved, source("out", "direction = \"out\"")])
    };
    let file = File::new(&lists("moved"));
    published::place(&file, &[("45.3.0.0/16", "SE")]);
    let (lab, link) = host()?;
    let _publisher = published.publish(link.b.host())?;
    let daemon = Daemon::on(link.b.host(), "eth0");
    let daemon = daemon.options(&["--no-tc", "--config", file.path()]);
    let daemon = daemon.start()?;
    let lab = Guarded::of(lab, link, daemon)?;
    lab.cli(&["feeds", "update"])?;
    lab.drops("listed", &lab.syn("45.10.0.1"), LISTED)?;
    what_departs_is_not_judged(&lab)?;
    a_text_spares_who_has_just_logged_in(&lab)?;
    a_switch_spares_who_has_just_logged_in(&lab)?;
    file.write(&lists("elsewhere"));
    a_copy_from_another_place_is_none(lab, &published)
}

/// With `--no-tc` a list of what the host begins does nothing, and says so.
fn what_departs_is_not_judged(lab: &Guarded) -> Result<()> {
    let why = lab.daemon.json(&["why", "45.11.0.1"])?;
    assert_eq!(why["lists"][0]["effect"], "nothing", "{why:#}");
    let warning = list(lab, "out")?["warning"].to_string();
    assert!(warning.contains("--no-tc"), "{warning}");
    let status = lab.daemon.json(&["status"])?;
    let warnings = status["warnings"].to_string();
    assert!(warnings.contains("list out does nothing"), "{status:#}");
    lab.cli(&["geo", "block", "SE", "--egress"])?;
    let geo = lab.daemon.json(&["geo", "status"])?;
    let told = geo["warnings"].to_string();
    assert!(told.contains("blocked in vain: SE"), "{geo:#}");
    let why = lab.daemon.json(&["why", "45.3.0.1"])?;
    assert!(why["geo_rule"].is_null(), "{why:#}");
    lab.cli(&["geo", "unblock", "SE"])?;
    Ok(())
}

fn load(lab: &Guarded, name: &str, text: &str) -> Result<()> {
    let path = lab.daemon.run_dir().join("text.txt");
    std::fs::write(&path, text).expect("the folder is our own");
    let path = path.to_str().expect("its name is plain");
    lab.cli(&["feeds", "load", path, "--name", name])?;
    Ok(())
}

fn a_text_spares_who_has_just_logged_in(lab: &Guarded) -> Result<()> {
    let _login = Login::from(&lab.link, "45.9.0.7", 22)?;
    load(lab, "text", "45.9.0.7\n45.9.0.9\n")?;
    lab.passes("who has just logged in", &lab.syn("45.9.0.7"), PASSED)?;
    lab.drops("a stranger", &lab.syn("45.9.0.9"), LISTED)
}

fn a_switch_spares_who_has_just_logged_in(lab: &Guarded) -> Result<()> {
    load(lab, "switched", "45.9.1.7\n45.9.1.9\n")?;
    lab.cli(&["feeds", "disable", "switched"])?;
    let _login = Login::from(&lab.link, "45.9.1.7", 23)?;
    lab.cli(&["feeds", "enable", "switched"])?;
    lab.passes("who has just logged in", &lab.syn("45.9.1.7"), PASSED)?;
    until("it is in force again", || {
        Ok(lab.past(&[lab.syn("45.9.1.9")])?.is_empty())
    })?;
    lab.passes("who has just logged in", &lab.syn("45.9.1.7"), PASSED)
}

/// The list is one of another place since the last start: what that one said does not hold, and
/// somebody is sent there at once.
fn a_copy_from_another_place_is_none(mut lab: Guarded, published: &Published) -> Result<()> {
    lab.daemon.signal(15)?;
    lab.daemon.wait(PATIENCE)?.success()?;
    lab.daemon = lab.daemon.restart()?;
    until("it is asked for", || {
        let moved = list(&lab, "moved")?;
        Ok(moved["failures"].as_u64() > Some(0) && moved["copy"].is_null())
    })?;
    lab.passes("of another list", &lab.syn("45.10.0.1"), PASSED)?;
    published.say("/elsewhere", "45.10.0.2\n");
    lab.cli(&["feeds", "update", "moved"])?;
    lab.drops("of this one", &lab.syn("45.10.0.2"), LISTED)
}

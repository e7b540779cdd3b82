// SPDX-License-Identifier: MIT
//! Whom no scan bans: what the host needs, whoever is allowed, whoever administers it, in whosever
//! name packets come. And nobody, where that is switched off.

use crate::scanned::{Scanned, daemon, reached, v4, v6};
use aegis_testbed::cleanup::{Deferred, defer, unique_name};
use aegis_testbed::daemon::find_binary;
use aegis_testbed::{Host, Link, Need, Process, Result, require, skip, test_name};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::{state, until};
use serde_json::Value;
use std::fs;
use std::net::{IpAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const RESOLVERS: &str = "/etc/resolv.conf";
/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// As often as sessions are looked for, and then some.
const LOOKED_FOR: Duration = Duration::from_secs(30);

/// It cools down, and what it did is remembered; a ban there is not.
#[track_caller]
pub fn is_held_against_but_not_banned(scanned: &Scanned, address: IpAddr) -> Result<()> {
    let told = |why: &Value| !why["evidence"].is_null();
    let why = until("evidence", || scanned.why(address), told)?;
    assert_eq!(why["standing"], "cooling_down", "{why}");
    assert_eq!(why["evidence"]["bans_unproven"], 0, "{why}");
    let charge = &why["evidence"]["charges"][0];
    let facts = [&charge["kind"], &charge["offences"], &charge["ports"]];
    assert_eq!(facts, [&Value::from("port_scan"), &1.into(), &51.into()]);
    assert_eq!(scanned.bans()?, Vec::<[String; 3]>::new());
    Ok(())
}

#[test]
fn where_it_is_switched_off_nobody_is_banned_and_evidence_is_kept() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&["--set", "autoban.enabled=false"])?;
    for address in [v4(1), v6(1)] {
        scanned.scan(address)?;
        is_held_against_but_not_banned(&scanned, address)?;
    }
    Ok(())
}

/// The program, on a host with name servers of its own.
struct Resolving {
    program: PathBuf,
    _cleanup: Deferred,
}

impl Resolving {
    fn by(servers: &[IpAddr]) -> Result<Self> {
        let folder = std::env::temp_dir().join(unique_name("resolving"));
        let doomed = folder.clone();
        let cleanup = defer(move || drop(fs::remove_dir_all(doomed)));
        fs::create_dir(&folder).expect("the name is our own");
        let (file, program) = (folder.join("resolv.conf"), folder.join("aegis-cli"));
        let lines = servers
            .iter()
            .map(|server| format!("nameserver {server}\n"));
        fs::write(&file, lines.collect::<String>()).expect("the folder is our own");
        let script = format!(
            "#!/bin/sh\nexec unshare -m sh -c 'mount --bind \"$0\" {RESOLVERS} && exec \"$@\"' '{}' '{}' \"$@\"\n",
            file.display(),
            find_binary()?.display(),
        );
        fs::write(&program, script).expect("the folder is our own");
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&program, executable).expect("the file is our own");
        Ok(Self {
            program,
            _cleanup: cleanup,
        })
    }
}

/// A login session, as sshd makes one: a connection, and a process that is told of it.
struct Login {
    _client: TcpStream,
    server: TcpStream,
    _listener: TcpListener,
}

impl Login {
    /// Connects from an address that the neighbour is given.
    fn connect(link: &Link, from: IpAddr) -> Result<Self> {
        let (neighbour, host) = (link.a.host(), link.b.host());
        let here: IpAddr = match from {
            IpAddr::V4(_) => link.b.v4().into(),
            IpAddr::V6(_) => link.b.v6().into(),
        };
        let whole = if from.is_ipv4() { "32" } else { "128" };
        neighbour.add_address("eth0", &format!("{from}/{whole}"))?;
        let (to, from) = (format!("{here}/{whole}"), from.to_string());
        neighbour.ip(&["route", "replace", &to, "dev", "eth0", "src", &from])?;
        let listener = host.enter(|| TcpListener::bind((here, 22)))?;
        let listener = listener.expect("the port is free");
        let client = neighbour.connect((here, 22).into(), PATIENCE)?;
        let (server, peer) = listener.accept().expect("somebody connects");
        assert_eq!(peer.ip().to_string(), from);
        Ok(Self {
            _client: client,
            server,
            _listener: listener,
        })
    }

    /// The shell of the session.
    fn shell(&self, host: &Host) -> Result<Process> {
        let ends = [self.server.peer_addr(), self.server.local_addr()];
        let [peer, own] = ends.map(|end| end.expect("it is connected"));
        let mut shell: Command = host.command("sleep", &["300"])?;
        let variable = format!("{} {} {} {}", peer.ip(), peer.port(), own.ip(), own.port());
        shell.env("SSH_CONNECTION", variable);
        Process::start(shell)
    }
}

/// In whose name the scans come, and what `why` says of each.
fn protected(link: &Link) -> [[(IpAddr, &'static str); 4]; 2] {
    let roles = [
        "an address of this host",
        "a gateway of this host",
        "a resolver of this host",
        "the address of an administrator's session",
    ];
    let (own, neighbour) = (&link.b, &link.a);
    let over_v4 = [own.v4().into(), neighbour.v4().into(), v4(53), v4(22)];
    let over_v6 = [own.v6().into(), neighbour.v6().into(), v6(53), v6(22)];
    [over_v4, over_v6].map(|addresses| std::array::from_fn(|role| (addresses[role], roles[role])))
}

/// A host that needs somebody in every way, over both families, and knows it.
struct Needy {
    scanned: Scanned,
    needed: [[(IpAddr, &'static str); 4]; 2],
    _shells: Vec<Process>,
    _logins: [Login; 2],
    _resolving: Resolving,
}

impl Needy {
    fn start() -> Result<Self> {
        let (lab, link) = reached()?;
        let logins = [
            Login::connect(&link, v4(22))?,
            Login::connect(&link, v6(22))?,
        ];
        let shells = logins.each_ref().map(|login| login.shell(link.b.host()));
        let resolving = Resolving::by(&[v4(53), v6(53)])?;
        let daemon = daemon(&link, &[]).binary(&resolving.program).start()?;
        let needed = protected(&link);
        let lab = Guarded::of(lab, link, daemon)?;
        let scanned = Scanned { lab };
        for (address, role) in needed.as_flattened() {
            let known = |why: &Value| why["protected"].to_string().contains(role);
            until(role, || scanned.why(*address), known)?;
        }
        Ok(Self {
            scanned,
            needed,
            _shells: shells.into_iter().collect::<Result<_>>()?,
            _logins: logins,
            _resolving: resolving,
        })
    }
}

/// The gateway scans, and everybody else sends the same: three who are spared, a stranger who is
/// banned, and the host itself, in whose name nothing arrives that would count.
fn is_scanned_in_their_names(
    scanned: &Scanned,
    needed: &[(IpAddr, &str); 4],
    stranger: IpAddr,
) -> Result<()> {
    let [own, gateway, resolver, admin] = needed.map(|(address, _)| address);
    let nmap = scanned.nmap(own).decoys(&[own, resolver, admin, stranger]);
    let from = ["-e", "eth0", "-S", &gateway.to_string()];
    let nmap = from.iter().fold(nmap, |nmap, option| nmap.option(option));
    let spared = || state(&scanned.lab.daemon, "offences_protected");
    let before = spared()?;
    nmap.run()?;
    until("offences", spared, |now| *now == before + 3)?;
    let banned = |why: &Value| why["standing"] == "banned_in_part";
    until("the ban", || scanned.why(stranger), banned)?;
    for (address, role) in needed {
        let why = scanned.why(*address)?;
        assert_eq!(why["standing"], "free", "{role}: {why}");
        assert_eq!(why["bans"], serde_json::json!([]), "{role}: {why}");
    }
    Ok(())
}

#[test]
fn no_scan_in_its_name_bans_what_the_host_needs() -> Result<()> {
    require!(
        Need::Root,
        Need::AegisCli,
        Need::Tool("nmap"),
        Need::Tool("unshare")
    );
    if !Path::new(RESOLVERS).exists() {
        let reason = "this machine has no resolv.conf to put another over";
        skip(test_name!(), reason);
        return Ok(());
    }
    let needy = Needy::start()?;
    for (needed, stranger) in needy.needed.iter().zip([v4(9), v6(9)]) {
        is_scanned_in_their_names(&needy.scanned, needed, stranger)?;
    }
    assert_eq!(needy.scanned.bans()?.len(), 2, "the strangers");
    Ok(())
}

#[test]
fn no_scan_in_its_name_bans_who_is_allowed() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&[])?;
    for (address, entry) in [(v4(7), "198.51.100.7"), (v6(7), "2001:db8:af:7::/64")] {
        scanned.lab.cli(&["allow", "add", entry])?;
        scanned.scan(address)?;
        scanned.convict(v4(8))?;
        let why = scanned.why(address)?;
        assert_eq!(why["standing"], "allowlisted", "{why}");
        assert_eq!(why["bans"], serde_json::json!([]), "{why}");
        assert!(why["evidence"].is_null(), "nobody looked at it: {why}");
        scanned.lab.cli(&["allow", "remove", entry])?;
        // Who is allowed no more is banned like any other.
        scanned.convict(address)?;
        scanned.lab.cli(&["unblock", "198.51.100.8"])?;
    }
    Ok(())
}

/// A connection to the port of sshd protects nobody; the session that it becomes does.
#[test]
fn a_ban_on_whoever_comes_to_administer_the_host_is_lifted() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Tool("nmap"));
    let scanned = Scanned::start(&[])?;
    let link = &scanned.lab.link;
    let login = Login::connect(link, v4(22))?;
    let why = scanned.convict(v4(22))?;
    assert_eq!(why["protected"], serde_json::json!([]), "{why}");
    let _shell = login.shell(link.b.host())?;
    let daemon = &scanned.lab.daemon;
    daemon.wait_for_line("ban lifted: the host needs it", LOOKED_FOR)?;
    let why = scanned.why(v4(22))?;
    assert_eq!(why["bans"], serde_json::json!([]), "{why}");
    Ok(())
}

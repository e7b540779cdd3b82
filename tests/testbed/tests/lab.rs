// SPDX-License-Identifier: MIT
//! Hosts: namespaces that come and go, programs and threads inside them.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, in its helper functions too"
)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use aegis_testbed::{Error, Lab, Need, Result, corpus_dir, require, sweep_stale};

fn exists(namespace: &str) -> bool {
    Path::new("/run/netns").join(namespace).exists()
}

/// Numbers of the processes in a namespace, asked from outside.
fn inhabitants(namespace: &str) -> String {
    let answer = Command::new("ip")
        .args(["netns", "pids", namespace])
        .output()
        .unwrap();
    String::from_utf8(answer.stdout).unwrap()
}

#[test]
fn namespaces_come_and_go_with_the_lab() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    assert!(
        a.namespace()
            .starts_with(&format!("aegis-{}-", std::process::id()))
    );
    assert!(exists(a.namespace()) && exists(b.namespace()));
    let names = [a.namespace().to_owned(), b.namespace().to_owned()];
    drop(lab);
    assert!(
        names.iter().all(|name| !exists(name)),
        "still there: {names:?}"
    );
    Ok(())
}

#[test]
fn namespaces_are_gone_after_a_panic() -> Result<()> {
    require!(Need::Root);
    let (tell, told) = std::sync::mpsc::channel();
    let panicked = std::thread::spawn(move || {
        let lab = Lab::new().unwrap();
        tell.send(lab.host("doomed").unwrap().namespace().to_owned())
            .unwrap();
        panic!("this panic is part of the test");
    });
    let name = told.recv().unwrap();
    assert!(panicked.join().is_err());
    assert!(!exists(&name));
    Ok(())
}

#[test]
fn a_program_runs_inside_with_its_output_and_exit_code() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let host = lab.host("web")?;
    let output = host.run("sh", &["-c", "echo out; echo err >&2; exit 3"])?;
    assert_eq!(
        (output.code(), &*output.stdout, &*output.stderr),
        (Some(3), "out\n", "err\n")
    );
    let error = output.success().unwrap_err().to_string();
    assert!(error.contains("code 3") && error.contains("err"), "{error}");
    let links = host.run("ip", &["-o", "link"])?.success()?.stdout;
    assert!(links.contains("lo:") && !links.contains("eth0"), "{links}");
    Ok(())
}

#[test]
fn a_missing_program_is_named_with_the_next_step() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let error = lab.host("web")?.run("no-such-program", &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no-such-program is not installed; install it: cargo xtask setup"
    );
    Ok(())
}

#[test]
fn a_program_that_hangs_is_ended() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let host = lab.host("web")?;
    let began = Instant::now();
    let error = host
        .run_for(Duration::from_millis(200), "sleep", &["60"])
        .unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(inhabitants(host.namespace()), "");
    Ok(())
}

#[test]
fn a_dropped_process_is_gone_with_what_it_started() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let host = lab.host("web")?;
    let process = host.spawn(
        "sh",
        &["-c", "sleep 60 & echo started; trap '' TERM; wait; wait"],
    )?;
    process.wait_for_line("started", Duration::from_secs(5))?;
    assert!(process.is_running());
    let pid = process.pid();
    drop(process);
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    assert_eq!(inhabitants(host.namespace()), "");
    Ok(())
}

#[test]
fn a_line_that_never_comes_is_reported_as_soon_as_the_program_ends() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let process = lab.host("web")?.spawn("echo", &["something else"])?;
    let began = Instant::now();
    let error = process
        .wait_for_line("ready", Duration::from_secs(30))
        .unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(error.to_string().contains("something else"), "{error}");
    Ok(())
}

#[test]
fn a_thread_sees_the_interfaces_and_settings_of_its_host_only() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let (a, b) = (lab.host("a")?, lab.host("b")?);
    a.set_sysctl("net.ipv4.ip_forward", "1")?;
    assert_eq!(a.sysctl("net.ipv4.ip_forward")?, "1");
    assert_eq!(b.sysctl("net.ipv4.ip_forward")?, "0");
    let devices = a.enter(|| std::fs::read_to_string("/proc/thread-self/net/dev").unwrap())?;
    assert!(
        devices.contains("lo:") && !devices.contains("eth0:"),
        "{devices}"
    );
    Ok(())
}

#[test]
fn a_sweep_spares_the_living() -> Result<()> {
    require!(Need::Root);
    let lab = Lab::new()?;
    let host = lab.host("alive")?;
    assert!(!sweep_stale().contains(&host.namespace().to_owned()));
    assert!(exists(host.namespace()));
    Ok(())
}

#[test]
fn the_corpus_is_found_where_there_is_one() {
    if let Some(corpus) = corpus_dir() {
        assert!(corpus.join("README.md").is_file(), "{}", corpus.display());
    }
}

// SPDX-License-Identifier: MIT
//! The show: every act in order, the report, the exit code.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use crate::client::Experience;
use crate::ledger::Ledger;
use crate::page::Page;
use crate::phase::{ban, calm, floods, forgeries, guard, scans};
use crate::report::{self, Findings};
use crate::scene::Scene;
use aegis_testbed::Need;
use anyhow::{Result, bail};

/// Something was claimed and was not so.
const BROKEN: u8 = 1;
/// There was no show.
const NOT_RUN: u8 = 2;

/// Ctrl-C ends this process from another thread, after the daemon and the tools. That they end is
/// no error then: there is time to be ended before it is told.
const INTERRUPTION: Duration = Duration::from_secs(2);

/// Plays it.
pub fn run() -> ExitCode {
    let page = Page::new();
    let played = || play(&page).inspect_err(|_| thread::sleep(INTERRUPTION));
    match possible().and_then(|()| played()) {
        Ok(findings) => conclude(&page, &findings),
        Err(error) => {
            page.line(&format!("error: {error:#}"));
            ExitCode::from(NOT_RUN)
        }
    }
}

fn possible() -> Result<()> {
    if !Need::Root.is_met() {
        bail!(
            "the demo makes network namespaces and loads programs, so it needs root: \
             `cargo xtask demo` asks for it"
        );
    }
    for tool in ["nmap", "hping3"] {
        aegis_testbed::find_tool(tool)?;
    }
    aegis_testbed::daemon::find_binary()?;
    Ok(())
}

fn play(page: &Page) -> Result<Findings> {
    page.line(report::INTRODUCTION);
    let scene = Scene::build()?;
    page.step(&format!(
        "attacker {}, guarded {}, client {}",
        scene.attacker().v4(),
        scene.guarded().v4(),
        scene.client().v4()
    ));
    page.step("without Aegis: nmap -sS, and the client alone for 2 s");
    let unguarded = scans::unguarded(&scene)?;
    let bare = calm::run(&scene, "without Aegis, no attack")?;
    page.step("aegis-cli -i eth0 daemon; the client alone for 2 s");
    let (daemon, status) = guard::run(&scene)?;
    let calm = calm::run(&scene, "with Aegis, no attack")?;
    let client = scene.start_fetching()?;
    page.step("nmap scans: null, xmas, FIN (100 ports), SYN (1,000 ports)");
    let mut attacks = scans::run(&scene, &daemon)?;
    let why = scans::why(&scene, &daemon)?;
    page.step("hping3 sends SYN+FIN, SYN+RST, LAND, and SYNs from 127.0.0.1");
    attacks.extend(forgeries::run(&scene, &daemon)?);
    page.step("hping3 floods: SYNs of invented sources, its own SYNs, UDP, ACKs");
    attacks.extend(floods::run(&scene, &daemon)?);
    let ban = ban::run(&scene, &daemon, page)?;
    let under_attack = Experience {
        when: "with Aegis, under attack",
        report: client.stop(),
    };
    let ledger = Ledger::read(&daemon)?;
    page.step("the daemon ends; everything is removed");
    daemon.stop()?;
    let experiences = [bare, calm, under_attack];
    Ok(Findings {
        status,
        unguarded,
        attacks,
        why,
        ban,
        experiences,
        ledger,
    })
}

fn conclude(page: &Page, findings: &Findings) -> ExitCode {
    for line in report::lines(findings) {
        page.line(&line);
    }
    let claims = findings.claims();
    for broken in claims.broken() {
        page.line(&format!("DID NOT HOLD: {broken}"));
    }
    let (made, broken) = (claims.made(), claims.broken().len());
    let seconds = page.seconds();
    page.line(&format!(
        "demo: {} of {made} claims held, in {seconds:.0} s",
        made - broken
    ));
    if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(BROKEN)
    }
}

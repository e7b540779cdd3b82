// SPDX-License-Identifier: MIT
//! The local API is gone, and so is the daemon; both come back.

use super::watched::Watched;
use super::{ADDRESS, ADDRESS_V6};
use aegis_testbed::Result;
use aegis_tests::told::until;

/// What was decided holds without the local API, and without the daemon, and by the next one.
pub fn goes_on(mut lab: Watched) -> Result<()> {
    until(
        "the file",
        || {
            Ok(lab
                .guarded
                .daemon
                .state_dir()
                .join("eth0/lists/crowdsec.json"))
        },
        |file| {
            // What was decided last is in it.
            std::fs::read_to_string(file)
                .is_ok_and(|text| text.contains("192.0.2.4") && text.contains("lifted"))
        },
    )?;
    lab.lapi.kill()?;
    let status = until(
        "the outage",
        || lab.status(),
        |status| status["connected"] == false,
    )?;
    assert!(
        status["problem"]
            .as_str()
            .is_some_and(|why| why.contains("127.0.0.1")),
        "{status}"
    );
    holds(&lab)?;
    lab.guarded.daemon.kill()?;
    let syn = lab.guarded.syn("192.0.2.1");
    assert_eq!(
        lab.guarded.past(&[syn])?,
        Vec::<Vec<u8>>::new(),
        "no daemon"
    );
    lab.guarded.daemon = lab.guarded.daemon.restart()?;
    holds(&lab)?;
    let warnings = || Ok(lab.guarded.daemon.json(&["status"])?["warnings"].to_string());
    until("the warning", warnings, |warnings| {
        warnings.contains("hold until they end")
    })?;
    comes_back(lab)
}

fn holds(lab: &Watched) -> Result<()> {
    lab.drops("without the local API", "192.0.2.1", ADDRESS)?;
    lab.drops("over IPv6 as well", "2001:db8::1", ADDRESS_V6)?;
    lab.passes("whom an operator has let go", "198.51.100.9")
}

/// Everything is asked for again, and only what differs changes.
fn comes_back(mut lab: Watched) -> Result<()> {
    let before = rule(&lab)?;
    lab.lapi.run()?;
    lab.lapi
        .cscli(&["decisions", "delete", "--ip", "192.0.2.4"])?;
    lab.lapi.cscli(&["decisions", "add", "--ip", "192.0.2.5"])?;
    lab.banned("192.0.2.5")?;
    lab.free("192.0.2.4")?;
    lab.drops("decided after the outage", "192.0.2.5", ADDRESS)?;
    lab.passes("taken back after the outage", "192.0.2.4")?;
    assert_eq!(rule(&lab)?, before, "what stands is left alone");
    let status = lab.status()?;
    assert_eq!(
        (&status["connected"], &status["lifted"]),
        (&true.into(), &1.into()),
        "{status}"
    );
    lab.lapi
        .cscli(&["decisions", "delete", "--range", "198.51.100.0/24"])?;
    until(
        "nothing to be let go",
        || lab.status(),
        |status| status["lifted"] == 0,
    )
    .map(drop)
}

/// The ban on an address: its number, and its end.
fn rule(lab: &Watched) -> Result<(String, String)> {
    let why = lab.guarded.daemon.json(&["why", "192.0.2.1"])?;
    let ban = &why["bans"][0];
    Ok((ban["rule"].to_string(), ban["expires"].to_string()))
}

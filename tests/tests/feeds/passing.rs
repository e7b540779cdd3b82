// SPDX-License-Identifier: MIT
//! What passes of whom lists name: what nobody can tell the beginner of, what a switch lets through, and
//! what is over.

use super::{LISTED, PASSED, PATIENCE, list, until};
use aegis_testbed::Result;
use aegis_tests::guarded::Guarded;
use std::time::{Duration, Instant};

/// Nobody can tell who began what has no ports: the host may have. A list of both directions asks
/// nobody.
pub(crate) fn protocols_without_ports_begin_nothing(lab: &Guarded) -> Result<()> {
    for (name, protocol) in [("GRE", 47), ("ESP", 50)] {
        let frame = |source| {
            lab.from(source)
                .protocol(protocol)
                .payload(&[0; 32])
                .bytes()
        };
        lab.passes(name, &frame("45.1.0.7"), PASSED)?;
        lab.drops(name, &frame("45.0.9.7"), LISTED)?;
    }
    // Worth nothing without the first one, which is dropped.
    let fragment = |source| {
        let frame = lab.from(source).udp(40_000, 9_000).payload(&[0; 32]);
        frame.fragment(64, false).bytes()
    };
    let later = "xdp_ingress/ipv4/later_fragment";
    lab.passes("a later fragment", &fragment("45.1.0.7"), later)?;
    lab.drops("a later fragment", &fragment("45.0.9.7"), LISTED)
}

/// What a list of indicators says of one of them until a few seconds from now, and of the other for
/// good.
pub(crate) fn entries_end_without_their_copy(lab: &Guarded) -> Result<()> {
    let indicator = |address: &str, until: &str| {
        format!(r#"{{"type":"indicator","pattern":"[ipv4-addr:value = '{address}']"{until}}}"#)
    };
    let end = jiff::Timestamp::now() + Duration::from_secs(6);
    let passing = indicator("45.8.0.1", &format!(r#","valid_until":"{end}""#));
    let text = format!(r#"{{"objects":[{passing},{}]}}"#, indicator("45.8.0.2", ""));
    let path = lab.daemon.run_dir().join("passing.json");
    std::fs::write(&path, text).expect("the folder is our own");
    let path = path.to_str().expect("its name is plain");
    lab.cli(&[
        "feeds", "load", path, "--name", "passing", "--format", "stix",
    ])?;
    until("it is in force", || {
        Ok(list(lab, "passing")?["busy"] == false)
    })?;
    let copy = list(lab, "passing")?["copy"].clone();
    // On a very busy machine it may be over already.
    let is_early = jiff::Timestamp::now() < end;
    assert!(!is_early || copy["entries"] == 2, "{copy:#}");
    lab.drops("it lasts", &lab.syn("45.8.0.2"), LISTED)?;
    let copies = lab.daemon.state_dir().join("eth0/lists");
    for file in ["passing.list", "passing.json"] {
        std::fs::remove_file(copies.join(file)).expect("it was kept");
    }
    let began = Instant::now();
    while lab.past(&[lab.syn("45.8.0.1")])?.is_empty() {
        assert!(began.elapsed() < 3 * PATIENCE, "what is over holds");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(jiff::Timestamp::now() >= end, "not before");
    assert_eq!(list(lab, "passing")?["copy"]["entries"], 1);
    lab.drops("it lasts", &lab.syn("45.8.0.2"), LISTED)
}

pub(crate) fn switches_work_at_once(lab: &Guarded) -> Result<()> {
    lab.cli(&["feeds", "disable", "both"])?;
    lab.passes("switched off", &lab.syn("45.0.8.10"), PASSED)?;
    lab.cli(&["feeds", "enable", "both", "--action", "alert"])?;
    lab.passes("only told of", &lab.syn("45.0.8.11"), PASSED)?;
    let would = list(lab, "both")?;
    assert_eq!(would["would_hit"]["total"]["packets"], 1, "{would:#}");
    lab.cli(&["feeds", "enable", "both", "--action", "block"])?;
    lab.drops("switched on", &lab.syn("45.0.8.10"), LISTED)?;
    assert_eq!(list(lab, "both")?["switched"], false, "it is as configured");
    lab.cli(&["module", "off", "threat_feeds"])?;
    lab.passes("the module is off", &lab.syn("45.0.8.12"), PASSED)?;
    lab.cli(&["module", "on", "threat_feeds"])?;
    lab.drops("it is on", &lab.syn("45.0.8.12"), LISTED)
}

// SPDX-License-Identifier: MIT
//! What is saved on one host and restored on another.

use super::{BANNED, END, SIGTERM, allowed, bans, guarded};
use aegis_testbed::{Need, Result, require};
use aegis_tests::guarded::Guarded;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A file in the folder of the daemon under test, which goes with it.
struct File(PathBuf);

impl File {
    fn of(lab: &Guarded) -> Self {
        Self(lab.daemon.run_dir().join("bans"))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("the name is plain")
    }

    fn write(&self, text: &str) {
        fs::write(&self.0, text).expect("the folder is our own");
    }
}

#[test]
fn what_is_saved_is_restored_by_another_daemon_all_of_it_or_nothing() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let mut lab = guarded()?;
    let (before, allowlist) = (bans(&lab)?, allowed(&lab)?);
    let file = File::of(&lab);
    let said = lab.cli(&["save", "-f", file.path()])?;
    assert!(said.contains("saved 3 bans and 1 entry"), "{said}");
    let text = fs::read_to_string(&file.0).expect("it was written");
    assert_eq!(lab.cli(&["save"])?, text);
    lab.daemon.signal(SIGTERM)?;
    lab.daemon.wait(END)?.success()?;
    fs::remove_dir_all(lab.daemon.state_dir()).expect("the daemon made it");
    lab.daemon = lab.daemon.restart()?;
    assert_eq!(bans(&lab)?, Value::Array(Vec::new()));
    all_or_nothing(&lab, &file, &text)?;
    file.write(&text);
    let answer = lab.daemon.json(&["restore", "-f", file.path()])?;
    assert_eq!(
        (&answer["added"], &answer["allowed"]),
        (&3.into(), &1.into()),
        "{answer}"
    );
    assert_eq!((bans(&lab)?, allowed(&lab)?), (before, allowlist));
    assert_eq!(lab.cli(&["save"])?, text);
    lab.drops("restored", &lab.syn("192.0.2.7"), BANNED)?;
    let again = lab.daemon.json(&["restore", "-f", file.path()])?;
    assert_eq!(
        (&again["added"], &again["renewed"]),
        (&0.into(), &3.into()),
        "{again}"
    );
    Ok(())
}

/// One wrong line, a target that the host needs, and a file that is not there: nothing changes.
fn all_or_nothing(lab: &Guarded, file: &File, text: &str) -> Result<()> {
    file.write(&format!("{text}bann 192.0.2.1\nban 192.0.2.1/24 untli x\n"));
    let wrong = lab.daemon.cli(&["restore", "-f", file.path()])?;
    assert_eq!(wrong.code(), Some(2), "{}", wrong.stderr);
    let line = text.lines().count() + 1;
    for place in [
        format!("{}:{line}:1: ", file.path()),
        format!("{}:{}:5: ", file.path(), line + 1),
    ] {
        assert!(wrong.stderr.contains(&place), "{place}: {}", wrong.stderr);
    }
    let own = lab.link.b.v4();
    file.write(&format!("{text}ban {own}\n"));
    let refused = lab.daemon.cli(&["restore", "-f", file.path()])?;
    assert_eq!(refused.code(), Some(4), "{}", refused.stderr);
    assert!(
        refused.stderr.contains(&own.to_string()),
        "{}",
        refused.stderr
    );
    let over = "ban 192.0.2.1 until 2020-01-01T00:00:00Z\n";
    file.write(over);
    let answer = lab.daemon.json(&["restore", "-f", file.path()])?;
    assert_eq!(
        (&answer["added"], &answer["over"]),
        (&0.into(), &1.into()),
        "{answer}"
    );
    let gone = Path::new(file.path()).with_extension("gone");
    let gone = gone.to_str().expect("the name is plain");
    assert_eq!(lab.daemon.cli(&["restore", "-f", gone])?.code(), Some(1));
    assert_eq!(bans(lab)?, Value::Array(Vec::new()));
    assert_eq!(allowed(lab)?, Value::Array(Vec::new()));
    Ok(())
}

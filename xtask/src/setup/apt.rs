// SPDX-License-Identifier: MIT
//! Installs Debian packages, and only those that are missing.

use std::{process::Command, thread, time::Duration};

use anyhow::{Result, bail};

use crate::{privileged::is_root, step};

/// A mirror that does not answer usually does so a moment later.
const TRIES: u32 = 3;

/// Installs those of `packages` that are not there; says nothing where all are.
///
/// `what` is what they are for, in the words of the user.
pub fn install(what: &str, packages: &[String]) -> Result<()> {
    let missing = missing(packages, &installed(packages));
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !is_root() {
        bail!(
            "{what} are missing and only root may install them; run\n    sudo apt-get update && \
             sudo apt-get install -y --no-install-recommends {list}\nand then this command again"
        );
    }
    let text = format!("{what}: install with apt: {list}");
    step::timed(&text, "up to 3 minutes, once", || fetch(&missing))
}

fn fetch(packages: &[&str]) -> Result<()> {
    for attempt in 1..=TRIES {
        // A list that cannot be refreshed is no reason to stop: a foreign archive may be down
        // while Debian's own answers.
        if let Err(error) = step::run(apt_get().arg("update")) {
            step::note(&format!("{error:#}; trying with the lists that are there"));
        }
        let mut command = apt_get();
        command
            .args(["install", "-y", "--no-install-recommends"])
            .args(packages);
        match step::run(&mut command) {
            Ok(()) => return Ok(()),
            Err(error) => step::note(&format!("attempt {attempt} of {TRIES}: {error:#}")),
        }
        if attempt < TRIES {
            thread::sleep(Duration::from_secs(5 * u64::from(attempt)));
        }
    }
    bail!(
        "apt could not install {}; see its message above, mend the network or the package lists, \
         and run this command again",
        packages.join(" ")
    )
}

/// Fetches a package into the folder in which this is run, and does not install it.
pub fn download(package: &str) -> Command {
    let mut command = apt_get();
    // As root it would be fetched by a user who may not write here.
    command.args(["-o", "APT::Sandbox::User=root", "download", package]);
    command
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    // Waits where another program, such as an automatic upgrade, holds the package database.
    command.args([
        "-q",
        "-o",
        "DPkg::Lock::Timeout=120",
        "-o",
        "Dpkg::Use-Pty=0",
    ]);
    command
}

/// What dpkg says of `packages`, one `name status` a line. A package it never heard of makes it
/// fail and is not in the answer, so its exit status says nothing.
fn installed(packages: &[String]) -> String {
    let mut query = Command::new("dpkg-query");
    query
        .args(["-W", "-f=${Package} ${db:Status-Status}\n"])
        .args(packages);
    let output = query.output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}

fn missing<'a>(packages: &'a [String], installed: &str) -> Vec<&'a str> {
    let is_there = |package: &str| {
        installed
            .lines()
            .any(|line| line.split_once(' ') == Some((package, "installed")))
    };
    packages
        .iter()
        .map(String::as_str)
        .filter(|package| !is_there(package))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fully_installed_packages_count() {
        let packages = ["nmap", "hping3", "curl", "t50"].map(str::to_owned);
        let answer = "nmap installed\nhping3 config-files\ncurl half-configured\n";
        assert_eq!(missing(&packages, answer), ["hping3", "curl", "t50"]);
    }

    #[test]
    fn a_package_installed_for_two_architectures_counts() {
        let answer = "libc6 installed\nlibc6 installed\n";
        assert_eq!(missing(&["libc6".to_owned()], answer), Vec::<&str>::new());
    }
}

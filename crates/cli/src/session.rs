// SPDX-License-Identifier: MIT
//! From where the person at this terminal is logged in, so that they do not lock themselves out.

use std::fs;
use std::net::IpAddr;

/// What sshd sets (sshd(8), "ENVIRONMENT"); the peer's address comes first in both.
const VARIABLES: [&str; 2] = ["SSH_CONNECTION", "SSH_CLIENT"];
/// How many generations of processes are looked at; a shell in sudo in a shell takes four.
const MAX_ANCESTORS: usize = 16;

/// The address that the session comes from; `None` on a console.
///
/// sudo clears the environment, so the one of its parent, the login shell, is looked at too.
pub fn peer() -> Option<IpAddr> {
    let own = VARIABLES.iter().find_map(|name| std::env::var(name).ok());
    own.as_deref().and_then(first_address).or_else(|| {
        let first = parent("self");
        std::iter::successors(first, |process| parent(process))
            .take(MAX_ANCESTORS)
            .find_map(|process| of_process(&fs::read(format!("/proc/{process}/environ")).ok()?))
    })
}

/// The parent's number; `None` for the first process.
fn parent(process: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    Some(line.trim().to_owned()).filter(|number| number != "0")
}

/// The address in an environment as `/proc` shows it: variables that end in a zero byte.
fn of_process(environment: &[u8]) -> Option<IpAddr> {
    let variables = environment.split(|&byte| byte == 0);
    let mut texts = variables.filter_map(|variable| std::str::from_utf8(variable).ok());
    texts.find_map(|text| {
        let (name, value) = text.split_once('=')?;
        VARIABLES
            .contains(&name)
            .then(|| first_address(value))
            .flatten()
    })
}

/// The first word, without the zone of a link-local address.
fn first_address(text: &str) -> Option<IpAddr> {
    text.split_whitespace()
        .next()?
        .split('%')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_the_first_word_of_what_sshd_says() {
        let address = |text| first_address(text).map(|address| address.to_string());
        assert_eq!(
            address("198.51.100.7 50312 192.0.2.1 22").as_deref(),
            Some("198.51.100.7")
        );
        assert_eq!(address("fe80::1%eth0 50312 22").as_deref(), Some("fe80::1"));
        assert_eq!(address(""), None);
        assert_eq!(address("nonsense"), None);
    }

    #[test]
    fn the_login_shells_environment_is_read_as_proc_shows_it() {
        let environment = b"TERM=xterm\0MY_SSH_CLIENT=x\0SSH_CLIENT=198.51.100.7 5 22\0";
        let found = of_process(environment).map(|address| address.to_string());
        assert_eq!(found.as_deref(), Some("198.51.100.7"));
        assert_eq!(of_process(b"TERM=xterm\0"), None);
        assert_eq!(of_process(b""), None);
    }

    #[test]
    fn this_process_has_a_parent_and_the_first_one_has_none() {
        assert!(parent("self").is_some());
        assert_eq!(parent("1"), None);
    }
}

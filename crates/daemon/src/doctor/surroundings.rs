// SPDX-License-Identifier: MIT
//! What else on the host has to do with packets.

use super::{Finding, Level};
use aegis_engine::facts::Host;

const HOST: &str = "host";

pub(super) fn findings(host: &Host) -> Vec<Finding> {
    let mut findings = vec![cookies(host.syn_cookies), conntrack(host.conntrack)];
    findings.extend(host.reverse_path.map(reverse_path));
    if !host.firewalls.is_empty() {
        let what = format!("other firewalls: {}", host.firewalls.join(", "));
        let why = "harmless: they judge what Aegis lets by, and their rules are left alone";
        findings.push(Finding::new(Level::Note, HOST, what, why));
    }
    findings
}

fn cookies(setting: Option<u32>) -> Finding {
    let why = "under a SYN flood, SYNs beyond the gauge go to the kernel's own queue";
    match setting {
        None => {
            let what = "the kernel has no SYN cookies (CONFIG_SYN_COOKIES)";
            Finding::new(Level::Warning, HOST, what, why)
        }
        Some(0) => Finding::new(Level::Warning, HOST, "SYN cookies are off", why)
            .mended_by("sysctl -w net.ipv4.tcp_syncookies=1"),
        Some(_) => Finding::ok(HOST, "SYN cookies", "a SYN flood can be answered"),
    }
}

fn conntrack(there: bool) -> Finding {
    match there {
        true => {
            let why =
                "forwarded connections are known at the start; Aegis does not need it besides";
            Finding::ok(HOST, "the kernel follows connections (nf_conntrack)", why)
        }
        false => {
            let why = "connections that this host forwards are picked up during --grace instead of \
                       being known at the start; for others it makes no difference";
            Finding::new(Level::Note, HOST, "no nf_conntrack", why)
                .mended_by("modprobe nf_conntrack")
        }
    }
}

fn reverse_path(filter: u32) -> Finding {
    match filter {
        0 => {
            let why = "the stack takes packets whose answers would leave by another interface, so \
                       that forged sources are easier; some networks need that";
            let what = "net.ipv4.conf.all.rp_filter is 0";
            Finding::new(Level::Note, HOST, what, why)
                .mended_by("sysctl -w net.ipv4.conf.all.rp_filter=2")
        }
        _ => Finding::ok(
            HOST,
            "reverse path filter",
            "sources without a way back are dropped",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::verdict;
    use super::*;

    #[test]
    fn switches_of_the_host_have_their_commands_and_other_firewalls_are_harmless() {
        let host = Host {
            syn_cookies: Some(0),
            reverse_path: Some(0),
            firewalls: vec!["nf_tables".to_owned()],
            ..Host::default()
        };
        let found = findings(&host);
        let cookies = (Level::Warning, Some("sysctl -w net.ipv4.tcp_syncookies=1"));
        assert_eq!(verdict(&found, "SYN cookies are off"), cookies);
        let path = (Level::Note, Some("sysctl -w net.ipv4.conf.all.rp_filter=2"));
        assert_eq!(verdict(&found, "rp_filter"), path);
        assert_eq!(
            verdict(&found, "other firewalls: nf_tables"),
            (Level::Note, None)
        );
        assert_eq!(verdict(&found, "no nf_conntrack").0, Level::Note);
        let without = findings(&Host::default());
        assert_eq!(
            verdict(&without, "CONFIG_SYN_COOKIES"),
            (Level::Warning, None)
        );
    }
}

// SPDX-License-Identifier: MIT
//! Who asks, and what they may do.

use super::{Finding, Level};
use aegis_engine::facts::Host;

const CALLER: &str = "caller";

/// Numbers of `include/uapi/linux/capability.h`, and what each is for.
const NEEDED: [(u8, &str, &str); 3] = [
    (12, "cap_net_admin", "attaching programs"),
    (38, "cap_perfmon", "loading programs that follow pointers"),
    (39, "cap_bpf", "loading programs and tables"),
];
/// Which of old stands for those that are newer (Linux before 5.8).
const SYS_ADMIN: u8 = 21;

pub(super) fn findings(host: &Host) -> Vec<Finding> {
    let mut findings = vec![capabilities(host.capabilities)];
    if !host.own_users {
        let why = "programs are loaded by whoever is root on the host, not in a user namespace";
        let what = "this is a user namespace";
        findings.push(Finding::new(Level::Problem, CALLER, what, why));
    }
    if let Some(container) = &host.container {
        let what = format!("this is a container ({container})");
        let why = "seen are its own interfaces and sockets; the host's interfaces, drivers, firewalls \
                   and programs are not, and sysctls may be the host's alone to change";
        findings.push(Finding::new(Level::Note, CALLER, what, why));
    }
    findings
}

fn capabilities(effective: u64) -> Finding {
    let has = |bit: u8| effective & (1 << bit) != 0;
    // Of old, one capability stood for those that are newer.
    let may = |bit: u8| has(bit) || bit > 37 && has(SYS_ADMIN);
    let lacks = |&&(bit, ..): &&(u8, &str, &str)| !may(bit);
    let lacking: Vec<_> = NEEDED.iter().filter(lacks).collect();
    if lacking.is_empty() {
        let why = "programs can be loaded and attached";
        return Finding::ok(CALLER, "all capabilities that are needed", why);
    }
    let list = |of: fn(&(u8, &'static str, &'static str)) -> &'static str| {
        let words: Vec<&str> = lacking.iter().map(|needed| of(needed)).collect();
        words
    };
    let names = list(|(_, name, _)| name);
    let what = format!("without {}", names.join(", ").to_uppercase());
    let why = format!("they are for {}", list(|(.., what)| what).join(", "));
    let all: Vec<&str> = NEEDED.iter().map(|(_, name, _)| *name).collect();
    let remedy = format!("setcap {}+ep \"$(command -v aegis-cli)\"", all.join(","));
    Finding::new(Level::Problem, CALLER, what, why).mended_by(remedy)
}

#[cfg(test)]
mod tests {
    use super::super::checks::{find, verdict};
    use super::*;

    fn host(capabilities: u64) -> Host {
        Host {
            capabilities,
            own_users: true,
            ..Host::default()
        }
    }

    #[test]
    fn what_is_missing_is_named_with_the_command_that_gives_it() {
        let bits = 1 << 12 | 1 << 38 | 1 << 39;
        assert_eq!(
            verdict(&findings(&host(bits)), "all capabilities").0,
            Level::Ok
        );
        assert_eq!(
            verdict(&findings(&host(1 << 12 | 1 << 21)), "all").0,
            Level::Ok
        );
        let some = findings(&host(1 << 39));
        let remedy = "setcap cap_net_admin,cap_perfmon,cap_bpf+ep \"$(command -v aegis-cli)\"";
        let expected = (Level::Problem, Some(remedy));
        assert_eq!(
            verdict(&some, "without CAP_NET_ADMIN, CAP_PERFMON"),
            expected
        );
    }

    #[test]
    fn a_container_says_what_cannot_be_seen_and_a_user_namespace_is_a_problem() {
        let inside = Host {
            container: Some("docker".to_owned()),
            own_users: false,
            ..host(u64::MAX)
        };
        let findings = findings(&inside);
        assert_eq!(verdict(&findings, "container (docker)").0, Level::Note);
        assert!(find(&findings, "container").why.contains("are not"));
        assert_eq!(verdict(&findings, "user namespace").0, Level::Problem);
    }
}

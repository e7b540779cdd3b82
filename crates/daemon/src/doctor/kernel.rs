// SPDX-License-Identifier: MIT
//! The kernel: what it can do, and how it is set up.

use super::{Finding, Level};
use aegis_engine::facts::Host;
use aegis_engine::probe::{Feature, Support};
use std::path::Path;

const KERNEL: &str = "kernel";

pub(super) fn findings(host: &Host, pins: &Path) -> Vec<Finding> {
    let mut findings = vec![Finding::ok(
        KERNEL,
        format!("Linux {}", host.release),
        "5.10 or later is needed",
    )];
    findings.extend(host.features.iter().map(feature));
    findings.push(types(host.btf));
    findings.push(compiler(host.jit));
    findings.extend(host.unprivileged_disabled.map(unprivileged));
    findings.push(pins_go(host.bpf_file_system, pins));
    findings.push(memory(host.locked_memory, &host.release));
    findings.extend(host.clock_source.as_deref().map(clock));
    findings
}

fn feature(feature: &Feature) -> Finding {
    let (name, lost) = (feature.name, feature.without);
    match (feature.support, feature.required) {
        (Support::Yes, _) => Finding::ok(KERNEL, name, "the kernel has it"),
        (Support::No, true) => {
            let why = "Aegis cannot do without it; boot Linux 5.10 or later";
            Finding::new(Level::Problem, KERNEL, format!("no {name}"), why).mended_by("uname -r")
        }
        (Support::No, false) => Finding::new(Level::Note, KERNEL, format!("no {name}"), lost),
        (Support::Unknown, _) => {
            let why = "the kernel does not say to whom lacks rights";
            let what = format!("{name}: unknown");
            Finding::new(Level::Note, KERNEL, what, why).mended_by("sudo aegis-cli doctor")
        }
    }
}

fn types(btf: bool) -> Finding {
    match btf {
        true => Finding::ok(KERNEL, "BTF", "programs of Aegis do not need it"),
        false => {
            let why = "programs of Aegis do not need it; bpftool shows their tables less well";
            Finding::new(Level::Note, KERNEL, "no BTF (CONFIG_DEBUG_INFO_BTF)", why)
        }
    }
}

fn compiler(jit: Option<u32>) -> Finding {
    const REMEDY: &str = "sysctl -w net.core.bpf_jit_enable=1";
    let (level, what, why) = match jit {
        None => (
            Level::Note,
            "whether the JIT compiler is on cannot be seen from here",
            "its switch is shown in the first network namespace only",
        ),
        Some(0) => (
            Level::Warning,
            "the JIT compiler is off",
            "every instruction is interpreted: packets cost several times as much",
        ),
        Some(1) => (
            Level::Ok,
            "the JIT compiler is on",
            "programs run as machine code",
        ),
        Some(_) => (
            Level::Note,
            "the JIT compiler is traced",
            "the kernel logs every program that is loaded",
        ),
    };
    let finding = Finding::new(level, KERNEL, what, why);
    match jit {
        None | Some(1) => finding,
        Some(_) => finding.mended_by(REMEDY),
    }
}

fn unprivileged(disabled: u32) -> Finding {
    match disabled {
        0 => {
            let why =
                "whoever is logged in may load programs, which has let out kernel memory before";
            let what = "everybody may load some eBPF programs";
            Finding::new(Level::Warning, KERNEL, what, why)
                .mended_by("sysctl -w kernel.unprivileged_bpf_disabled=1")
        }
        _ => Finding::ok(
            KERNEL,
            "eBPF is for those who may",
            "nobody else can load programs",
        ),
    }
}

fn pins_go(mounted: bool, pins: &Path) -> Finding {
    match mounted {
        true => Finding::ok(
            KERNEL,
            "a bpf file system is mounted",
            "tables are pinned there",
        ),
        false if pins.starts_with("/sys/fs/bpf") => {
            let why = "tables are pinned there; the daemon mounts it if it may";
            Finding::new(
                Level::Warning,
                KERNEL,
                "no bpf file system on /sys/fs/bpf",
                why,
            )
            .mended_by("mount -t bpf bpf /sys/fs/bpf")
        }
        false => {
            let what = format!("{} is on no bpf file system", pins.display());
            let why = "tables cannot be pinned there, so that no daemon starts";
            let mount = format!("mount -t bpf bpf {}", pins.display());
            Finding::new(Level::Problem, KERNEL, what, why).mended_by(mount)
        }
    }
}

/// Tables take about 66 MiB; see the README.
fn memory(limit: Option<u64>, release: &str) -> Finding {
    const TABLES: u64 = 96 << 20;
    match limit {
        Some(limit) if limit < TABLES && counts_locked(release) => {
            let what = format!("locked memory is bounded at {} KiB", limit >> 10);
            let why = "before Linux 5.11 tables count against it; the daemon raises it if it may";
            Finding::new(Level::Note, KERNEL, what, why).mended_by("ulimit -l unlimited")
        }
        _ => Finding::ok(KERNEL, "locked memory suffices", "tables fit in it"),
    }
}

/// Whether tables count as locked memory rather than for the control group: before Linux 5.11. Of a
/// release that cannot be read, they do.
fn counts_locked(release: &str) -> bool {
    let parts = release.split(['.', '-']);
    let mut numbers = parts.map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => (major, minor) < (5, 11),
        _ => true,
    }
}

fn clock(source: &str) -> Finding {
    const SLOW: [&str; 3] = ["hpet", "acpi_pm", "jiffies"];
    let what = format!("clock source {source}");
    match SLOW.contains(&source) {
        true => {
            let why = "reading the time takes microseconds, for everything on this host";
            let remedy = "cat /sys/devices/system/clocksource/clocksource0/available_clocksource";
            Finding::new(Level::Note, KERNEL, what, why).mended_by(remedy)
        }
        false => Finding::ok(KERNEL, what, "programs tell the time by jiffies, set by it"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{find, verdict};
    use super::*;

    fn usual() -> Host {
        Host {
            release: "6.1.0".to_owned(),
            btf: true,
            jit: Some(1),
            unprivileged_disabled: Some(2),
            bpf_file_system: true,
            clock_source: Some("tsc".to_owned()),
            ..Host::default()
        }
    }

    fn of(host: &Host) -> Vec<Finding> {
        findings(host, Path::new("/sys/fs/bpf/aegis"))
    }

    #[test]
    fn a_usual_kernel_is_as_it_should_be() {
        let findings = of(&usual());
        assert!(
            findings.iter().all(|finding| finding.level == Level::Ok),
            "{findings:#?}"
        );
    }

    #[test]
    fn each_setting_that_is_off_has_its_command() {
        let host = Host {
            jit: Some(0),
            unprivileged_disabled: Some(0),
            bpf_file_system: false,
            locked_memory: Some(8 << 20),
            release: "5.10.0-26-amd64".to_owned(),
            clock_source: Some("hpet".to_owned()),
            btf: false,
            ..usual()
        };
        let findings = of(&host);
        let jit = verdict(&findings, "JIT");
        assert_eq!(
            jit,
            (Level::Warning, Some("sysctl -w net.core.bpf_jit_enable=1"))
        );
        let unprivileged = verdict(&findings, "everybody");
        let remedy = "sysctl -w kernel.unprivileged_bpf_disabled=1";
        assert_eq!(unprivileged, (Level::Warning, Some(remedy)));
        let mount = verdict(&findings, "no bpf file system");
        assert_eq!(
            mount,
            (Level::Warning, Some("mount -t bpf bpf /sys/fs/bpf"))
        );
        assert_eq!(verdict(&findings, "8192 KiB").0, Level::Note);
        assert_eq!(verdict(&findings, "clock source hpet").0, Level::Note);
        assert_eq!(verdict(&findings, "no BTF").0, Level::Note);
    }

    #[test]
    fn tables_count_as_locked_memory_on_old_kernels_only() {
        assert!(counts_locked("5.10.0-26-amd64") && counts_locked("unreadable"));
        assert!(!counts_locked("5.11.0") && !counts_locked("6.1-rc3"));
    }

    #[test]
    fn pins_elsewhere_need_a_file_system_there() {
        let host = Host {
            bpf_file_system: false,
            ..usual()
        };
        let findings = findings(&host, Path::new("/run/pins"));
        let expected = (Level::Problem, Some("mount -t bpf bpf /run/pins"));
        assert_eq!(verdict(&findings, "/run/pins"), expected);
    }

    #[test]
    fn a_feature_that_is_lacking_says_what_is_lost() {
        let lacking = |required| Feature {
            name: "TCX (6.6)",
            without: "a clsact filter",
            required,
            support: Support::No,
        };
        let host = Host {
            features: vec![lacking(false)],
            ..usual()
        };
        let found = of(&host);
        let finding = find(&found, "no TCX (6.6)");
        assert_eq!(
            (finding.level, finding.why.as_str()),
            (Level::Note, "a clsact filter")
        );
        let host = Host {
            features: vec![lacking(true)],
            ..usual()
        };
        assert_eq!(verdict(&of(&host), "no TCX").0, Level::Problem);
    }
}

// SPDX-License-Identifier: MIT
//! What kind of machine this is, and which programs the tests talk to.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use aegis_ebpf_build::Kind;

/// The distribution, as far as set-up cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// As the distribution calls itself.
    pub name: String,
    /// Debian 12 or later: its archive has a Rust compiler with library source, and its LLVM.
    pub packages_rust: bool,
    /// Packages can be installed by apt.
    pub has_apt: bool,
}

/// The first Debian whose archive has what the kernel programs need.
const FIRST_DEBIAN: u32 = 12;

impl Machine {
    /// Reads `/etc/os-release` and looks for apt.
    pub fn detect() -> Self {
        let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let has_apt = Path::new("/usr/bin/apt-get").is_file();
        Self::from_os_release(&text, has_apt)
    }

    fn from_os_release(text: &str, has_apt: bool) -> Self {
        let field = |name| field(text, name);
        let version = field("VERSION_ID").and_then(|version| version.parse::<u32>().ok());
        // Debian's testing and unstable have no number.
        let recent = version.is_none_or(|version| version >= FIRST_DEBIAN);
        Self {
            name: field("PRETTY_NAME")
                .unwrap_or("an unknown system")
                .to_owned(),
            packages_rust: has_apt && field("ID") == Some("debian") && recent,
            has_apt,
        }
    }
}

/// The value of `name=value` or `name="value"`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim().trim_matches(['"', '\'']))
}

/// A program that is tested with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// What the user would type.
    pub name: &'static str,
    /// The Debian package that has it.
    pub package: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// The file that shows it is there: a program on `PATH`, or an absolute path.
    file: &'static str,
}

const fn program(name: &'static str, package: &'static str, purpose: &'static str) -> Peer {
    Peer {
        name,
        package,
        purpose,
        file: name,
    }
}

/// Lints for the compiler that [`Kind::Distribution`] names; rustup's are beside rustup's.
const DISTRIBUTION_CLIPPY: Peer = Peer {
    name: "clippy-driver",
    package: "rust-web-clippy",
    purpose: "lints of the kernel programs",
    file: "/usr/bin/clippy-driver",
};

/// Every program that a test, the demonstration, the benchmark or a check runs.
pub fn peers(compiler: Kind) -> Vec<Peer> {
    let mut peers = PEERS.to_vec();
    if compiler == Kind::Distribution {
        peers.push(DISTRIBUTION_CLIPPY);
    }
    peers
}

const PEERS: [Peer; 28] = [
    program("c++", "g++", "the fuzzing engine"),
    program("cargo-clippy", "rust-web-clippy", "lints"),
    program("cargo-fmt", "rustfmt-web", "format check"),
    program("codespell", "codespell", "spelling check"),
    program("curl", "curl", "well-behaved client"),
    program("ethtool", "ethtool", "offload settings"),
    program("fish", "fish", "completions"),
    program("git", "git", "the list of sources"),
    program("groff", "groff-base", "pages of the manual"),
    program("hping3", "hping3", "floods and handmade packets"),
    program("ip", "iproute2", "namespaces and links"),
    program("iperf3", "iperf3", "throughput"),
    program("nft", "nftables", "the benchmark's opponent"),
    program(
        "bpftool",
        "bpftool",
        "kernel objects behind the daemon's back",
    ),
    program("nmap", "nmap", "port scans"),
    program("nsenter", "util-linux", "running a program in a namespace"),
    Peer {
        name: "scapy",
        package: "python3-scapy",
        purpose: "packets no program sends",
        file: "/usr/lib/python3/dist-packages/scapy/__init__.py",
    },
    program("shellcheck", "shellcheck", "lints of service scripts"),
    program("start-stop-daemon", "dpkg", "the script of System V"),
    program("sysctl", "procps", "settings of a namespace"),
    program("systemd-analyze", "systemd", "lints of units"),
    program("systemd-nspawn", "systemd-container", "a host that boots"),
    program("tcpdump", "tcpdump", "captures"),
    program("tmux", "tmux", "a terminal that tests can look at"),
    Peer {
        name: "tor's geoip",
        package: "tor-geoipdb",
        purpose: "every country, as large as that is",
        file: "/usr/share/tor/geoip",
    },
    program("trafgen", "netsniff-ng", "floods over IPv6"),
    program("wg", "wireguard-tools", "raw-IP interface"),
    program("zsh", "zsh", "completions"),
];

impl Peer {
    /// Whether it can be run.
    pub fn is_there(&self) -> bool {
        let path = env::var_os("PATH").unwrap_or_default();
        // Not every user has these on PATH, and sudo would.
        let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
        env::split_paths(&path)
            .chain(system)
            .any(|folder| folder.join(self.file).is_file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOKWORM: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\n\
                            ID=debian\n";

    #[test]
    fn debian_12_packages_rust() {
        let machine = Machine::from_os_release(BOOKWORM, true);
        assert_eq!(machine.name, "Debian GNU/Linux 12 (bookworm)");
        assert!(machine.packages_rust && machine.has_apt);
    }

    #[test]
    fn debian_11_is_too_old_and_sid_is_not() {
        let old = BOOKWORM.replace("12", "11");
        assert!(!Machine::from_os_release(&old, true).packages_rust);
        assert!(Machine::from_os_release("ID=debian\n", true).packages_rust);
    }

    #[test]
    fn ubuntu_has_apt_but_no_such_rust() {
        let text = "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n";
        let machine = Machine::from_os_release(text, true);
        assert!(!machine.packages_rust && machine.has_apt);
    }

    #[test]
    fn an_empty_os_release_is_an_unknown_system() {
        let machine = Machine::from_os_release("", false);
        assert_eq!(machine.name, "an unknown system");
        assert!(!machine.packages_rust);
    }

    #[test]
    fn a_field_is_not_taken_for_another_that_begins_alike() {
        assert_eq!(field("ID_LIKE=debian\nID=mint\n", "ID"), Some("mint"));
    }

    #[test]
    fn rustups_compiler_needs_no_packaged_lints() {
        assert!(peers(Kind::Distribution).contains(&DISTRIBUTION_CLIPPY));
        assert!(!peers(Kind::RustupNightly).contains(&DISTRIBUTION_CLIPPY));
    }

    #[test]
    fn a_program_is_found_by_name_or_by_path() {
        assert!(program("sh", "dash", "").is_there());
        assert!(
            Peer {
                file: "/bin/sh",
                ..program("x", "x", "")
            }
            .is_there()
        );
        assert!(!program("no-such-program", "x", "").is_there());
    }
}

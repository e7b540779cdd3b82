// SPDX-License-Identifier: MIT
//! Tests that cannot run here say so, by name and with the reason: never silently green.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use crate::lab::Lab;
use crate::link::wireguard;
use crate::process::find_tool;
use crate::sys;

/// Environment variable with the file that skipped tests are listed in.
pub const SKIP_LOG: &str = "AEGIS_SKIP_LOG";

/// Something a test cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Effective user 0.
    Root,
    /// A program, by name.
    Tool(&'static str),
    /// A kind of link the kernel can make, as for [`Lab::supports`].
    LinkKind(&'static str),
    /// WireGuard, the kernel's or `wireguard-go`.
    WireGuard,
    /// A kernel of at least this version.
    Kernel(u32, u32),
    /// A kernel that keeps a list of connections where a rule asks for it, and `nft` to ask.
    Conntrack,
    /// The built `aegis-cli`.
    AegisCli,
    /// CrowdSec, unpacked or installed.
    CrowdSec,
}

impl Need {
    /// True when this machine has it.
    #[must_use]
    pub fn is_met(self) -> bool {
        match self {
            Self::Root => sys::is_root(),
            Self::Tool(name) => find_tool(name).is_ok(),
            Self::LinkKind(kind) => sys::is_root() && Lab::supports(kind),
            Self::WireGuard => sys::is_root() && wireguard::is_possible(),
            Self::Kernel(major, minor) => kernel_version().is_some_and(|v| v >= (major, minor)),
            Self::Conntrack => sys::is_root() && Lab::tracks_connections(),
            Self::AegisCli => crate::daemon::find_binary().is_ok(),
            Self::CrowdSec => crate::peers::crowdsec::is_there(),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => write!(f, "root is needed; run with sudo"),
            Self::Tool(name) => write!(f, "{name} is not installed; cargo xtask setup"),
            Self::LinkKind(kind) => write!(f, "this kernel has no {kind} links"),
            Self::WireGuard => {
                write!(
                    f,
                    "neither the kernel's WireGuard nor wireguard-go; cargo xtask setup"
                )
            }
            Self::Kernel(major, minor) => write!(f, "kernel {major}.{minor} or later is needed"),
            Self::Conntrack => write!(
                f,
                "no rule about connections (nft, ct state) can be made here"
            ),
            Self::CrowdSec => write!(f, "crowdsec is not unpacked; cargo xtask setup"),
            Self::AegisCli => {
                write!(
                    f,
                    "aegis-cli is not built; cargo build --release -p aegis-cli"
                )
            }
        }
    }
}

/// Lists `name` as skipped: on standard output, and in the file of [`SKIP_LOG`] where that is set.
///
/// # Panics
/// When the file cannot be written: a skip nobody hears of is what this prevents.
#[expect(
    clippy::print_stdout,
    reason = "the test harness shows it beside the name of the test"
)]
pub fn skip(name: &str, reason: &str) {
    println!("SKIPPED {name}: {reason}");
    if let Some(log) = std::env::var_os(SKIP_LOG) {
        let append = |log: &Path| {
            let mut file = OpenOptions::new().create(true).append(true).open(log)?;
            // One write, so that lines of parallel tests do not mix.
            file.write_all(format!("{name}: {reason}\n").as_bytes())
        };
        append(Path::new(&log)).expect("the file of AEGIS_SKIP_LOG can be written");
    }
}

/// True when every need is met; otherwise `name` is listed as skipped with the first that is not.
#[must_use]
pub fn need(name: &str, needs: &[Need]) -> bool {
    match needs.iter().find(|need| !need.is_met()) {
        Some(missing) => {
            skip(name, &missing.to_string());
            false
        }
        None => true,
    }
}

/// Ends the test here, listed as skipped, unless this machine has all of these [`Need`]s.
///
/// Works in tests that return nothing and in tests that return a `Result` of nothing.
#[macro_export]
macro_rules! require {
    ($($need:expr),+ $(,)?) => {
        if !$crate::need($crate::test_name!(), &[$($need),+]) {
            return $crate::skip::Skipped::skipped();
        }
    };
}

/// Full name of the function it stands in.
#[macro_export]
macro_rules! test_name {
    () => {{
        fn here() {}
        let name = std::any::type_name_of_val(&here);
        name.strip_suffix("::here").unwrap_or(name)
    }};
}

/// What a test returns when it ends early.
pub trait Skipped {
    /// The value that means "no failure".
    fn skipped() -> Self;
}

impl Skipped for () {
    fn skipped() -> Self {}
}

impl<E> Skipped for Result<(), E> {
    fn skipped() -> Self {
        Ok(())
    }
}

fn kernel_version() -> Option<(u32, u32)> {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    let mut parts = release.split(|letter: char| !letter.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_that_is_not_met_says_what_to_do() {
        let missing = Need::Tool("no-such-program-anywhere");
        assert!(!missing.is_met());
        assert!(missing.to_string().contains("cargo xtask setup"));
        assert!(Need::Kernel(3, 0).is_met());
        assert!(!Need::Kernel(99, 0).is_met());
    }

    #[test]
    fn a_test_knows_its_name() {
        assert_eq!(
            test_name!(),
            "aegis_testbed::skip::tests::a_test_knows_its_name"
        );
    }
}

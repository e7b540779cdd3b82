// SPDX-License-Identifier: MIT
//! Those who drop.

use crate::policies::only;
use aegis_abi::Settings;
use aegis_abi::names::capacity;
use aegis_core::Nanos;
use aegis_engine::clock::monotonic_ns;
use aegis_engine::{Engine, Missing, Mode, ModeChoice, Options, TcChoice};
use aegis_testbed::Port;
use aegis_testbed::cleanup::unique_name;
use anyhow::{Context as _, Result, bail, ensure};
use std::net::IpAddr;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// How many times less than nftables Aegis should take.
const TARGET: f64 = 4.0;
/// How often it is looked at whether a program is gone, and how long after each time.
const PATIENCE: u32 = 200;
const MOMENT: Duration = Duration::from_millis(10);
/// The table that holds the rule of nftables, in the namespace of the bench.
const TABLE: &str = "aegis_bench";

/// Who drops the packets of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Nobody: they reach UDP, where nobody listens.
    Nobody,
    /// Aegis, by native XDP.
    Aegis,
    /// nftables before connection tracking, in the earliest hook of `ip` and `inet` tables.
    NftPrerouting,
    /// nftables in the ingress hook of a device, which is earlier than all of IP.
    NftIngress,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Nobody,
        Self::Aegis,
        Self::NftPrerouting,
        Self::NftIngress,
    ];

    /// For the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nobody => "no filter (reaches UDP, nobody listens)",
            Self::Aegis => "Aegis, native XDP",
            Self::NftPrerouting => "nftables, raw prerouting",
            Self::NftIngress => "nftables, netdev ingress (for information)",
        }
    }

    /// How many times what Aegis takes it should take at least.
    pub fn target(self) -> Option<f64> {
        (self == Self::NftPrerouting).then_some(TARGET)
    }

    /// Whether nothing gets by.
    pub fn drops(self) -> bool {
        self != Self::Nobody
    }

    /// Sets the filter up, does the work, and takes the filter down. The calling thread is in the
    /// namespace of the port.
    pub fn with<T>(
        self,
        port: &Port,
        banned: IpAddr,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        match self {
            Self::Nobody => work(),
            Self::Aegis => {
                let ban =
                    |engine: &mut Engine| Ok(engine.apply(&only(banned, Nanos(monotonic_ns()))?)?);
                with_aegis(port, ban, work)
            }
            Self::NftPrerouting => with_nft(
                port,
                "ip",
                "type filter hook prerouting priority raw;",
                banned,
                work,
            ),
            Self::NftIngress => {
                let hook = format!(
                    "type filter hook ingress device {} priority 0;",
                    port.name()
                );
                with_nft(port, "netdev", &hook, banned, work)
            }
        }
    }
}

/// Has Aegis judge what arrives at a port, by native XDP and by the policy that is loaded first, while
/// the work is done. The calling thread is in the namespace of the port.
pub(crate) fn with_aegis<T>(
    port: &Port,
    load: impl FnOnce(&mut Engine) -> Result<()>,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.context("cannot start a runtime")?;
    let options = Options {
        interfaces: vec![port.name().to_owned()],
        missing: Missing::Refuse,
        mode: ModeChoice::Native,
        tc: TcChoice::Auto,
        xdp_object: None,
        tc_object: None,
        pin_dir: Path::new("/sys/fs/bpf").join(unique_name("bench")),
        settings: Settings::DEFAULT,
        grace: Duration::ZERO,
        rows: Vec::new(),
        adopt: Vec::new(),
        flow_room: capacity::FLOWS,
    };
    runtime.block_on(async {
        let mut engine = Engine::start(options).await?;
        load(&mut engine)?;
        let attached = engine.attachments().await?;
        let native = attached
            .iter()
            .any(|attachment| attachment.attached && attachment.mode == Mode::Native);
        ensure!(
            native,
            "the kernel says that XDP is not attached natively to {}",
            port.name()
        );
        let answer = work();
        engine.detach().await?;
        bare(port)?;
        answer
    })
}

/// Waits until the port has no program: the kernel takes a link apart some time after the last one who
/// knew it has let go.
fn bare(port: &Port) -> Result<()> {
    for _ in 0..PATIENCE {
        let shown = port
            .host()
            .ip(&["-o", "link", "show", "dev", port.name()])?;
        if !shown.contains("prog/xdp") {
            return Ok(());
        }
        sleep(MOMENT);
    }
    bail!(
        "{} has a program of Aegis yet, which was detached",
        port.name()
    )
}

fn with_nft<T>(
    port: &Port,
    family: &str,
    hook: &str,
    banned: IpAddr,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let rules = format!(
        "table {family} {TABLE} {{ chain early {{ {hook} policy accept; ip saddr {banned} drop; }}; }}"
    );
    port.host().run("nft", &[&rules])?.success()?;
    let answer = work();
    port.host()
        .run("nft", &["delete", "table", family, TABLE])?
        .success()?;
    answer
}

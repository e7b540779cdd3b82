// SPDX-License-Identifier: MIT
//! What this kernel can do, found out by trying it.

use crate::EngineError;
use aya::maps::MapType;
use aya::programs::ProgramType;
use aya::sys::{BpfHelper, is_helper_supported, is_map_supported};
use aya::util::KernelVersion;

/// Whether the kernel has a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It would not say; most often for lack of rights.
    Unknown,
}

impl Support {
    /// The word in output.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown (try as root)",
        }
    }

    fn of<E>(answer: Result<bool, E>) -> Self {
        match answer {
            Ok(true) => Self::Yes,
            Ok(false) => Self::No,
            Err(_) => Self::Unknown,
        }
    }

    fn since(major: u8, minor: u8) -> Self {
        Self::of(KernelVersion::current().map(|now| now >= KernelVersion::new(major, minor, 0)))
    }
}

/// A feature, what it is for, and whether the kernel has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// What is lost without it.
    pub without: &'static str,
    /// Whether Aegis cannot do without it.
    pub required: bool,
    /// Whether it is there.
    pub support: Support,
}

/// Every feature that Aegis makes use of.
pub fn features() -> Vec<Feature> {
    let mut features = required();
    features.extend(optional());
    features
}

fn helper(helper: BpfHelper) -> Support {
    Support::of(is_helper_supported(ProgramType::Xdp, helper))
}

/// Those that Aegis cannot do without.
fn required() -> Vec<Feature> {
    let table = |kind| Support::of(is_map_supported(kind));
    let found = [
        ("ring buffer (5.8)", table(MapType::RingBuf)),
        ("prefix trie (4.11)", table(MapType::LpmTrie)),
        ("tail calls beside functions (5.10)", Support::since(5, 10)),
        ("jiffies (5.5)", helper(BpfHelper::BPF_FUNC_jiffies64)),
    ];
    let feature = |(name, support)| Feature {
        name,
        without: "nothing is guarded",
        required: true,
        support,
    };
    found.map(feature).to_vec()
}

/// Those without which something is lost.
fn optional() -> Vec<Feature> {
    let found = [
        (
            "SYN cookies from XDP (5.3)",
            "SYNs beyond the gauge go to the kernel's own queue",
            helper(BpfHelper::BPF_FUNC_tcp_gen_syncookie),
        ),
        (
            "XDP link (5.9)",
            "XDP is attached over netlink, where others may replace it",
            Support::since(5, 9),
        ),
        (
            "XDP in several buffers (5.18)",
            "with large MTUs packets are met in the stack",
            helper(BpfHelper::BPF_FUNC_xdp_get_buff_len),
        ),
        (
            "TCX (6.6)",
            "departing packets are met by a filter of a clsact qdisc",
            Support::since(6, 6),
        ),
    ];
    let feature = |(name, without, support)| Feature {
        name,
        without,
        required: false,
        support,
    };
    found.map(feature).to_vec()
}

/// Refuses a kernel that lacks what is required, by name.
pub(crate) fn require() -> Result<(), EngineError> {
    let lacking = features()
        .into_iter()
        .find(|feature| feature.required && feature.support == Support::No);
    match lacking {
        Some(feature) => Err(EngineError::Kernel {
            feature: feature.name,
        }),
        None => Ok(()),
    }
}

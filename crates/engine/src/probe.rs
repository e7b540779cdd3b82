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
    /// Whether Aegis cannot do without it.
    pub required: bool,
    /// Whether it is there.
    pub support: Support,
}

/// Every feature that Aegis makes use of.
pub fn features() -> Vec<Feature> {
    let feature = |name, required, support| Feature {
        name,
        required,
        support,
    };
    let helper = |helper| Support::of(is_helper_supported(ProgramType::Xdp, helper));
    vec![
        feature(
            "ring buffer (5.8)",
            true,
            Support::of(is_map_supported(MapType::RingBuf)),
        ),
        feature(
            "prefix trie (4.11)",
            true,
            Support::of(is_map_supported(MapType::LpmTrie)),
        ),
        feature(
            "tail calls beside functions (5.10)",
            true,
            Support::since(5, 10),
        ),
        feature("jiffies (5.5)", true, helper(BpfHelper::BPF_FUNC_jiffies64)),
        feature(
            "SYN cookies from XDP (5.3)",
            false,
            helper(BpfHelper::BPF_FUNC_tcp_gen_syncookie),
        ),
        feature("XDP link (5.9)", false, Support::since(5, 9)),
        feature(
            "XDP in several buffers (5.18)",
            false,
            helper(BpfHelper::BPF_FUNC_xdp_get_buff_len),
        ),
        feature("TCX (6.6)", false, Support::since(6, 6)),
    ]
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

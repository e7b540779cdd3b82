// SPDX-License-Identifier: MIT
//! Capabilities (capabilities(7)) of the calling thread.

use rustix::io::Errno;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, capability_is_in_bounding_set,
    clear_ambient_capability_set, configure_capability_in_ambient_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};

/// Tables, programs and links (BPF); pointers in programs, without which the verifier refuses ours
/// (PERFMON); links, netlink and the end of sockets (NET_ADMIN).
pub(super) const DAEMON: CapabilitySet = CapabilitySet::BPF
    .union(CapabilitySet::PERFMON)
    .union(CapabilitySet::NET_ADMIN);

/// Environments of other people's processes: to open them (DAC_READ_SEARCH) and to be shown them
/// (SYS_PTRACE, proc(5)).
pub(super) const WITNESS: CapabilitySet =
    CapabilitySet::SYS_PTRACE.union(CapabilitySet::DAC_READ_SEARCH);

/// Talking to the Internet takes none.
pub(super) const COURIER: CapabilitySet = CapabilitySet::empty();

/// Keeps those of `kept` that there are, in every set, and nothing else.
///
/// # Errors
/// What the kernel refused; what could be given up nevertheless is.
pub(super) fn keep(kept: CapabilitySet) -> Result<(), String> {
    // While CAP_SETPCAP is still there.
    let bounded = bound(kept);
    let failed = |error: Errno| format!("capabilities are kept: {error}");
    let there = capabilities(None).map_err(failed)?.permitted & kept;
    clear_ambient_capability_set().map_err(failed)?;
    let sets = CapabilitySets {
        effective: there,
        permitted: there,
        inheritable: there,
    };
    set_capabilities(None, sets).map_err(failed)?;
    // A daemon that executes itself again has to have them then, whoever it runs as.
    for capability in there {
        configure_capability_in_ambient_set(capability, true).map_err(failed)?;
    }
    bounded
}

/// Whether the calling thread has all of these.
pub(super) fn has(wanted: CapabilitySet) -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(wanted))
}

/// Whether it has no others than these.
pub(super) fn at_most(kept: CapabilitySet) -> bool {
    capabilities(None).is_ok_and(|sets| kept.contains(sets.permitted))
}

/// No program that is executed from here on gives back what was given up.
pub(super) fn no_new_privileges() -> Result<(), String> {
    set_no_new_privs(true).map_err(|error| format!("privileges can come back: {error}"))
}

/// Sees to it that no others than `kept` can come back.
///
/// # Errors
/// What the kernel refused.
pub(super) fn bound(kept: CapabilitySet) -> Result<(), String> {
    for capability in CapabilitySet::all() & !kept {
        // What this kernel does not know, it cannot give either.
        if !capability_is_in_bounding_set(capability).unwrap_or(false) {
            continue;
        }
        remove_capability_from_bounding_set(capability)
            .map_err(|error| format!("the bounding set stays as it is: {error}"))?;
    }
    Ok(())
}

/// Names as capabilities(7) has them.
pub(super) fn names(set: CapabilitySet) -> Vec<String> {
    set.iter_names()
        .map(|(name, _)| format!("CAP_{name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_named_as_the_manual_does() {
        let expected = ["CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF"];
        assert_eq!(names(DAEMON), expected);
    }

    #[test]
    fn a_thread_keeps_what_it_had_of_what_is_kept_and_others_keep_everything() {
        let before = capabilities(None).expect("a thread may ask").permitted;
        let thread = std::thread::spawn(|| {
            let kept = keep(DAEMON);
            (kept, capabilities(None).expect("a thread may ask"))
        });
        let (kept, after) = thread.join().expect("it does not panic");
        assert_eq!(after.permitted, before & DAEMON);
        assert_eq!(
            (after.effective, after.inheritable),
            (after.permitted, after.permitted)
        );
        // Without CAP_SETPCAP, as for most users, the bounding set stays, and that is told.
        assert_eq!(
            kept.is_ok(),
            before.contains(CapabilitySet::SETPCAP),
            "{kept:?}"
        );
        assert_eq!(
            capabilities(None).expect("a thread may ask").permitted,
            before
        );
    }
}

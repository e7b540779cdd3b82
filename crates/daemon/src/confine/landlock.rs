// SPDX-License-Identifier: MIT
//! The file system as far as the daemon needs it (landlock(7)), as well as the kernel can.

use super::places::Places;
use ::landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use std::path::{Path, PathBuf};

/// What is ruled over: the newest that this was tried with. Older kernels rule over less.
const KNOWN: ABI = ABI::V6;

/// Restricts the calling thread, and whatever it starts, to `places`.
///
/// # Errors
/// Where the kernel has no Landlock, or refuses.
pub(super) fn restrict(places: &Places) -> Result<(), String> {
    in_force(rules(places))
}

/// Restricts the calling thread, and those that it begins, to reading in `read`. It listens on no port
/// and signals nobody.
///
/// # Errors
/// As [`restrict`].
pub(super) fn restrict_to_reading(read: &[PathBuf]) -> Result<(), String> {
    let rules = || {
        Ruleset::default()
            .handle_access(AccessFs::from_all(KNOWN))?
            .handle_access(AccessNet::BindTcp)?
            .scope(Scope::Signal | Scope::AbstractUnixSocket)?
            .create()?
            .add_rules(path_beneath_rules(
                read,
                AccessFs::ReadFile | AccessFs::ReadDir,
            ))
    };
    in_force(rules())
}

fn in_force(rules: Result<RulesetCreated, RulesetError>) -> Result<(), String> {
    let failed = |error: RulesetError| error.to_string();
    let status = rules
        .and_then(RulesetCreated::restrict_self)
        .map_err(failed)?;
    match status.ruleset {
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
        RulesetStatus::NotEnforced => Err(format!("this kernel has none ({:?})", status.landlock)),
    }
}

fn rules(places: &Places) -> Result<RulesetCreated, RulesetError> {
    let everything = AccessFs::from_all(KNOWN);
    let devices = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
    let keep = everything & !(devices | AccessFs::Execute);
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let run: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::Execute;
    Ruleset::default()
        .handle_access(everything)?
        // Nobody outside is sent signals; abstract sockets may be a service manager's.
        .scope(Scope::Signal)?
        .create()?
        .add_rules(path_beneath_rules(&places.kept, keep))?
        .add_rules(path_beneath_rules(&places.read, read))?
        .add_rules(path_beneath_rules(&places.executed, run))
}

/// Whether the kernel refuses the calling thread what only Landlock can refuse it: there is no
/// place to read this back from, so it is tried on the root folder, which is in no grant.
pub(super) fn is_in_force() -> bool {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, Path::new("/"), flags, Mode::empty()).is_err_and(|error| error == Errno::ACCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_thread_is_kept_to_its_places_and_the_rest_of_the_process_is_not() {
        let folder = std::env::temp_dir().join(format!("aegis-landlock-{}", std::process::id()));
        let (mine, yours) = (folder.join("mine"), folder.join("yours"));
        for place in [&mine, &yours] {
            fs::create_dir_all(place).expect("the temporary folder can be written");
        }
        let places = Places {
            kept: vec![mine.clone(), folder.join("missing")],
            read: vec![yours.clone()],
            executed: Vec::new(),
        };
        let inside = std::thread::spawn(move || {
            restrict(&places).map(|()| {
                let written = |place: &Path| fs::write(place.join("file"), "x").is_ok();
                let listed = fs::read_dir(&yours).is_ok();
                let outside = fs::read("/etc/passwd").is_ok();
                (
                    written(&mine),
                    written(&yours),
                    listed,
                    outside,
                    is_in_force(),
                )
            })
        });
        match inside.join().expect("it does not panic") {
            Ok(seen) => assert_eq!(seen, (true, false, true, false, true)),
            Err(none) => assert!(none.contains("this kernel has none"), "{none}"),
        }
        assert!(!is_in_force(), "a thread restricts itself");
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}

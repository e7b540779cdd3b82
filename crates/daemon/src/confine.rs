// SPDX-License-Identifier: MIT
//! Least privilege: what the daemon may do once programs are attached and the socket is bound.
//!
//! A start takes privileges that running does not. [`enter`] gives them up, for good and for every
//! thread that comes later: capabilities, system calls and the file system. Whoever takes the
//! daemon over then can still switch the filter off, which is what the daemon is for, but has no
//! shell, no other program, none of the host's secrets and nobody's process.
//!
//! Nothing in here keeps a daemon from guarding: what a kernel refuses is a warning, in the log and
//! in `status`, which reads back what holds ([`report`]).

mod capabilities;
mod courier;
mod landlock;
mod places;
mod report;
mod seccomp;

use crate::Options;
use aegis_policy::config::Confine;
use places::Places;
use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub(crate) use courier::confine as courier;
pub(crate) use report::{sight, with_report};

/// How long threads of the start may take to end, or to follow.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// What threads of the start that go on, such as those of logs, are restricted to.
static PLACES: OnceLock<Places> = OnceLock::new();

thread_local! {
    static RESTRICTED: Cell<bool> = const { Cell::new(false) };
}

/// Gives up what is not needed any more. A process that was confined already, and then executed
/// itself again, stays as it is: layers of restrictions only add up.
pub(crate) fn enter(options: &Options) {
    if options.config.confine == Confine::Off {
        tracing::warn!("not confined, as it is wanted: the daemon keeps its privileges");
        return;
    }
    // A filter of system calls may be the service manager's.
    if landlock::is_in_force() && capabilities::at_most(capabilities::DAEMON) {
        tracing::info!("confined already, before this program was executed");
        return;
    }
    PLACES.get_or_init(|| Places::of(options));
    options.logs.reopen();
    follow();
    wait_for_others();
    // Last, as it would forbid the steps before it; it holds for every thread at once.
    note("seccomp", seccomp::daemon());
}

/// Restricts the calling thread, if the daemon is confined by now: capabilities and Landlock are a
/// thread's own. For threads that live from before to after.
pub(crate) fn follow() {
    let Some(places) = PLACES.get() else {
        return;
    };
    if RESTRICTED.replace(true) {
        return;
    }
    note("capabilities", capabilities::keep(capabilities::DAEMON));
    note("no_new_privs", capabilities::no_new_privileges());
    note("Landlock", landlock::restrict(places));
}

/// Confines the process that sees for the daemon ([`crate::witness`]).
///
/// Landlock is not for it: whom Landlock confines may look into no process outside.
pub(crate) fn witness() -> Result<(), String> {
    capabilities::keep(capabilities::WITNESS)?;
    capabilities::no_new_privileges()?;
    seccomp::witness()
}

/// Whether this process may look into every other one, and is shown them all.
pub(crate) fn sees_everything() -> bool {
    capabilities::has(capabilities::WITNESS)
}

fn note(what: &'static str, done: Result<(), String>) {
    if let Err(error) = done {
        tracing::warn!(%error, "{what}: the daemon is not confined as it should be");
    }
}

/// Waits for the threads of the start to end, or to follow.
fn wait_for_others() {
    let begun = Instant::now();
    loop {
        let privileged = report::privileged_threads();
        if privileged.is_empty() {
            return;
        }
        if begun.elapsed() > PATIENCE {
            tracing::warn!(?privileged, "threads of the start keep their privileges");
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

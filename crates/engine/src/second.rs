// SPDX-License-Identifier: MIT
//! The programs that the attached ones go on with. They are the same for every interface, so each
//! is loaded once; the arrays that lead to them are shared by name.

mod cookies;

use crate::EngineError;
use crate::error::one_line;
use crate::tables::failed;
use aegis_abi::names::{program, stage, table};
use aya::Ebpf;
use aya::maps::ProgramArray;
use aya::programs::{Program, ProgramError, ProgramFd};

pub(crate) use cookies::Answerer;
pub use cookies::SynCookies;

/// A program, and where it goes.
struct Leg {
    program: &'static str,
    array: &'static str,
    stage: u32,
    /// Without it nothing is attached that would lead to it, or SYNs go to the stack.
    optional: bool,
}

const LEGS: [Leg; 5] = [
    Leg {
        program: program::INGRESS_NEW,
        array: table::NEXT_XDP,
        stage: stage::NEW,
        optional: false,
    },
    Leg {
        program: program::INGRESS_FRAGS_NEW,
        array: table::NEXT_XDP_FRAGS,
        stage: stage::NEW,
        optional: true,
    },
    Leg {
        program: program::EGRESS_NEW,
        array: table::NEXT_TC,
        stage: stage::NEW,
        optional: false,
    },
    Leg {
        program: program::COOKIE,
        array: table::NEXT_XDP,
        stage: stage::COOKIE,
        optional: true,
    },
    Leg {
        program: program::COOKIE_FRAGS,
        array: table::NEXT_XDP_FRAGS,
        stage: stage::COOKIE,
        optional: true,
    },
];

/// What the kernel took of the programs that it need not have.
pub(crate) struct Installed {
    /// Whether SYNs can be answered.
    pub(crate) answerer: Answerer,
    /// Whether the program for packets in several buffers has all that it goes on with. Without,
    /// it must not be attached: whatever it leads nowhere would pass.
    pub(crate) several_buffers: bool,
}

/// Loads the second programs and leads the first ones to them.
pub(crate) fn install(ebpf: &mut Ebpf) -> Result<Installed, EngineError> {
    let mut answerer = Answerer::default();
    let mut several_buffers = true;
    for leg in LEGS {
        match load(ebpf, leg.program) {
            Ok(fd) => lead(ebpf, &leg, &fd)?,
            Err(error) if leg.optional => {
                tracing::debug!(%error, program = leg.program, "not loaded");
                if leg.program == program::COOKIE {
                    answerer = Answerer::refused(&error);
                } else {
                    several_buffers = false;
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Installed {
        answerer,
        several_buffers,
    })
}

/// Loads every program that a start needs, first and second ones, and leads nothing to them.
pub(crate) fn try_out(ebpf: &mut Ebpf) -> Result<(), EngineError> {
    let first = [program::INGRESS, program::EGRESS];
    let needed = LEGS.iter().filter(|leg| !leg.optional);
    for name in first.into_iter().chain(needed.map(|leg| leg.program)) {
        if ebpf.program(name).is_some() {
            drop(load(ebpf, name)?);
        }
    }
    Ok(())
}

fn load(ebpf: &mut Ebpf, name: &str) -> Result<ProgramFd, EngineError> {
    let missing = || EngineError::Embedded {
        reason: format!("no program {name}"),
    };
    let refused = |error: &ProgramError| crate::attach::refused(name, error);
    let loaded = match ebpf.program_mut(name).ok_or_else(missing)? {
        Program::Xdp(xdp) => once(xdp.load()).and_then(|()| copy(xdp.fd()?)),
        Program::SchedClassifier(tc) => once(tc.load()).and_then(|()| copy(tc.fd()?)),
        _ => return Err(missing()),
    };
    loaded.map_err(|error| refused(&error))
}

/// The rig has loaded them before, to see what it takes.
fn once(loaded: Result<(), ProgramError>) -> Result<(), ProgramError> {
    match loaded {
        Err(ProgramError::AlreadyLoaded) => Ok(()),
        other => other,
    }
}

fn copy(fd: &ProgramFd) -> Result<ProgramFd, ProgramError> {
    fd.try_clone().map_err(ProgramError::IOError)
}

fn lead(ebpf: &mut Ebpf, leg: &Leg, fd: &ProgramFd) -> Result<(), EngineError> {
    let missing = || failed(leg.array, "the object does not have it".to_owned());
    let map = ebpf.map_mut(leg.array).ok_or_else(missing)?;
    let written = ProgramArray::try_from(map).and_then(|mut array| array.set(leg.stage, fd, 0));
    written.map_err(|error| failed(leg.array, one_line(&error)))
}

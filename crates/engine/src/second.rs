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
}

/// Without these nothing is attached that would lead to them.
const NEEDED: [Leg; 2] = [
    Leg {
        program: program::INGRESS_NEW,
        array: table::NEXT_XDP,
        stage: stage::NEW,
    },
    Leg {
        program: program::EGRESS_NEW,
        array: table::NEXT_TC,
        stage: stage::NEW,
    },
];

/// Without it SYNs go to the stack.
const COOKIE: Leg = Leg {
    program: program::COOKIE,
    array: table::NEXT_XDP,
    stage: stage::COOKIE,
};

/// For packets in several buffers.
const FRAGS: [Leg; 2] = [
    Leg {
        program: program::INGRESS_FRAGS_NEW,
        array: table::NEXT_XDP_FRAGS,
        stage: stage::NEW,
    },
    Leg {
        program: program::COOKIE_FRAGS,
        array: table::NEXT_XDP_FRAGS,
        stage: stage::COOKIE,
    },
];

/// The second programs of an instance.
pub(crate) struct Second {
    ebpf: Ebpf,
    answerer: Answerer,
    /// Once it is known: whether the program for packets in several buffers has all that it goes
    /// on with. Without, it must not be attached: whatever it leads nowhere would pass.
    several_buffers: Option<bool>,
}

impl Second {
    /// Loads them, all but those for packets in several buffers, and leads the first ones to them.
    pub(crate) fn load(mut ebpf: Ebpf) -> Result<Self, EngineError> {
        let answerer = install(&mut ebpf)?;
        Ok(Self {
            ebpf,
            answerer,
            several_buffers: None,
        })
    }

    pub(crate) fn answerer(&self) -> &Answerer {
        &self.answerer
    }

    /// Loads those for packets in several buffers, the first time; whether the kernel takes them.
    pub(crate) fn several_buffers(&mut self) -> bool {
        let ebpf = &mut self.ebpf;
        *self
            .several_buffers
            .get_or_insert_with(|| install_frags(ebpf))
    }
}

/// Loads the second programs and leads the first ones to them.
pub(crate) fn install(ebpf: &mut Ebpf) -> Result<Answerer, EngineError> {
    NEEDED.iter().try_for_each(|leg| install_one(ebpf, leg))?;
    Ok(match install_one(ebpf, &COOKIE) {
        Ok(()) => Answerer::default(),
        Err(error) => Answerer::refused(&error),
    })
}

/// The same for packets in several buffers.
pub(crate) fn install_frags(ebpf: &mut Ebpf) -> bool {
    let installed = FRAGS.iter().try_for_each(|leg| install_one(ebpf, leg));
    if let Err(error) = &installed {
        tracing::debug!(%error, "no packets in several buffers");
    }
    installed.is_ok()
}

fn install_one(ebpf: &mut Ebpf, leg: &Leg) -> Result<(), EngineError> {
    let fd = load(ebpf, leg.program)?;
    lead(ebpf, leg, &fd)
}

/// Loads every program that a start needs, first and second ones, and leads nothing to them.
pub(crate) fn try_out(ebpf: &mut Ebpf) -> Result<(), EngineError> {
    let first = [program::INGRESS, program::EGRESS];
    let second = NEEDED.iter().map(|leg| leg.program);
    for name in first.into_iter().chain(second) {
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
        Program::Xdp(xdp) => once(xdp.load()).and_then(|()| copy(xdp.fd())),
        Program::SchedClassifier(tc) => once(tc.load()).and_then(|()| copy(tc.fd())),
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

/// Another descriptor of a loaded program.
pub(crate) fn copy(fd: Result<&ProgramFd, ProgramError>) -> Result<ProgramFd, ProgramError> {
    fd?.try_clone().map_err(ProgramError::IOError)
}

fn lead(ebpf: &mut Ebpf, leg: &Leg, fd: &ProgramFd) -> Result<(), EngineError> {
    let missing = || failed(leg.array, "the object does not have it".to_owned());
    let map = ebpf.map_mut(leg.array).ok_or_else(missing)?;
    let written = ProgramArray::try_from(map).and_then(|mut array| array.set(leg.stage, fd, 0));
    written.map_err(|error| failed(leg.array, one_line(&error)))
}

// SPDX-License-Identifier: MIT
//! The program that sets the clock of the others.

use crate::EngineError;
use crate::error::one_line;
use aegis_abi::names::program;
use aya::Ebpf;
use aya::programs::{TestRun, TestRunOptions, Xdp};

/// Loads the program that sets the clock.
pub(crate) fn load_clock(ebpf: &mut Ebpf) -> Result<(), EngineError> {
    let program = clock_program(ebpf)?;
    program.load().map_err(|error| clock_failed(&error))
}

/// Runs it.
pub(crate) fn run_clock(ebpf: &mut Ebpf) -> Result<(), EngineError> {
    let program = clock_program(ebpf)?;
    let frame = [0; 64];
    let options = TestRunOptions {
        data_in: Some(&frame),
        ..TestRunOptions::new()
    };
    program
        .test_run(options)
        .map(drop)
        .map_err(|error| clock_failed(&error))
}

fn clock_program(ebpf: &mut Ebpf) -> Result<&mut Xdp, EngineError> {
    let missing = || EngineError::Embedded {
        reason: format!("no program {}", program::CLOCK),
    };
    let program = ebpf.program_mut(program::CLOCK).ok_or_else(missing)?;
    program
        .try_into()
        .map_err(|error: aya::programs::ProgramError| clock_failed(&error))
}

fn clock_failed(error: &aya::programs::ProgramError) -> EngineError {
    let reason = one_line(error);
    if reason.contains("Operation not permitted") {
        return EngineError::NotPermitted;
    }
    EngineError::Load {
        program: program::CLOCK.to_owned(),
        reason,
    }
}

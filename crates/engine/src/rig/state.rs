// SPDX-License-Identifier: MIT
//! What the programs remember, for whoever compares it with what another implementation remembers.

use super::{PASS, Rig, RunError, Runnable, TC_DROP};
use crate::EngineError;
use aegis_abi::flow::mark;
use aegis_abi::names::protected;
use aegis_abi::{Action, HalfOpen, Source, StateCounter, Tuple};
use aya::programs::{Program, ProgramError, SchedClassifier, TestRun, TestRunOptions};

/// A half-open connection as it lies in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Whether this side began it.
    pub begun_here: bool,
    /// What is known of it.
    pub half: HalfOpen,
    /// When it was last used.
    pub last_ns: u64,
}

/// Bytes of `struct __sk_buff` up to and with `gso_size`, and where its number of segments lies.
const CONTEXT: usize = 180;
const SEGMENTS_AT: usize = 164;
const SEGMENT_SIZE_AT: usize = 176;

impl Rig {
    /// Tidies what was staged, as for tables that are taken over.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn settle(&mut self) -> Result<(), EngineError> {
        self.tables.settle()
    }

    /// As [`Rig::run_program`], of a departing packet that will be cut into so many segments.
    ///
    /// # Errors
    /// As [`Rig::run`].
    pub fn run_segments(
        &mut self,
        frame: &[u8],
        segments: u16,
    ) -> Result<Option<Action>, EngineError> {
        let mut context = [0; CONTEXT];
        let size = (frame.len() / usize::from(segments.max(1))) as u32;
        context[SEGMENTS_AT..SEGMENTS_AT + 4].copy_from_slice(&u32::from(segments).to_ne_bytes());
        context[SEGMENT_SIZE_AT..].copy_from_slice(&size.to_ne_bytes());
        let options = TestRunOptions {
            data_in: Some(frame),
            ctx_in: Some(&context),
            ..TestRunOptions::new()
        };
        let result = match self.program(Runnable::Egress)? {
            Program::SchedClassifier(tc) => SchedClassifier::test_run(tc, options),
            _ => Err(ProgramError::UnexpectedProgramType),
        };
        let result = result.map_err(|error| RunError::Program(error).explain(Runnable::Egress))?;
        Ok(match result.return_value {
            TC_DROP => Some(Action::Drop),
            value => PASS.contains(&value).then_some(Action::Pass),
        })
    }

    /// As [`crate::Engine::state_counters`].
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn state_counters(&self) -> Result<Vec<(StateCounter, u64)>, EngineError> {
        self.tables.state.counters()
    }

    /// As [`crate::Engine::set_protected`], none of them the host's own; IPv4 in the first four
    /// bytes.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn set_protected(&mut self, addresses: &[[u8; 16]]) -> Result<(), EngineError> {
        let needed = addresses
            .iter()
            .map(|address| (*address, protected::NEEDED));
        self.tables.state.set_protected(&needed.collect::<Vec<_>>())
    }

    /// Every half-open connection, over or not.
    pub fn half_open(&self) -> Vec<Waiting> {
        let waiting = self.tables.state.half_open().into_iter();
        waiting
            .map(|waiting| Waiting {
                begun_here: waiting.begun_here,
                half: waiting.half,
                last_ns: waiting.last_ns,
            })
            .collect()
    }

    /// Every source that is known.
    pub fn sources(&self) -> Vec<Source> {
        self.tables.state.sources()
    }

    /// Marks a proven connection as killed; `false` where there is none.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn kill(&mut self, tuple: &Tuple) -> Result<bool, EngineError> {
        let Some(mut flow) = self.tables.state.flow(tuple) else {
            return Ok(false);
        };
        flow.ingress.marks |= mark::KILLED;
        flow.egress.marks |= mark::KILLED;
        self.tables.state.set_flow(tuple, &flow).map(|()| true)
    }

    /// Forgets a source by its tag.
    pub fn forget_source(&mut self, tag: u64) -> bool {
        self.tables.state.forget_source(tag)
    }
}

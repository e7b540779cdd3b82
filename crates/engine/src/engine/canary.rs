// SPDX-License-Identifier: MIT
//! Frames that the attached programs judge although no interface received them
//! (`BPF_PROG_TEST_RUN`, Linux 4.12): the proof that what is enforced is enforced. They leave no
//! trace; see `aegis_abi::Rehearsal`. Which frames, and what should become of them, others decide.

use super::Engine;
use super::guard::{Guarded, Present};
use crate::EngineError;
use crate::error::one_line;
use crate::object::Constants;
use crate::syscall::bpf;
use crate::tables::{Row, failed, take};
use aegis_abi::names::table;
use aegis_abi::{Action, Hook, Link, Reason, Rehearsal};
use aya::Ebpf;
use aya::maps::{Array, MapData};
use aya::programs::ProgramFd;
use aya_obj::generated::{bpf_attr, bpf_cmd};
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _};

/// Where frames can be rehearsed: an attached program, and every interface that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The interfaces, by the names they were asked for by.
    pub interfaces: Vec<String>,
    /// Which hook.
    pub hook: Hook,
    /// What frames begin with.
    pub link: Link,
    program_id: u32,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// What the program said.
    pub action: Action,
    /// Why; `None` where it passed the frame on without judging it.
    pub reason: Option<Reason>,
}

/// The place where programs leave verdicts.
pub(super) struct Verdicts(Array<MapData, Row<Rehearsal>>);

impl Verdicts {
    pub(super) fn take(ebpf: &mut Ebpf) -> Result<Self, EngineError> {
        take(ebpf, table::REHEARSAL).map(Self)
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        let cleared = self.0.set(0, Row(Rehearsal::default()), 0);
        cleared.map_err(|error| failed(table::REHEARSAL, one_line(&error)))
    }

    fn reason(&self) -> Result<Option<Reason>, EngineError> {
        let left = self.0.get(&0, 0);
        let left = left.map_err(|error| failed(table::REHEARSAL, one_line(&error)))?;
        let verdict = left.0.verdict();
        let verdict = verdict.map_err(|error| failed(table::REHEARSAL, error.to_string()))?;
        Ok(verdict.map(|(_, reason)| reason))
    }
}

impl Engine {
    /// Where frames can be rehearsed. Nowhere where a loopback is guarded: its own packets could
    /// not be told from rehearsals, so that programs there know none.
    pub fn stages(&self) -> Vec<Stage> {
        let mut stages: Vec<Stage> = Vec::new();
        for guarded in self.guarded.iter().filter(|guarded| guarded.rehearses) {
            let program_id = guarded.attached.program_id;
            let known = stages
                .iter_mut()
                .find(|stage| stage.program_id == program_id);
            match known {
                Some(stage) => stage.interfaces.push(guarded.interface.clone()),
                None => stages.push(Stage {
                    interfaces: vec![guarded.interface.clone()],
                    hook: guarded.hook,
                    link: guarded.link,
                    program_id,
                }),
            }
        }
        stages
    }

    /// Has the program of a stage judge a frame.
    ///
    /// # Errors
    /// [`EngineError::Load`] where the kernel does not run it or it says something else than pass
    /// and drop, [`EngineError::Table`].
    pub fn judge(&mut self, stage: &Stage, frame: &[u8]) -> Result<Rehearsed, EngineError> {
        let on_stage = |guarded: &&Guarded| guarded.attached.program_id == stage.program_id;
        let failed = |reason: String| EngineError::Load {
            program: stage.hook.label().to_owned(),
            reason,
        };
        let guarded = self.guarded.iter().find(on_stage);
        let guarded = guarded.ok_or_else(|| failed("it is not attached any more".to_owned()))?;
        self.verdicts.clear()?;
        let said = test_run(&guarded.attached.program, frame)
            .map_err(|error| failed(error.to_string()))?;
        let action = action(stage.hook, said)
            .ok_or_else(|| failed(format!("unexpected return value {said}")))?;
        let reason = self.verdicts.reason()?;
        Ok(Rehearsed { action, reason })
    }
}

/// Runs a program on a frame once; what it returned.
fn test_run(program: &ProgramFd, frame: &[u8]) -> io::Result<u32> {
    // SAFETY: a union of integers.
    let mut attribute: bpf_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the member of this command.
    let test = unsafe { &mut attribute.test };
    test.prog_fd = program.as_fd().as_raw_fd() as u32;
    test.data_in = frame.as_ptr() as u64;
    test.data_size_in = u32::try_from(frame.len()).map_err(io::Error::other)?;
    test.repeat = 1;
    bpf(bpf_cmd::BPF_PROG_TEST_RUN, &mut attribute)?;
    // SAFETY: the kernel wrote the member of this command.
    Ok(unsafe { attribute.test.retval })
}

/// Index of the interface whose packets are rehearsals where these are guarded; 0 where it has
/// packets of its own.
pub(super) fn interface(guarded: &[Present]) -> u32 {
    match guarded.iter().any(|present| present.interface.loopback) {
        true => 0,
        false => Rehearsal::INTERFACE,
    }
}

/// Whether an object's programs tell rehearsed frames from packets: the operator's own may know
/// nothing of it.
pub(super) fn knows(object: &Ebpf, constants: Constants) -> bool {
    constants.rehearsed != 0 && object.map(table::REHEARSAL).is_some()
}

/// What a return value means; `XDP_PASS` and `TC_ACT_SHOT` are the same number.
fn action(hook: Hook, said: u32) -> Option<Action> {
    const XDP_DROP: u32 = 1;
    const XDP_PASS: u32 = 2;
    const XDP_TX: u32 = 3;
    const TC_ACT_SHOT: u32 = 2;
    const TC_ACT_UNSPEC: u32 = u32::MAX;
    match (hook, said) {
        (Hook::XdpIngress, XDP_PASS) | (Hook::TcEgress, TC_ACT_UNSPEC) => Some(Action::Pass),
        (Hook::XdpIngress, XDP_DROP) | (Hook::TcEgress, TC_ACT_SHOT) => Some(Action::Drop),
        (Hook::XdpIngress, XDP_TX) => Some(Action::Answer),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_means_one_thing_at_xdp_and_another_at_tc() {
        assert_eq!(action(Hook::XdpIngress, 2), Some(Action::Pass));
        assert_eq!(action(Hook::TcEgress, 2), Some(Action::Drop));
        assert_eq!(action(Hook::TcEgress, u32::MAX), Some(Action::Pass));
        assert_eq!(action(Hook::TcEgress, 0), None);
        assert_eq!(action(Hook::XdpIngress, 0), None, "XDP_ABORTED");
    }
}

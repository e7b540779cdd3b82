// SPDX-License-Identifier: MIT
//! The real programs, loaded but attached to nothing: run frame by frame by tests and the bench
//! (`BPF_PROG_TEST_RUN`, Linux 4.12).

mod memory;
mod runnable;
mod sets;
mod state;

use crate::EngineError;
use crate::clock_program::{load_clock, run_clock};
use crate::error::one_line;
use crate::events::drain;
use crate::object::{Constants, Object};
use crate::tables::{Tables, take};
use aegis_abi::event::EventCodes;
use aegis_abi::names::{capacity, table};
use aegis_abi::{
    Action, Count, CounterSlot, Event, EventCount, Flow, Hook, Link, Offence, OffenceCodes, Reason,
    Settings, Tuple,
};
use aegis_core::Nanos;
use aegis_policy::Change;
use aya::maps::{MapData, ProgramArray, RingBuf};
use aya::programs::{
    Program, ProgramError, SchedClassifier, TestRun, TestRunOptions, TestRunResult, Xdp,
};
use aya::{Ebpf, EbpfLoader};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

pub use runnable::Runnable;
pub use state::Waiting;

static BENCH: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/aegis-bench.o"));

/// What loading a program took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadCost {
    /// Instructions that the verifier walked (Linux 5.16), 0 where the kernel does not say.
    pub verified_instructions: u32,
    /// From the request to the loaded program.
    pub time: Duration,
}

/// Programs with tables of their own.
pub struct Rig {
    ebpf: Ebpf,
    bench: Ebpf,
    tables: Tables,
    events: RingBuf<MapData>,
    offences: RingBuf<MapData>,
    costs: Vec<(Runnable, LoadCost)>,
}

/// Where programs that change the source go on.
const VARIED: &str = "VARIED";
const PASS: [u32; 2] = [2, u32::MAX];
/// Fixed, so that runs can be repeated.
const SEED: u32 = 0x5eed;
const XDP_DROP: u32 = 1;
const TC_DROP: u32 = 2;

impl Rig {
    /// Loads the embedded programs for interfaces of a kind.
    ///
    /// # Errors
    /// [`EngineError`] as [`crate::Engine::start`].
    pub fn load(link: Link, loopback: bool) -> Result<Self, EngineError> {
        Self::with_flow_room(link, loopback, capacity::FLOWS)
    }

    /// The same with room for so many proven connections of a family.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn with_flow_room(link: Link, loopback: bool, flow_room: u32) -> Result<Self, EngineError> {
        let mut ebpf = Object::embedded().load(
            Constants {
                link,
                loopback,
                seed: SEED,
                flow_room,
                // Its frames are counted.
                rehearsed: 0,
            },
            None,
        )?;
        let mut tables = Tables::take(&mut ebpf, SEED)?;
        tables.set_settings(&Settings::DEFAULT)?;
        tables.set_clock(None);
        let events = take(&mut ebpf, table::EVENTS)?;
        let offences = take(&mut ebpf, table::OFFENCES)?;
        load_clock(&mut ebpf)?;
        run_clock(&mut ebpf)?;
        let bench = EbpfLoader::new().load(BENCH);
        let bench = bench.map_err(|error| EngineError::Embedded {
            reason: one_line(&error),
        })?;
        let mut rig = Self {
            ebpf,
            bench,
            tables,
            events,
            offences,
            costs: Vec::new(),
        };
        for runnable in Runnable::ALL {
            rig.load_program(runnable)?;
        }
        crate::second::install(&mut rig.ebpf)?;
        crate::second::install_frags(&mut rig.ebpf);
        rig.lead(Runnable::Ingress, 0)?;
        rig.lead(Runnable::Empty, 1)?;
        Ok(rig)
    }

    /// Leads a program that changes the source to one that judges.
    fn lead(&mut self, to: Runnable, place: u32) -> Result<(), EngineError> {
        let Program::Xdp(xdp) = self.program(to)? else {
            return Err(embedded(to));
        };
        let fd = xdp.fd().and_then(|fd| Ok(fd.try_clone()?));
        let fd = fd.map_err(|error| failed(to, &error))?;
        let map = self.bench.map_mut(VARIED).ok_or_else(|| embedded(to))?;
        let led = ProgramArray::try_from(map).and_then(|mut array| array.set(place, &fd, 0));
        led.map_err(|error| crate::tables::failed(VARIED, one_line(&error)))
    }

    fn load_program(&mut self, runnable: Runnable) -> Result<(), EngineError> {
        let start = Instant::now();
        let loaded = match self.program(runnable)? {
            Program::Xdp(xdp) => xdp.load().and_then(|()| xdp.info()),
            Program::SchedClassifier(tc) => tc.load().and_then(|()| tc.info()),
            _ => return Err(embedded(runnable)),
        };
        let info = loaded.map_err(|error| crate::attach::refused(runnable.name(), &error))?;
        let verified_instructions = info.verified_instruction_count().unwrap_or(0);
        self.costs.push((
            runnable,
            LoadCost {
                verified_instructions,
                time: start.elapsed(),
            },
        ));
        Ok(())
    }

    fn program(&mut self, runnable: Runnable) -> Result<&mut Program, EngineError> {
        let name = runnable.name();
        let object = match runnable.is_ours() {
            true => &mut self.ebpf,
            false => &mut self.bench,
        };
        object.program_mut(name).ok_or_else(|| embedded(runnable))
    }

    /// Bytes that the kernel charges for each table, by the first 15 letters of its name.
    ///
    /// # Errors
    /// [`EngineError::Table`] where the kernel does not say.
    pub fn table_bytes(&mut self) -> Result<BTreeMap<String, u64>, EngineError> {
        let mut ids = BTreeSet::new();
        for runnable in Runnable::ALL.into_iter().filter(|one| one.is_ours()) {
            let info = match self.program(runnable)? {
                Program::Xdp(xdp) => xdp.info(),
                Program::SchedClassifier(tc) => tc.info(),
                _ => return Err(embedded(runnable)),
            };
            let used = info.and_then(|info| info.map_ids());
            ids.extend(
                used.map_err(|error| failed(runnable, &error))?
                    .into_iter()
                    .flatten(),
            );
        }
        ids.into_iter().map(memory::of_table).collect()
    }

    /// What loading each program took.
    pub fn costs(&self) -> &[(Runnable, LoadCost)] {
        &self.costs
    }

    /// Stops the programs' clock at a time.
    pub fn set_clock(&mut self, now: Nanos) {
        self.tables.set_clock(Some(now.0));
    }

    /// Changes the settings.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn set_settings(&mut self, settings: &Settings) -> Result<(), EngineError> {
        self.tables.set_settings(settings)
    }

    /// Writes compiled policy.
    ///
    /// # Errors
    /// As [`crate::Engine::apply`].
    pub fn apply(&mut self, changes: &[Change]) -> Result<(), EngineError> {
        self.tables.apply(changes)
    }

    /// Judges a frame; `None` where the kernel itself will not have it.
    ///
    /// # Errors
    /// [`EngineError::Load`] where the kernel does not run the program.
    pub fn run(&mut self, hook: Hook, frame: &[u8]) -> Result<Option<Action>, EngineError> {
        let runnable = match hook {
            Hook::XdpIngress => Runnable::Ingress,
            Hook::TcEgress => Runnable::Egress,
        };
        self.run_program(runnable, frame)
    }

    /// Judges a frame by a program.
    ///
    /// # Errors
    /// As [`Rig::run`].
    pub fn run_program(
        &mut self,
        runnable: Runnable,
        frame: &[u8],
    ) -> Result<Option<Action>, EngineError> {
        const EINVAL: i32 = 22;
        match self.test_run(runnable, frame, 1) {
            Ok(result) if PASS.contains(&result.return_value) && !dropped(runnable, &result) => {
                Ok(Some(Action::Pass))
            }
            Ok(result) if dropped(runnable, &result) => Ok(Some(Action::Drop)),
            Ok(result) => Err(EngineError::Load {
                program: runnable.name().to_owned(),
                reason: format!("unexpected return value {}", result.return_value),
            }),
            Err(RunError::Program(ProgramError::SyscallError(error)))
                if error.io_error.raw_os_error() == Some(EINVAL) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.explain(runnable)),
        }
    }

    /// Nanoseconds that a program takes for a frame: the kernel's mean over `repeat` runs.
    ///
    /// # Errors
    /// As [`Rig::run`].
    pub fn time(
        &mut self,
        runnable: Runnable,
        frame: &[u8],
        repeat: u32,
    ) -> Result<u128, EngineError> {
        let result = self
            .test_run(runnable, frame, repeat)
            .map_err(|error| error.explain(runnable))?;
        Ok(result.duration.as_nanos())
    }

    fn test_run(
        &mut self,
        runnable: Runnable,
        frame: &[u8],
        repeat: u32,
    ) -> Result<TestRunResult, RunError> {
        let options = TestRunOptions {
            data_in: Some(frame),
            repeat,
            ..TestRunOptions::new()
        };
        let program = self.program(runnable).map_err(RunError::Engine)?;
        let result = match program {
            Program::Xdp(xdp) => Xdp::test_run(xdp, options),
            Program::SchedClassifier(tc) => SchedClassifier::test_run(tc, options),
            _ => Err(ProgramError::UnexpectedProgramType),
        };
        result.map_err(RunError::Program)
    }

    /// The offences that are waiting.
    pub fn offences(&mut self) -> Vec<Offence> {
        let mut offences = Vec::new();
        loop {
            let batch = drain::<(Offence, OffenceCodes)>(&mut self.offences);
            if batch.is_empty() {
                return offences;
            }
            offences.extend(
                batch
                    .into_iter()
                    .filter_map(Result::ok)
                    .map(|(offence, _)| offence),
            );
        }
    }

    /// Every proven connection, over or not, in order.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn flows(&self) -> Result<Vec<(Tuple, Flow)>, EngineError> {
        let mut flows = self.tables.state.flows()?;
        flows.sort_unstable_by_key(|(tuple, _)| *tuple);
        Ok(flows)
    }

    /// The events that are waiting.
    pub fn events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let batch = drain::<(Event, EventCodes)>(&mut self.events);
            if batch.is_empty() {
                return events;
            }
            events.extend(
                batch
                    .into_iter()
                    .filter_map(Result::ok)
                    .map(|(event, _)| event),
            );
        }
    }

    /// As [`crate::Engine::counters`].
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn counters(&self) -> Result<Vec<(CounterSlot, Count)>, EngineError> {
        self.tables.counters()
    }

    /// As [`crate::Engine::event_counters`].
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn event_counters(&self) -> Result<Vec<(Reason, EventCount)>, EngineError> {
        self.tables.event_counters()
    }
}

enum RunError {
    Engine(EngineError),
    Program(ProgramError),
}

impl RunError {
    fn explain(self, runnable: Runnable) -> EngineError {
        match self {
            Self::Engine(error) => error,
            Self::Program(error) => failed(runnable, &error),
        }
    }
}

fn embedded(runnable: Runnable) -> EngineError {
    EngineError::Embedded {
        reason: format!("no program {}", runnable.name()),
    }
}

fn failed(runnable: Runnable, error: &ProgramError) -> EngineError {
    EngineError::Load {
        program: runnable.name().to_owned(),
        reason: one_line(error),
    }
}

/// `XDP_PASS` and `TC_ACT_SHOT` are the same number.
fn dropped(runnable: Runnable, result: &TestRunResult) -> bool {
    match runnable {
        Runnable::Egress | Runnable::EgressNew | Runnable::EmptyTc => {
            result.return_value == TC_DROP
        }
        _ => result.return_value == XDP_DROP,
    }
}

// SPDX-License-Identifier: MIT
//! The engine: one instance's programs, links and tables.

mod canary;
mod ground;
mod guard;
mod sets;
mod state;

use crate::EngineError;
use crate::attach::remove_orphan;
use crate::attachment::Attachment;
use crate::clock_program::run_clock;
use crate::events::{EventStream, OffenceStream};
use crate::flows::FlowFill;
use crate::follow::Followed;
use crate::object::{Constants, Object};
use crate::options::{ModeChoice, Options, TcChoice};
use crate::pins::Pins;
use crate::second::{Answerer, Second, SynCookies};
use crate::tables::{TableFill, Tables};
use aegis_abi::{Count, CounterSlot, EventCount, Header, Reason, Settings};
use aegis_policy::Change;
use aya::Ebpf;
use canary::Verdicts;
use ground::{Ground, Loading};
use guard::{Guarded, Present};
use std::collections::BTreeSet;

pub use canary::{Rehearsed, Stage};

/// Everything that one instance has in the kernel. It outlives this value, and the process: only
/// [`Engine::detach`] takes it back.
pub struct Engine {
    wanted: Vec<Wanted>,
    guarded: Vec<Guarded>,
    tables: Tables,
    header: Header,
    /// `None` while they are being loaded.
    second: Option<Second>,
    clock: Ebpf,
    events: Option<EventStream>,
    offences: Option<OffenceStream>,
    verdicts: Verdicts,
    /// Index of the interface whose packets are rehearsals; see `constant::REHEARSED`.
    rehearsed: u32,
    /// What was written last, whatever the kernel has by now.
    intended: Settings,
    /// Programs stay loaded through their links; these hold what new links need.
    objects: Vec<Loaded>,
    sources: Sources,
    mode: ModeChoice,
    tc: TcChoice,
    pins: Pins,
}

/// An interface to guard, there or not.
struct Wanted {
    name: String,
    /// What was last told of it, so that it is not told again.
    told: Option<Followed>,
}

/// The objects of interfaces of one kind.
struct Loaded {
    constants: Constants,
    xdp: Ebpf,
    tc: Ebpf,
}

/// Where the programs come from.
struct Sources {
    xdp: Object,
    tc: Object,
}

impl Engine {
    /// Loads the programs, writes policy and settings, and attaches, in that order: no packet is
    /// judged before the tables are ready. Where an earlier daemon's programs filter already, its
    /// tables are taken over and its programs replaced where they are, each at once: connections,
    /// counters and what is known of sources stay, and no packet passes unjudged.
    ///
    /// On an error nothing that was attached before is detached; of a start from nothing, nothing
    /// stays attached.
    ///
    /// # Errors
    /// [`EngineError`], with the thing and the next step named. Linux 5.10 is needed.
    pub async fn start(options: Options) -> Result<Self, EngineError> {
        let pins = Pins::at(&options.pin_dir);
        let ground = Ground::find(&pins, &options)?;
        let present = guard::survey(&options, &pins, &ground).await?;
        ground::raise_memory_limit();
        crate::probe::require()?;
        let sources = Sources {
            xdp: Object::choose(options.xdp_object.as_deref())?,
            tc: Object::choose(options.tc_object.as_deref())?,
        };
        let fresh = ground.is_fresh();
        let built = Self::assemble(ground, sources, &options, &present).await;
        if built.is_err() && fresh {
            let indices = present.iter().map(Present::index).collect();
            let removed = crate::standing::remove(&pins, &indices).await;
            removed.unwrap_or_else(|error| {
                tracing::warn!(%error, "pins could not be removed");
            });
        }
        built
    }

    /// Attaches as soon as it can. The second programs take as long to load as the first ones: where
    /// connections that began unseen are picked up anyway, they are loaded beside, and what only
    /// they judge passes until they are there.
    async fn assemble(
        ground: Ground,
        sources: Sources,
        options: &Options,
        present: &[Present],
    ) -> Result<Self, EngineError> {
        let fresh = ground.is_fresh();
        let lenient = !options.grace.is_zero() && present.iter().all(Present::fits_one_buffer);
        let rehearsed = canary::interface(present);
        let mut engine = Self::build(&ground, sources, (options, rehearsed))?;
        let second = engine.load_second()?;
        if !(fresh && lenient) {
            return engine.attach(present, fresh, second).await;
        }
        let attached = engine.guard_all(present, fresh).await;
        // Whatever came of that: nothing is to be loaded once the start has failed.
        engine.settle_second(second).await?;
        attached?;
        Ok(engine)
    }

    async fn attach(
        mut self,
        present: &[Present],
        fresh: bool,
        second: Loading,
    ) -> Result<Self, EngineError> {
        self.settle_second(second).await?;
        self.guard_all(present, fresh).await?;
        self.drop_others().await?;
        Ok(self)
    }

    async fn guard_all(&mut self, present: &[Present], fresh: bool) -> Result<(), EngineError> {
        for present in present {
            if fresh {
                remove_orphan(&present.interface).await?;
            }
            self.guard(present).await?;
        }
        Ok(())
    }

    /// Makes the kernel's tables hold these rows and no other, row by row: what both the old and
    /// the new rows say holds all the while.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn replace(&mut self, rows: &[Change]) -> Result<(), EngineError> {
        self.tables.replace(rows)
    }

    /// Writes compiled policy: all of it, or on an error none.
    ///
    /// # Errors
    /// [`EngineError::TableFull`] and [`EngineError::Table`].
    pub fn apply(&mut self, changes: &[Change]) -> Result<(), EngineError> {
        self.tables.apply(changes)
    }

    /// What is attached where, asked of the kernel now.
    ///
    /// # Errors
    /// [`EngineError::Netlink`] where it does not answer. A vanished interface is an answer.
    pub async fn attachments(&self) -> Result<Vec<Attachment>, EngineError> {
        let mut found = Vec::with_capacity(self.guarded.len());
        for guarded in &self.guarded {
            found.push(guarded.read_back().await?);
        }
        Ok(found)
    }

    /// Counters that have counted something, CPUs summed.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn counters(&self) -> Result<Vec<(CounterSlot, Count)>, EngineError> {
        self.tables.counters()
    }

    /// What became of events, by reason, CPUs summed.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn event_counters(&self) -> Result<Vec<(Reason, EventCount)>, EngineError> {
        self.tables.event_counters()
    }

    /// How full the tables are, counted in the kernel; those of connections by [`Engine::census`].
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn tables(&self, flows: &FlowFill) -> Result<Vec<TableFill>, EngineError> {
        self.tables.fill(flows)
    }

    /// The settings in force, read back.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn settings(&self) -> Result<Settings, EngineError> {
        self.tables.settings()
    }

    /// Changes the settings.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn set_settings(&mut self, settings: &Settings) -> Result<(), EngineError> {
        let seed = self.header.seed;
        let settings = self.answerer().switched(Settings { seed, ..*settings });
        self.write(settings)
    }

    /// The settings that were written last: what [`Self::settings`] should be.
    pub fn intended_settings(&self) -> &Settings {
        &self.intended
    }

    fn write(&mut self, settings: Settings) -> Result<(), EngineError> {
        self.tables.set_settings(&settings)?;
        self.intended = settings;
        Ok(())
    }

    /// Whether SYNs beyond the half-open gauge are answered with cookies, and why not.
    pub fn syn_cookies(&self) -> SynCookies {
        self.answerer().state()
    }

    fn answerer(&self) -> Answerer {
        let second = self.second.as_ref();
        second.map_or_else(Answerer::default, |second| second.answerer().clone())
    }

    /// Has SYNs answered with cookies where the host wants that by now: its switch may have been
    /// turned since settings were last written.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn follow_syn_cookies(&mut self) -> Result<(), EngineError> {
        let switched = self.answerer().switched(self.intended);
        if switched.flags == self.intended.flags {
            return Ok(());
        }
        self.write(switched)
    }

    /// Sets the programs' clock by the kernel's. They drift apart by microseconds a second;
    /// every ten seconds is plenty.
    ///
    /// # Errors
    /// [`EngineError::Load`] where the kernel does not run the program.
    pub fn synchronise_clock(&mut self) -> Result<(), EngineError> {
        run_clock(&mut self.clock)
    }

    /// The stream of offences, the first time it is asked for.
    pub fn take_offences(&mut self) -> Option<OffenceStream> {
        self.offences.take()
    }

    /// The event stream, the first time it is asked for.
    pub fn take_events(&mut self) -> Option<EventStream> {
        self.events.take()
    }

    /// Detaches everything and removes the pins.
    ///
    /// # Errors
    /// [`EngineError`] naming what is left.
    pub async fn detach(self) -> Result<(), EngineError> {
        let indices: BTreeSet<u32> = self.guarded.iter().map(Guarded::index).collect();
        let pins = self.pins.clone();
        // What this process holds open goes first.
        drop(self);
        crate::standing::remove(&pins, &indices).await
    }

    /// Lets go of everything and leaves it as it is: programs filter on by the policy of now.
    pub fn leave(self) {
        drop(self);
    }
}

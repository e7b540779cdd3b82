// SPDX-License-Identifier: MIT
//! The engine: one instance's programs, links and tables.

use crate::attach::{
    Attached, attach_tc, attach_xdp, refuse_to_replace, remove_orphan, tc_attached,
};
use crate::attachment::{Attachment, Mode};
use crate::bpffs::PinDir;
use crate::clock::monotonic_ns;
use crate::error::one_line;
use crate::events::{EventStream, OffenceStream};
use crate::flows;
use crate::interface::{Interface, XdpState};
use crate::object::{Constants, Object};
use crate::options::{Options, TcChoice};
use crate::second::{self, Answerer, SynCookies};
use crate::tables::{TableFill, Tables, take};
use crate::{Adopted, EngineError, FlowEntry, Reclaimed};
use aegis_abi::names::{program, protected, table};
use aegis_abi::{
    Count, CounterSlot, EventCount, Family, Flags, Hook, HostBucket, Reason, Settings, Source,
    StateCounter, Tuple,
};
use aegis_core::address::{Address, V4};
use aegis_core::tuple::source_tag;
use aegis_policy::Change;
use aya::Ebpf;
use aya::programs::{TestRun, TestRunOptions, Xdp};
use std::net::IpAddr;

/// Everything that one instance has in the kernel. Dropping it detaches and removes it all.
pub struct Engine {
    guarded: Vec<Guarded>,
    tables: Tables,
    seed: u32,
    answerer: Answerer,
    several_buffers: bool,
    clock: Ebpf,
    events: Option<EventStream>,
    offences: Option<OffenceStream>,
    /// Programs stay loaded through their links; these hold what new links would need.
    objects: Vec<Loaded>,
    pins: PinDir,
}

/// One hook of one interface.
struct Guarded {
    interface: String,
    index: u32,
    hook: Hook,
    attached: Attached,
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
    /// Loads the programs, writes the settings, and attaches, in that order: no packet is judged
    /// before the tables are ready. On an error nothing stays attached.
    ///
    /// # Errors
    /// [`EngineError`], with the thing and the next step named. Linux 5.10 is needed.
    pub async fn start(options: Options) -> Result<Self, EngineError> {
        let mut interfaces = Vec::with_capacity(options.interfaces.len());
        for name in &options.interfaces {
            let interface = Interface::find(name).await?;
            refuse_to_replace(&interface)?;
            interfaces.push(interface);
        }
        raise_memory_limit();
        crate::probe::require()?;
        let sources = Sources {
            xdp: Object::choose(options.xdp_object.as_deref())?,
            tc: Object::choose(options.tc_object.as_deref())?,
        };
        let pins = PinDir::create(&options.pin_dir)?;
        let seed = random_seed();
        // The embedded object comes first, so that the tables have its shapes.
        let plain = Constants {
            link: aegis_abi::Link::Ethernet,
            loopback: false,
            seed,
            flow_room: options.flow_room,
        };
        let mut clock = Object::embedded().load(plain, Some(pins.path()))?;
        let mut tables = Tables::take(&mut clock, seed)?;
        let events = EventStream::new(take(&mut clock, table::EVENTS)?)?;
        let offences = OffenceStream::new(take(&mut clock, table::OFFENCES)?)?;
        let installed = second::install(&mut clock)?;
        let answerer = installed.answerer;
        let settings = answerer.switched(initial_settings(&options, seed));
        tables.set_settings(&settings)?;
        flows::adopt(&mut tables.state, &options.adopt, &settings);
        tables.set_clock(None)?;
        load_clock(&mut clock)?;
        let mut engine = Self {
            guarded: Vec::new(),
            tables,
            seed,
            answerer,
            several_buffers: installed.several_buffers,
            clock,
            events: Some(events),
            offences: Some(offences),
            objects: Vec::new(),
            pins,
        };
        engine.synchronise_clock()?;
        for interface in &interfaces {
            remove_orphan(interface).await?;
            engine.guard(interface, &sources, &options)?;
        }
        Ok(engine)
    }

    fn guard(
        &mut self,
        interface: &Interface,
        sources: &Sources,
        options: &Options,
    ) -> Result<(), EngineError> {
        let constants = Constants {
            link: interface.link()?,
            loopback: interface.loopback,
            seed: self.seed,
            flow_room: options.flow_room,
        };
        let pins = self.pins.path().to_path_buf();
        let known = self
            .objects
            .iter()
            .position(|loaded| loaded.constants == constants);
        let at = match known {
            Some(at) => at,
            None => {
                let xdp = sources.xdp.load(constants, Some(&pins))?;
                let tc = sources.tc.load(constants, Some(&pins))?;
                self.objects.push(Loaded { constants, xdp, tc });
                self.objects.len() - 1
            }
        };
        let loaded = &mut self.objects[at];
        let attached = attach_xdp(
            (&sources.xdp, &mut loaded.xdp),
            interface,
            options.mode,
            self.several_buffers,
        )?;
        self.guarded
            .push(Guarded::new(interface, Hook::XdpIngress, attached));
        if options.tc != TcChoice::Off {
            let attached = attach_tc((&sources.tc, &mut loaded.tc), interface, options.tc)?;
            self.guarded
                .push(Guarded::new(interface, Hook::TcEgress, attached));
        }
        Ok(())
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

    /// How full the policy tables are, counted in the kernel.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn tables(&self) -> Result<Vec<TableFill>, EngineError> {
        self.tables.fill()
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
        let seed = self.seed;
        let settings = self.answerer.switched(Settings { seed, ..*settings });
        self.tables.set_settings(&settings)
    }

    /// Whether SYNs beyond the half-open gauge are answered with cookies, and why not.
    pub fn syn_cookies(&self) -> SynCookies {
        self.answerer.state()
    }

    /// Has SYNs answered with cookies where the host wants that by now: its switch may have been
    /// turned since settings were last written.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn follow_syn_cookies(&mut self) -> Result<(), EngineError> {
        let settings = self.settings()?;
        let switched = self.answerer.switched(settings);
        if switched.flags == settings.flags {
            return Ok(());
        }
        self.tables.set_settings(&switched)
    }

    /// Sets the programs' clock by the kernel's. They drift apart by microseconds a second;
    /// every ten seconds is plenty.
    ///
    /// # Errors
    /// [`EngineError::Load`] where the kernel does not run the program.
    pub fn synchronise_clock(&mut self) -> Result<(), EngineError> {
        run_clock(&mut self.clock)
    }

    /// Connections that stand, proven and half-open.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn flows(&self) -> Result<Vec<FlowEntry>, EngineError> {
        flows::list(&self.tables.state, &self.settings()?)
    }

    /// Ends a connection: its packets are dropped until it is forgotten. `false` where it is
    /// unknown.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn kill(&mut self, tuple: &Tuple) -> Result<bool, EngineError> {
        let settings = self.settings()?;
        flows::kill(&mut self.tables.state, tuple, &settings)
    }

    /// Takes over connections that stood before; those that are known stay as they are. Returns how
    /// many were added.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn adopt(&mut self, adopted: &[Adopted]) -> Result<usize, EngineError> {
        let settings = self.settings()?;
        Ok(flows::adopt(&mut self.tables.state, adopted, &settings))
    }

    /// Makes room: connections that are over leave the tables. Programs ignore them anyway.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn reclaim(&mut self) -> Result<Reclaimed, EngineError> {
        let settings = self.settings()?;
        flows::reclaim(&mut self.tables.state, &settings)
    }

    /// What is known of a source: the address, or its /64.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn source(&self, address: IpAddr) -> Result<Option<Source>, EngineError> {
        let tag = source_tag(&only_peer(address), self.settings()?.seed);
        Ok(self.tables.state.source(tag))
    }

    /// Sources that are cooling down.
    pub fn cooling(&self) -> Vec<Source> {
        let now = monotonic_ns();
        let mut sources = self.tables.state.sources();
        sources.retain(|source| source.cool_until_ns > now);
        sources
    }

    /// Forgets what a source did; `false` where nothing is known of it.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn pardon(&mut self, address: IpAddr) -> Result<bool, EngineError> {
        let tag = source_tag(&only_peer(address), self.settings()?.seed);
        Ok(self.tables.state.forget_source(tag))
    }

    /// Makes these the addresses that no cool-down may touch: those that the host needs, and its
    /// own, to which SYNs may be answered with cookies.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn set_protected(&mut self, own: &[IpAddr], needed: &[IpAddr]) -> Result<(), EngineError> {
        let needed = needed.iter().map(|address| (address, protected::NEEDED));
        // The gateway of others may be this host: what is its own counts.
        let all = needed.chain(own.iter().map(|address| (address, protected::OWN)));
        let rows: Vec<_> = all
            .map(|(&address, what)| (only_peer(address).peer, what))
            .collect();
        self.tables.state.set_protected(&rows)
    }

    /// What happened to state, CPUs summed.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn state_counters(&self) -> Result<Vec<(StateCounter, u64)>, EngineError> {
        self.tables.state.counters()
    }

    /// How full the half-open gauge is on the CPU where it is fullest, 0 to 1 and, under a flood,
    /// a little beyond.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn half_open_gauge(&self) -> Result<f64, EngineError> {
        let rate = self.settings()?.syn_host;
        let now = monotonic_ns();
        let arrivals = self.tables.state.host_bucket(HostBucket::HalfOpen)?;
        let ahead = arrivals.iter().map(|at| at.saturating_sub(now)).max();
        let room = rate.tolerance_ns.saturating_add(rate.interval_ns).max(1);
        Ok(ahead.unwrap_or(0) as f64 / room as f64)
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
    pub fn detach(self) {
        drop(self);
    }
}

impl Guarded {
    fn new(interface: &Interface, hook: Hook, attached: Attached) -> Self {
        Self {
            interface: interface.name.clone(),
            index: interface.index,
            hook,
            attached,
        }
    }

    async fn read_back(&self) -> Result<Attachment, EngineError> {
        let now = Interface::by_index(self.index).await?;
        let id = self.attached.program_id;
        let mode = match (&now, self.hook) {
            (Some(interface), Hook::XdpIngress) => match interface.xdp {
                XdpState::Native(found) if found == id => Some(Mode::Native),
                XdpState::Generic(found) if found == id => Some(Mode::Generic),
                _ => None,
            },
            (Some(interface), Hook::TcEgress) => {
                let mode = self.attached.mode;
                tc_attached(interface, mode, id).await?.then_some(mode)
            }
            (None, _) => None,
        };
        Ok(Attachment {
            interface: now.map_or_else(|| self.interface.clone(), |interface| interface.name),
            asked: self.interface.clone(),
            index: self.index,
            hook: self.hook,
            mode: mode.unwrap_or(self.attached.mode),
            program_id: id,
            program_tag: self.attached.program_tag.clone(),
            link_id: self.attached.held.id(),
            attached: mode.is_some(),
        })
    }
}

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

/// Before Linux 5.11 tables count against this limit. Where it cannot be raised, creating them
/// fails with a message of its own.
fn raise_memory_limit() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    if let Err(error) = setrlimit(Resource::Memlock, unlimited) {
        tracing::debug!(%error, "the locked-memory limit stays as it is");
    }
}

/// What holds from the first packet on.
fn initial_settings(options: &Options, seed: u32) -> Settings {
    let grace_ns = u64::try_from(options.grace.as_nanos()).unwrap_or(u64::MAX);
    let loose = match options.tc {
        TcChoice::Off => Flags::LOOSE,
        TcChoice::Auto | TcChoice::Clsact => Flags::default(),
    };
    Settings {
        seed,
        flags: options.settings.flags.with(loose),
        grace_until_ns: monotonic_ns().saturating_add(grace_ns),
        ..options.settings
    }
}

/// A connection of which only the peer is known.
fn only_peer(address: IpAddr) -> Tuple {
    let (peer, family) = match address {
        IpAddr::V4(address) => (V4::new(address.octets()).widen(), Family::V4),
        IpAddr::V6(address) => (address.octets(), Family::V6),
    };
    Tuple {
        peer,
        family: family.code(),
        ..Tuple::default()
    }
}

/// A seed that strangers cannot guess, so that they cannot make banned addresses collide. Without
/// a source of randomness it is 0: a collision then costs a refused ban, no more.
fn random_seed() -> u32 {
    let mut seed = [0; 4];
    if rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::NONBLOCK).is_err() {
        tracing::warn!("no randomness for the seed of the ban tables");
    }
    u32::from_ne_bytes(seed)
}

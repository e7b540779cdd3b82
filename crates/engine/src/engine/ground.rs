// SPDX-License-Identifier: MIT
//! What a daemon starts on: nothing, or what an earlier one has left filtering.

use super::canary::Verdicts;
use super::{Engine, Sources};
use crate::EngineError;
use crate::clock::monotonic_ns;
use crate::clock_program::load_clock;
use crate::events::{EventStream, OffenceStream};
use crate::flows;
use crate::object::{Constants, Object};
use crate::options::{Options, TcChoice};
use crate::pins::Pins;
use crate::second::{self, Second};
use crate::tables::{Tables, take};
use aegis_abi::names::table;
use aegis_abi::{ABI_VERSION, Flags, Header, Link, Settings};

/// The second programs, on their way.
pub(super) type Loading = tokio::task::JoinHandle<Result<Second, EngineError>>;

/// What is there before a start.
pub(super) enum Ground {
    /// Nothing, or pins that are attached to nothing.
    Fresh(Header),
    /// Tables, and most likely programs, of this version.
    Standing(Header),
}

impl Ground {
    /// Looks at the pins, and removes those that are of no use.
    ///
    /// # Errors
    /// [`EngineError::OtherVersion`] where programs of another version filter.
    pub(super) fn find(pins: &Pins, options: &Options) -> Result<Self, EngineError> {
        let fresh = Self::Fresh(Header::new(random_seed(), options.flow_room));
        // Without a header, or without a link that holds, nobody has judged by these tables.
        let Some(header) = pins.header()?.filter(|_| pins.filter()) else {
            pins.remove()?;
            return Ok(fresh);
        };
        if header.abi_version == ABI_VERSION {
            if header.flow_room != options.flow_room {
                tracing::warn!(
                    room = header.flow_room,
                    wanted = options.flow_room,
                    "the room for connections stays as it is until the programs are detached"
                );
            }
            return Ok(Self::Standing(header));
        }
        Err(EngineError::other_version(pins, header))
    }

    pub(super) fn is_fresh(&self) -> bool {
        matches!(self, Self::Fresh(_))
    }

    fn header(&self) -> Header {
        match self {
            Self::Fresh(header) | Self::Standing(header) => *header,
        }
    }
}

impl Engine {
    /// Tables, settings and policy, and everything loaded that attached programs go on with.
    pub(super) fn build(
        ground: &Ground,
        sources: Sources,
        (options, rehearsed): (&Options, u32),
    ) -> Result<Self, EngineError> {
        let pins = Pins::at(&options.pin_dir);
        pins.make()?;
        let header = ground.header();
        // The embedded object comes first, so that the tables have its shapes.
        let mut clock = Object::embedded().load(plain(header, rehearsed), Some(pins.path()))?;
        let tables = Tables::take(&mut clock, header.seed)?;
        let events = EventStream::new(take(&mut clock, table::EVENTS)?)?;
        let offences = OffenceStream::new(take(&mut clock, table::OFFENCES)?)?;
        let verdicts = Verdicts::take(&mut clock)?;
        load_clock(&mut clock)?;
        let mut engine = Self {
            wanted: super::guard::wanted(options),
            guarded: Vec::new(),
            tables,
            header,
            second: None,
            clock,
            events: Some(events),
            offences: Some(offences),
            verdicts,
            rehearsed,
            intended: options.settings,
            objects: Vec::new(),
            sources,
            mode: options.mode,
            tc: options.tc,
            pins,
        };
        match ground {
            Ground::Fresh(_) => engine.begin(options)?,
            Ground::Standing(_) => engine.go_on(options)?,
        }
        engine.synchronise_clock()?;
        Ok(engine)
    }

    /// Tells whether [`Engine::start`] could go on from what stands, by loading every program and
    /// attaching none.
    ///
    /// # Errors
    /// What a start would fail with.
    pub fn rehearse(options: &Options) -> Result<(), EngineError> {
        let pins = Pins::at(&options.pin_dir);
        let Some(header) = pins.header()? else {
            return Err(EngineError::NothingStands {
                path: pins.path().to_path_buf(),
            });
        };
        if header.abi_version != ABI_VERSION {
            return Err(EngineError::other_version(&pins, header));
        }
        let constants = plain(header, 0);
        let choices = [&options.xdp_object, &options.tc_object];
        for choice in choices {
            let object = Object::choose(choice.as_deref())?;
            let mut loaded = object.load(constants, Some(pins.path()))?;
            second::try_out(&mut loaded)?;
        }
        Ok(())
    }

    /// Begins to load the second programs, on a thread of its own.
    pub(super) fn load_second(&self) -> Result<Loading, EngineError> {
        let object =
            Object::embedded().load(plain(self.header, self.rehearsed), Some(self.pins.path()))?;
        Ok(tokio::task::spawn_blocking(move || Second::load(object)))
    }

    /// Waits for them, and has SYNs answered where that can be.
    pub(super) async fn settle_second(&mut self, loading: Loading) -> Result<(), EngineError> {
        let loaded = loading.await.unwrap_or_else(|error| {
            let reason = error.to_string();
            Err(EngineError::Embedded { reason })
        });
        self.second = Some(loaded?);
        self.follow_syn_cookies()
    }

    /// On tables that nobody reads yet.
    fn begin(&mut self, options: &Options) -> Result<(), EngineError> {
        let grace_ns = u64::try_from(options.grace.as_nanos()).unwrap_or(u64::MAX);
        let settings = Settings {
            grace_until_ns: monotonic_ns().saturating_add(grace_ns),
            ..self.asked(options)
        };
        self.write(settings)?;
        self.tables.apply(&options.rows)?;
        flows::adopt(&mut self.tables.state, &options.adopt, &settings);
        self.tables.set_clock(None);
        // Last: what has no header is not gone on from.
        self.pins.set_header(self.header)
    }

    /// On tables by which programs judge at this moment: connections are known already, and the
    /// clock goes right.
    fn go_on(&mut self, options: &Options) -> Result<(), EngineError> {
        let standing = self.tables.settings()?;
        self.tables.replace(&options.rows)?;
        self.write(Settings {
            generation: standing.next_generation(),
            grace_until_ns: standing.grace_until_ns,
            ..self.asked(options)
        })?;
        // What is known stays as it is; an interface may have been without a filter for a while.
        flows::adopt(&mut self.tables.state, &options.adopt, &self.intended);
        Ok(())
    }

    fn asked(&self, options: &Options) -> Settings {
        let loose = match options.tc {
            TcChoice::Off => Flags::LOOSE,
            TcChoice::Auto | TcChoice::Clsact => Flags::default(),
        };
        self.answerer().switched(Settings {
            seed: self.header.seed,
            flags: options.settings.flags.with(loose),
            ..options.settings
        })
    }
}

/// What programs are loaded with that see no link header.
fn plain(header: Header, rehearsed: u32) -> Constants {
    Constants {
        link: Link::Ethernet,
        loopback: false,
        seed: header.seed,
        flow_room: header.flow_room,
        rehearsed,
    }
}

/// Before Linux 5.11 tables count against this limit. Where it cannot be raised, creating them
/// fails with a message of its own.
pub(super) fn raise_memory_limit() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    if let Err(error) = setrlimit(Resource::Memlock, unlimited) {
        tracing::debug!(%error, "the locked-memory limit stays as it is");
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

// SPDX-License-Identifier: MIT
//! A guarded host and an attacker, on a link that carries nothing but what a test sends: counters
//! can be foretold to the packet.

use crate::stay::Stay;
use aegis_core::emit::Frame;
use aegis_testbed::counters::differences;
use aegis_testbed::{Counters, Daemon, Error, Host, Lab, Link, RawSocket, Result, assert_moved};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// EtherType for local experiments (IEEE 802): no stack answers it, no rule judges it.
const EXPERIMENTAL: u16 = 0x88b5;
/// What marks count under.
const MARK: &str = "xdp_ingress/other/not_ip";
/// How long a frame may take from one end of a link to the other on a busy machine.
const ARRIVAL: Duration = Duration::from_secs(10);
/// Frames between two marks: half of what the ring of a veth holds (`VETH_RING_SIZE`), should
/// nobody empty it meanwhile.
const BATCH: usize = 128;
/// Counters that do not move for so long will not.
const STEADY: Duration = Duration::from_millis(150);

/// The lab of most tests. Fields are dropped in this order: the daemon before its interface.
#[derive(Debug)]
pub struct Guarded {
    /// Guards `eth0` of `host`.
    pub daemon: Daemon,
    /// The attacker's end, to send from.
    pub wire: RawSocket,
    /// The guarded end, behind the ingress hook: sees what passed.
    pub behind: RawSocket,
    /// Attacker `a`, guarded `b`.
    pub link: Link,
    /// The attacker.
    pub attacker: Host,
    /// The guarded host.
    pub host: Host,
    /// Owns the namespaces.
    pub lab: Lab,
    marks: Cell<u64>,
}

impl Guarded {
    /// A quiet link and a daemon with nothing but its defaults.
    ///
    /// # Errors
    /// As [`Daemon::on`] and [`Lab::new`].
    pub fn start() -> Result<Self> {
        Self::with(&[])
    }

    /// The same with options of the daemon.
    ///
    /// # Errors
    /// As [`Guarded::start`].
    pub fn with(options: &[&str]) -> Result<Self> {
        let lab = Lab::new()?;
        let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
        let pair = lab.veth(&attacker, "eth0", &host, "eth0");
        let link = pair.quiet().without_offloads().up()?;
        let daemon = Daemon::on(&host, "eth0").options(options).start()?;
        Self::of(lab, link, daemon)
    }

    /// Of a link and a daemon that the test made.
    ///
    /// # Errors
    /// When an interface is gone.
    pub fn of(lab: Lab, link: Link, daemon: Daemon) -> Result<Self> {
        let (attacker, host) = (link.a.host().clone(), link.b.host().clone());
        let (wire, behind) = (link.a.raw()?, link.b.raw()?.promiscuous()?);
        Ok(Self {
            daemon,
            wire,
            behind,
            link,
            attacker,
            host,
            lab,
            marks: Cell::new(0),
        })
    }

    /// The beginning of a frame from the attacker to the guarded host.
    #[must_use]
    pub fn frame(&self) -> Frame {
        Frame::ethernet(self.link.a.mac().octets(), self.link.b.mac().octets())
    }

    /// A frame from any address to one on the link that nobody has: the guarded host's stack
    /// neither answers nor forwards it.
    #[must_use]
    pub fn from(&self, source: &str) -> Frame {
        match source.parse() {
            Ok(IpAddr::V4(source)) => self.frame().ipv4(source, self.nobody_v4()),
            Ok(IpAddr::V6(source)) => self.frame().ipv6(source, self.nobody_v6()),
            Err(error) => panic!("{source:?}: {error}"),
        }
    }

    /// A frame between any two addresses of a family.
    #[must_use]
    pub fn from_to(&self, source: &str, destination: &str) -> Frame {
        let [source, destination] = [source, destination].map(|text| {
            text.parse()
                .unwrap_or_else(|error| panic!("{text:?}: {error}"))
        });
        self.frame().ip(source, destination)
    }

    /// A SYN from an address to port 80.
    #[must_use]
    pub fn syn(&self, source: &str) -> Vec<u8> {
        self.from(source).tcp(40_000, 80, "S").bytes()
    }

    /// An address of the link that no host has.
    #[must_use]
    pub fn nobody_v4(&self) -> Ipv4Addr {
        let [a, b, c, _] = self.link.b.v4().octets();
        Ipv4Addr::new(a, b, c, 99)
    }

    /// As [`Guarded::nobody_v4`].
    #[must_use]
    pub fn nobody_v6(&self) -> Ipv6Addr {
        Ipv6Addr::from_bits(self.link.b.v6().to_bits() & !0xffff | 0x99)
    }

    /// Sends frames; returns those that passed the ingress hook. Marks behind them tell when all
    /// have been judged.
    ///
    /// # Errors
    /// When a frame cannot be sent, or a mark does not arrive.
    ///
    /// # Panics
    /// When the calling thread may not choose its CPU.
    pub fn past(&self, frames: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
        // From another CPU a frame may overtake the one before it.
        let _here = Stay::here().expect("a thread may choose its CPU");
        let mut passed = Vec::new();
        for batch in frames.chunks(BATCH) {
            passed.extend(self.past_at_once(batch)?);
        }
        Ok(passed)
    }

    fn past_at_once(&self, frames: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
        let number = self.marks.replace(self.marks.get() + 1).to_be_bytes();
        let mark = self
            .frame()
            .ethertype(EXPERIMENTAL)
            .payload(&[number; 8].concat())
            .bytes();
        // What peers sent earlier is not of these.
        while self.behind.receive(Duration::ZERO)?.is_some() {}
        for frame in frames {
            self.wire.send(frame)?;
        }
        self.wire.send(&mark)?;
        let mut passed = Vec::new();
        loop {
            match self.behind.receive(ARRIVAL)? {
                Some(frame) if frame == mark => return Ok(passed),
                Some(frame) => passed.push(frame),
                None => {
                    let what = "the mark behind the frames".to_owned();
                    let seen = format!("{} frames", passed.len());
                    return Err(Error::Timeout {
                        what,
                        waited: ARRIVAL,
                        seen,
                    });
                }
            }
        }
    }

    /// Fails unless the attacker's end receives exactly so many frames.
    ///
    /// # Errors
    /// When the interface is gone.
    ///
    /// # Panics
    /// When it receives fewer or more.
    #[track_caller]
    pub fn leave(&self, count: usize) -> Result<()> {
        for number in 0..count {
            let frame = self.wire.receive(ARRIVAL)?;
            assert!(frame.is_some(), "{number} of {count} frames left");
        }
        let more = self.wire.receive(Duration::from_millis(50))?;
        assert_eq!(more, None, "more than {count} frames left");
        Ok(())
    }

    /// Packets by `hook/family/reason`, without the marks of [`Guarded::past`].
    ///
    /// # Errors
    /// As [`Daemon::json`].
    pub fn counters(&self) -> Result<Counters> {
        let mut counters = counters(&self.daemon)?;
        if let Some(marks) = counters.get_mut(MARK) {
            *marks = marks.saturating_sub(self.marks.get());
        }
        Ok(counters)
    }

    /// Fails unless `work` moves exactly these counters, each by exactly so much.
    ///
    /// # Errors
    /// Those of `work` and [`Guarded::counters`].
    ///
    /// # Panics
    /// With every counter that moved otherwise.
    #[track_caller]
    pub fn moves<T>(
        &self,
        expected: &[(&str, u64)],
        work: impl FnOnce(&Self) -> Result<T>,
    ) -> Result<T> {
        let before = self.counters()?;
        let done = work(self)?;
        settle(&before, expected, || self.counters())?;
        Ok(done)
    }

    /// The counters, once nothing moves them any more: connections end after their clients do.
    ///
    /// # Errors
    /// As [`Guarded::counters`]; [`Error::Timeout`] when they go on moving.
    pub fn steady(&self) -> Result<Counters> {
        let began = Instant::now();
        let mut counters = self.counters()?;
        loop {
            std::thread::sleep(STEADY);
            let now = self.counters()?;
            if now == counters {
                return Ok(now);
            }
            if began.elapsed() > ARRIVAL {
                return Err(Error::Timeout {
                    what: "steady counters".to_owned(),
                    waited: ARRIVAL,
                    seen: format!("{now:?}"),
                });
            }
            counters = now;
        }
    }

    /// Fails unless the frame arrives behind the hook unchanged and moves this counter alone.
    ///
    /// # Errors
    /// As [`Guarded::past`].
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn passes(&self, what: &str, frame: &[u8], counter: &str) -> Result<()> {
        self.judges(what, frame, counter, true)
    }

    /// Fails unless the frame ends at the hook and moves this counter alone.
    ///
    /// # Errors
    /// As [`Guarded::past`].
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn drops(&self, what: &str, frame: &[u8], counter: &str) -> Result<()> {
        self.judges(what, frame, counter, false)
    }

    #[track_caller]
    fn judges(&self, what: &str, frame: &[u8], counter: &str, passes: bool) -> Result<()> {
        let before = self.counters()?;
        let passed = self.past(&[frame.to_vec()])?;
        let after = self.counters()?;
        let wrong = differences(&before, &after, &[(counter, 1)]);
        assert!(
            wrong.is_empty(),
            "{what}: counters moved otherwise than expected:\n{wrong}"
        );
        let expected = if passes {
            vec![frame.to_vec()]
        } else {
            Vec::new()
        };
        let verb = if passes { "passes" } else { "is dropped" };
        assert_eq!(
            passed, expected,
            "{what}: counted as {counter}, so it {verb}"
        );
        Ok(())
    }

    /// Runs a client that must succeed.
    ///
    /// # Errors
    /// [`Error::Failed`] with what it said.
    pub fn cli(&self, args: &[&str]) -> Result<String> {
        Ok(self.daemon.cli(args)?.success()?.stdout)
    }
}

/// Fails unless these counters move, each by exactly so much, and no other: the last packet may
/// still be on its way through the guarded host.
///
/// # Errors
/// Those of `counters`.
///
/// # Panics
/// With every counter that moved otherwise.
#[track_caller]
pub fn settle(
    before: &Counters,
    expected: &[(&str, u64)],
    counters: impl Fn() -> Result<Counters>,
) -> Result<Counters> {
    let began = Instant::now();
    let mut after = counters()?;
    while !differences(before, &after, expected).is_empty() && began.elapsed() < ARRIVAL {
        std::thread::sleep(Duration::from_millis(50));
        after = counters()?;
    }
    assert_moved(before, &after, expected);
    Ok(after)
}

/// Packets by `hook/family/reason`.
///
/// # Errors
/// As [`Daemon::json`]; [`Error::Unreadable`] when the answer is not what is documented.
pub fn counters(daemon: &Daemon) -> Result<Counters> {
    let stats = daemon.json(&["stats"])?;
    let unreadable = || Error::Unreadable {
        what: "the counters".to_owned(),
        text: stats.to_string(),
    };
    let rows = stats["counters"].as_array().ok_or_else(unreadable)?;
    let read = |row: &serde_json::Value| {
        let name = |key: &str| row[key].as_str();
        let name = format!("{}/{}/{}", name("hook")?, name("family")?, name("reason")?);
        Some((name, row["packets"].as_u64()?))
    };
    rows.iter()
        .map(|row| read(row).ok_or_else(unreadable))
        .collect()
}

/// An object with eBPF programs that the build has made; `None` where it is kept elsewhere.
#[must_use]
pub fn built_object(name: &str) -> Option<PathBuf> {
    // target/<profile>/deps/<test>
    let here = std::env::current_exe().ok()?;
    let mut folders = here.ancestors().skip(3).take(2);
    folders.find_map(|target| {
        let object = target.join("ebpf/objects").join(name);
        object.is_file().then_some(object)
    })
}

/// The XDP program on an interface, as the kernel tells `ip`: its mode and number.
///
/// # Errors
/// When there is no such interface.
pub fn xdp_program(host: &Host, interface: &str) -> Result<Option<(&'static str, u64)>> {
    let shown = host.ip(&["-d", "-j", "link", "show", "dev", interface])?;
    let unreadable = || Error::Unreadable {
        what: "what ip shows".to_owned(),
        text: shown.clone(),
    };
    let link: serde_json::Value = serde_json::from_str(&shown).map_err(|_| unreadable())?;
    let xdp = &link[0]["xdp"];
    let Some(id) = xdp["prog"]["id"].as_u64() else {
        return Ok(None);
    };
    match xdp["mode"].as_u64() {
        // XDP_ATTACHED_DRV and XDP_ATTACHED_SKB (linux/if_link.h).
        Some(1) => Ok(Some(("native", id))),
        Some(2) => Ok(Some(("generic", id))),
        _ => Err(unreadable()),
    }
}

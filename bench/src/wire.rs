// SPDX-License-Identifier: MIT
//! What a dropped packet costs the CPU that receives it, on a veth pair: Aegis next to nftables.
//!
//! One CPU generates frames in the kernel, the other receives them: the receiving end polls (NAPI) in
//! a thread of its own that is pinned there, so that the CPU time of this thread is what receiving
//! costs, and nothing else. Frames come as a driver's buffers, not yet as socket buffers, as they
//! do from hardware. Every filter gets the same frames at the same rate until it has taken the
//! same number. That a filter really drops is seen from the UDP socket layer, which counts what
//! reached it.

mod filter;
mod receiver;

use crate::cpu::{Pinned, usable};
use crate::flood::Flood;
use crate::frames;
use crate::measure::{Samples, Summary, interleave};
use aegis_testbed::{Host, Lab, Link, Port};
use anyhow::{Context as _, Result, ensure};
use filter::Filter;
pub(crate) use filter::with_aegis;
use receiver::Receiver;
pub(crate) use receiver::Seen;
use serde::Serialize;
use std::net::IpAddr;

/// Packets that are sent between two looks at how many were taken.
const BURST: u32 = 20_000;
/// A receiver that takes less than one in so many packets does not work at all.
const PATIENCE: u64 = 50;
/// The station that is banned. It is no station of the link: its frames are made up.
const BANNED: [u8; 4] = [20, 9, 9, 9];

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds.
    pub rounds: usize,
    /// Packets that each filter takes in each round.
    pub packets: u64,
}

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// Who dropped.
    pub filter: String,
    /// Nanoseconds of the receiving CPU for a packet.
    pub ns: Summary,
    /// How many times what Aegis takes.
    pub ratio: Summary,
    /// The least that `ratio` should be.
    pub target: Option<f64>,
}

impl Cost {
    /// Whether the target is reached, where there is one.
    pub fn held(&self) -> Option<bool> {
        self.target.map(|target| self.ratio.median >= target)
    }
}

/// Measures every filter.
///
/// # Errors
/// Without root, `nft` or a second CPU; where a filter does not drop what it should.
pub fn measure(effort: Effort) -> Result<Vec<Cost>> {
    let (generating, receiving) = both_cpus()?;
    let bench = Bench::new(receiving, BANNED.into())?;
    let pinned = Pinned::to(generating)?;
    let filters = Filter::ALL;
    let round = |filter: Filter, packets| {
        let (name, drops) = (filter.name(), filter.drops());
        let with = |port: &Port, work: Work<'_>| filter.with(port, BANNED.into(), work);
        bench.round((name, drops), packets, with)
    };
    for filter in filters {
        round(filter, effort.packets / 10)?;
    }
    let samples = interleave(effort.rounds, filters.len(), |at| {
        round(filters[at], effort.packets)
    })?;
    drop(pinned);
    let own = filters
        .iter()
        .position(|filter| *filter == Filter::Aegis)
        .unwrap_or(0);
    Ok(filters
        .iter()
        .zip(&samples)
        .map(|(filter, taken)| cost(*filter, taken, &samples[own]))
        .collect())
}

fn cost(filter: Filter, samples: &Samples, aegis: &Samples) -> Cost {
    Cost {
        filter: filter.name().to_owned(),
        ns: samples.summary(),
        ratio: samples.ratio_to(aegis).summary(),
        target: filter.target(),
    }
}

/// The CPU that generates, and the one that receives.
pub(crate) fn both_cpus() -> Result<(usize, usize)> {
    let cpus = usable()?;
    let (first, last) = (cpus.first().copied(), cpus.last().copied());
    let (Some(generating), Some(receiving)) = (first, last) else {
        anyhow::bail!("there is no CPU")
    };
    ensure!(
        generating != receiving,
        "one CPU cannot generate and receive at once; two are needed"
    );
    Ok((generating, receiving))
}

/// What a filter is set up around: it has the packets sent, and says what was seen before and after.
pub(crate) type Work<'a> = &'a (dyn Fn() -> Result<(Seen, Seen)> + Sync);

/// The link, the generator on one end and the receiver on the other.
pub(crate) struct Bench {
    receiver: Receiver,
    generating: Host,
    flood: Flood,
    // Last: the namespaces outlive what is in them.
    _lab: Lab,
}

impl Bench {
    /// Frames are of this source, received by this CPU.
    pub(crate) fn new(receiving: usize, source: IpAddr) -> Result<Self> {
        let lab = Lab::new()?;
        let (generating, guarded) = (lab.host("flood")?, lab.host("guarded")?);
        let link = lab
            .veth(&generating, "flood0", &guarded, "guard0")
            .quiet()
            .up()?;
        let receiver = Receiver::new(&link.b, receiving)?;
        let flood = Flood::new(index(&link)?, frame(&link, source))?;
        Ok(Self {
            receiver,
            generating,
            flood,
            _lab: lab,
        })
    }

    /// The port that receives.
    pub(crate) fn port(&self) -> &Port {
        self.receiver.port()
    }

    /// Nanoseconds for a packet behind a filter of this name, which drops them or lets them by; `with`
    /// sets it up around the work, on a thread in the namespace of the port.
    pub(crate) fn round(
        &self,
        (name, drops): (&str, bool),
        packets: u64,
        with: impl FnOnce(&Port, Work<'_>) -> Result<(Seen, Seen)> + Send,
    ) -> Result<f64> {
        let inside = || with(self.port(), &|| self.flow(packets));
        let (before, after) = self.port().host().enter(inside)??;
        let taken = after.packets - before.packets;
        let reached = after.reached - before.reached;
        let expected = if drops { 0 } else { taken };
        ensure!(
            reached == expected,
            "{name}: {reached} of {taken} packets reached UDP, not {expected}"
        );
        Ok((after.cpu_ns - before.cpu_ns) / taken as f64)
    }

    /// Sends until so many packets are taken, from a thread in the namespace of the receiver.
    fn flow(&self, packets: u64) -> Result<(Seen, Seen)> {
        let before = self.receiver.settled()?;
        let mut sent = 0;
        while self.receiver.taken()? < before.packets + packets {
            ensure!(
                sent < packets * PATIENCE,
                "of {sent} packets hardly any arrived"
            );
            self.generating.enter(|| self.flood.send(BURST))??;
            sent += u64::from(BURST);
        }
        Ok((before, self.receiver.settled()?))
    }
}

fn frame(link: &Link, source: IpAddr) -> Vec<u8> {
    let macs = [link.a.mac().octets(), link.b.mac().octets()];
    let local = match source {
        IpAddr::V4(_) => link.b.v4().into(),
        IpAddr::V6(_) => link.b.v6().into(),
    };
    frames::udp(macs, source, local)
}

fn index(link: &Link) -> Result<u32> {
    let name = link.a.name();
    let shown = link.a.host().ip(&["-o", "link", "show", "dev", name])?;
    let number = shown
        .split(':')
        .next()
        .and_then(|number| number.trim().parse().ok());
    number.with_context(|| format!("`ip link` does not say the index of {name}"))
}

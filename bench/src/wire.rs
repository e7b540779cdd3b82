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
use aegis_testbed::{Host, Lab, Link};
use anyhow::{Context as _, Result, ensure};
use filter::Filter;
use receiver::{Receiver, Seen};
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
    let cpus = usable()?;
    let (first, last) = (cpus.first().copied(), cpus.last().copied());
    let (Some(generating), Some(receiving)) = (first, last) else {
        anyhow::bail!("there is no CPU")
    };
    ensure!(
        generating != receiving,
        "one CPU cannot generate and receive at once; two are needed"
    );
    let bench = Bench::new(receiving)?;
    let pinned = Pinned::to(generating)?;
    let filters = Filter::ALL;
    for filter in filters {
        bench.round(filter, effort.packets / 10)?;
    }
    let samples = interleave(effort.rounds, filters.len(), |at| {
        bench.round(filters[at], effort.packets)
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

/// The link, the generator on one end and the receiver on the other.
struct Bench {
    receiver: Receiver,
    generating: Host,
    flood: Flood,
    // Last: the namespaces outlive what is in them.
    _lab: Lab,
}

impl Bench {
    fn new(receiving: usize) -> Result<Self> {
        let lab = Lab::new()?;
        let (generating, guarded) = (lab.host("flood")?, lab.host("guarded")?);
        let link = lab
            .veth(&generating, "flood0", &guarded, "guard0")
            .quiet()
            .up()?;
        let receiver = Receiver::new(&link.b, receiving)?;
        let flood = Flood::new(index(&link)?, frame(&link))?;
        Ok(Self {
            receiver,
            generating,
            flood,
            _lab: lab,
        })
    }

    /// Nanoseconds for a packet.
    fn round(&self, filter: Filter, packets: u64) -> Result<f64> {
        let inside = || filter.with(self.receiver.port(), BANNED.into(), || self.flow(packets));
        let (before, after) = self.receiver.port().host().enter(inside)??;
        let taken = after.packets - before.packets;
        let reached = after.reached - before.reached;
        let expected = if filter.drops() { 0 } else { taken };
        ensure!(
            reached == expected,
            "{}: {reached} of {taken} packets reached UDP, not {expected}",
            filter.name()
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

fn frame(link: &Link) -> Vec<u8> {
    let macs = [link.a.mac().octets(), link.b.mac().octets()];
    frames::udp(macs, IpAddr::from(BANNED), link.b.v4().into())
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

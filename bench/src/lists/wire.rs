// SPDX-License-Identifier: MIT
//! What a packet of a listed source costs the CPU that receives it and drops it, on a veth pair: Aegis
//! next to nftables with a set of the same list.
//!
//! As [`crate::wire`], which has the link, the generator and the filters of a ban. The frames are all
//! of one source, so that caches are warm for everybody. The set of nftables is loaded once for a
//! list, without what it would take to aggregate it: its ranges are those that the list comes to. It
//! is in a table that no hook leads to while Aegis is measured.

use super::generated;
use super::load::{entries, ipsum};
use crate::cpu::Pinned;
use crate::measure::{Samples, Summary, interleave};
use crate::wire::{Bench, Effort, Seen, Work, both_cpus, with_aegis};
use aegis_abi::SetAction;
use aegis_lists::image::{Image, lists_v4, lists_v6};
use aegis_lists::set::{Compiled, compile};
use aegis_lists::{Classes, IpSpan, Label};
use aegis_testbed::{Host, Port};
use anyhow::{Context as _, Result};
use serde::Serialize;
use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// How long nftables may take to load a set.
const PATIENCE: Duration = Duration::from_secs(120);
const TABLE: &str = "aegis_bench";

/// Packets that one filter dropped, by one list.
#[derive(Clone, Debug, Serialize)]
pub struct Dropped {
    /// Which list.
    pub list: String,
    /// Its ranges, single addresses included, as they are in force.
    pub ranges: usize,
    /// Who dropped.
    pub filter: &'static str,
    /// Nanoseconds of the receiving CPU for a packet; `None` where the filter could not be measured.
    pub ns: Option<Summary>,
    /// How many times what Aegis takes.
    pub ratio: Option<Summary>,
}

/// Who drops.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    Aegis,
    Prerouting,
    Ingress,
}

impl Filter {
    const ALL: [Self; 3] = [Self::Aegis, Self::Prerouting, Self::Ingress];

    fn name(self) -> &'static str {
        match self {
            Self::Aegis => "Aegis, native XDP",
            Self::Prerouting => "nftables set, raw prerouting",
            Self::Ingress => "nftables set, ingress of the device",
        }
    }
}

/// A list, as each filter has it.
struct Listed {
    what: String,
    compiled: Compiled,
    v4: Option<Image>,
    v6: Option<Image>,
    source: IpAddr,
}

/// Measures every list.
pub(super) fn measure(effort: Effort) -> Result<Vec<Dropped>> {
    let mut dropped = Vec::new();
    if let Some(text) = ipsum()? {
        let listed = entries(&text)?.into_iter().map(|entry| entry.span);
        let listed = Listed::of("ipsum, all levels", listed)?;
        dropped.extend(listed.measure(effort)?);
    }
    for count in [500_000, 1_000_000] {
        let spans = generated::v4(count).into_iter().map(|one| one.span());
        dropped.extend(Listed::of("generated, IPv4", spans)?.measure(effort)?);
    }
    let spans = generated::v6(200_000).into_iter().map(|one| one.span());
    dropped.extend(Listed::of("generated, IPv6", spans)?.measure(effort)?);
    Ok(dropped)
}

impl Listed {
    fn of(what: &str, spans: impl Iterator<Item = IpSpan>) -> Result<Self> {
        let labelled = spans.map(|span| (Label(0), span));
        let compiled = compile(labelled, &mut Classes::default());
        let (dropped, seed) = (|_| SetAction::ARRIVING, 7);
        let v4 = (!compiled.v4.is_empty()).then(|| lists_v4(&compiled.v4, dropped, seed));
        let v6 = (!compiled.v6.is_empty()).then(|| lists_v6(&compiled.v6, dropped, seed));
        let middle = |length: usize| length / 2;
        let source = match compiled.v4.get(middle(compiled.v4.len())) {
            Some(piece) => Ipv4Addr::from_bits(piece.span.first).into(),
            None => {
                let piece = compiled.v6.get(middle(compiled.v6.len()));
                Ipv6Addr::from_bits(piece.context("the list is empty")?.span.first).into()
            }
        };
        Ok(Self {
            what: what.to_owned(),
            v4: v4.transpose()?,
            v6: v6.transpose()?,
            compiled,
            source,
        })
    }

    fn ranges(&self) -> usize {
        self.compiled.v4.len() + self.compiled.v6.len()
    }

    fn measure(&self, effort: Effort) -> Result<Vec<Dropped>> {
        let (generating, receiving) = both_cpus()?;
        let bench = Bench::new(receiving, self.source)?;
        let loaded = self.load_nft(bench.port().host())?;
        let filters = match loaded {
            true => &Filter::ALL[..],
            false => &Filter::ALL[..1],
        };
        let pinned = Pinned::to(generating)?;
        let round = |filter: Filter, packets| {
            let with = |port: &Port, work: Work<'_>| self.with(filter, port, work);
            bench.round((filter.name(), true), packets, with)
        };
        for &filter in filters {
            round(filter, effort.packets / 10)?;
        }
        let samples = interleave(effort.rounds, filters.len(), |at| {
            round(filters[at], effort.packets)
        })?;
        drop(pinned);
        Ok(Filter::ALL
            .iter()
            .enumerate()
            .map(|(at, &filter)| self.told(filter, samples.get(at), &samples[0]))
            .collect())
    }

    fn told(&self, filter: Filter, own: Option<&Samples>, aegis: &Samples) -> Dropped {
        Dropped {
            list: self.what.clone(),
            ranges: self.ranges(),
            filter: filter.name(),
            ns: own.map(Samples::summary),
            ratio: own.map(|own| own.ratio_to(aegis).summary()),
        }
    }

    /// Sets the filter up, does the work, and takes the filter down.
    fn with(&self, filter: Filter, port: &Port, work: Work<'_>) -> Result<(Seen, Seen)> {
        let hook = match filter {
            Filter::Aegis => {
                let load = |engine: &mut aegis_engine::Engine| {
                    Ok(engine.set_lists(self.v4.as_ref(), self.v6.as_ref())?)
                };
                return with_aegis(port, load, work);
            }
            Filter::Prerouting => "type filter hook prerouting priority raw".to_owned(),
            Filter::Ingress => {
                format!("type filter hook ingress device {} priority 0", port.name())
            }
        };
        let address = match self.source {
            IpAddr::V4(_) => "ip saddr",
            IpAddr::V6(_) => "ip6 saddr",
        };
        let rules = format!(
            "add chain inet {TABLE} early {{ {hook}; policy accept; }}; \
             add rule inet {TABLE} early {address} @listed drop"
        );
        port.host().run("nft", &[&rules])?.success()?;
        let answer = work();
        let away = format!("delete chain inet {TABLE} early");
        port.host().run("nft", &[&away])?.success()?;
        answer
    }

    /// Loads the set; whether nftables did it in time.
    fn load_nft(&self, host: &Host) -> Result<bool> {
        let file = std::env::temp_dir().join(format!("aegis-bench-{}.nft", std::process::id()));
        fs::write(&file, self.nft_set()?)
            .with_context(|| format!("cannot write {}", file.display()))?;
        let done = host.run_for(PATIENCE, "nft", &["-f", &file.to_string_lossy()]);
        fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        match done {
            Ok(output) => output.success().map(|_| true).map_err(Into::into),
            Err(_) => Ok(false),
        }
    }

    fn nft_set(&self) -> Result<String> {
        let kind = match self.source {
            IpAddr::V4(_) => "ipv4_addr",
            IpAddr::V6(_) => "ipv6_addr",
        };
        let mut rules = format!(
            "table inet {TABLE} {{ set listed {{ type {kind}; flags interval; elements = {{\n"
        );
        let v4 = self.compiled.v4.iter().map(|piece| IpSpan::V4(piece.span));
        let v6 = self.compiled.v6.iter().map(|piece| IpSpan::V6(piece.span));
        for span in v4.chain(v6) {
            writeln!(rules, "{span},")?;
        }
        Ok(rules + "}; }; }\n")
    }
}

// SPDX-License-Identifier: MIT
//! Packets of classes, counted.

use super::mapped::Mapped;
use super::{Row, failed, take, take_array};
use crate::EngineError;
use crate::error::one_line;
use crate::sets::Hits;
use aegis_abi::names::table;
use aegis_abi::set::class;
use aegis_abi::{Count, HitBlock};
use aya::Ebpf;
use aya::maps::{MapData, PerCpuArray};
use std::os::fd::AsFd as _;
use std::sync::atomic::Ordering;

type Blocks = PerCpuArray<MapData, Row<HitBlock>>;

/// What programs have counted, by class.
pub(crate) struct HitTables {
    dropped: Blocks,
    watched: Blocks,
    places: MapData,
}

impl HitTables {
    pub(super) fn take(ebpf: &mut Ebpf) -> Result<Self, EngineError> {
        Ok(Self {
            dropped: take(ebpf, table::SET_HITS)?,
            watched: take(ebpf, table::SET_WATCHED)?,
            places: take_array(ebpf, table::PLACE_HITS)?,
        })
    }

    /// Classes of lists that have counted something, by number, CPUs summed.
    pub(crate) fn lists(&self) -> Result<Vec<(u32, Hits)>, EngineError> {
        let mut counted = Vec::new();
        for block in 0..HitBlock::BLOCKS {
            let dropped = sum(table::SET_HITS, &self.dropped, block)?;
            let watched = sum(table::SET_WATCHED, &self.watched, block)?;
            let both = dropped.0.iter().zip(&watched.0);
            let hits = both.map(|(&dropped, &watched)| Hits { dropped, watched });
            let classes = block * HitBlock::CLASSES..;
            counted.extend(
                classes
                    .zip(hits)
                    .filter(|(_, hits)| *hits != Hits::default()),
            );
        }
        Ok(counted)
    }

    /// The same of places.
    pub(crate) fn places(&self) -> Result<Vec<(u32, Count)>, EngineError> {
        let length = class::PLACES as usize * size_of::<Count>();
        let mapped = Mapped::of(table::PLACE_HITS, self.places.fd().as_fd(), length)?;
        let (counts, _) = mapped.long_words().as_chunks::<2>();
        let counts = counts.iter().map(|[packets, bytes]| Count {
            packets: packets.load(Ordering::Relaxed),
            bytes: bytes.load(Ordering::Relaxed),
        });
        let counted = (0..).zip(counts).filter(|(_, count)| count.packets != 0);
        Ok(counted.collect())
    }
}

fn sum(name: &'static str, blocks: &Blocks, block: u32) -> Result<HitBlock, EngineError> {
    let cpus = blocks.get(&block, 0);
    let cpus = cpus.map_err(|error| failed(name, one_line(&error)))?;
    let mut sum = HitBlock([Count::default(); HitBlock::CLASSES as usize]);
    for Row(cpu) in cpus.iter() {
        for (sum, count) in sum.0.iter_mut().zip(&cpu.0) {
            sum.packets = sum.packets.wrapping_add(count.packets);
            sum.bytes = sum.bytes.wrapping_add(count.bytes);
        }
    }
    Ok(sum)
}

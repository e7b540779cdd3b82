// SPDX-License-Identifier: MIT
//! The table of touched groups. It has two writers: the policy says where bans and allowlist entries
//! are, the sets where lists are, and neither knows of the other's marks.

use super::mapped::Mapped;
use super::{Row, failed};
use crate::EngineError;
use crate::error::one_line;
use aegis_abi::TouchedLine;
use aegis_abi::tables::touched::{EVERY, LINES, LISTS};
use aegis_lists::image::Touched;
use aya::Ebpf;
use aya::maps::{Array, IterableMap as _, MapData};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// The marks of lists in a word.
const OF_LISTS: u64 = EVERY * LISTS;
const WORDS_PER_LINE: usize = 8;

/// One family's table.
pub(crate) struct TouchedTable {
    name: &'static str,
    array: Array<MapData, Row<TouchedLine>>,
}

impl TouchedTable {
    pub(super) fn take(ebpf: &mut Ebpf, name: &'static str) -> Result<Self, EngineError> {
        let array = super::take(ebpf, name)?;
        Ok(Self { name, array })
    }

    /// What the policy says of a line.
    pub(super) fn line(&self, at: u32) -> Result<TouchedLine, EngineError> {
        let whole = self.whole_line(at)?;
        Ok(TouchedLine(whole.0.map(|word| word & !OF_LISTS)))
    }

    /// Changes what the policy says of a line.
    pub(super) fn set_line(&mut self, at: u32, value: TouchedLine) -> Result<(), EngineError> {
        let mut line = self.whole_line(at)?;
        for (word, value) in line.0.iter_mut().zip(value.0) {
            *word = *word & OF_LISTS | value & !OF_LISTS;
        }
        let written = self.array.set(at, Row(line), 0);
        written.map_err(|error| failed(self.name, one_line(&error)))
    }

    /// Lines of which the policy says something.
    pub(super) fn lines(&self) -> Result<Vec<u32>, EngineError> {
        let mapped = self.mapped()?;
        let (lines, _) = mapped.long_words().as_chunks::<WORDS_PER_LINE>();
        let says = |line: &[AtomicU64]| {
            let mut words = line.iter();
            words.any(|word| word.load(Ordering::Relaxed) & !OF_LISTS != 0)
        };
        let told = lines.iter().zip(0..).filter(|(line, _)| says(*line));
        Ok(told.map(|(_, at)| at).collect())
    }

    /// Marks what lists concern, besides what is marked already.
    pub(super) fn add_lists(&self, lists: &Touched) -> Result<(), EngineError> {
        self.each_word(lists, |word, marks| {
            if marks != 0 {
                word.fetch_or(marks, Ordering::Relaxed);
            }
        })
    }

    /// Removes the marks of other lists than these.
    pub(super) fn keep_lists(&self, lists: &Touched) -> Result<(), EngineError> {
        self.each_word(lists, |word, marks| {
            let stale = word.load(Ordering::Relaxed) & OF_LISTS & !marks;
            if stale != 0 {
                word.fetch_and(!stale, Ordering::Relaxed);
            }
        })
    }

    fn each_word(
        &self,
        lists: &Touched,
        change: impl Fn(&AtomicU64, u64),
    ) -> Result<(), EngineError> {
        let mapped = self.mapped()?;
        let (lines, _) = mapped.long_words().as_chunks::<WORDS_PER_LINE>();
        for (line, at) in lines.iter().zip(0..) {
            let marks = lists.line(at).0;
            line.iter()
                .zip(marks)
                .for_each(|(word, marks)| change(word, marks));
        }
        Ok(())
    }

    /// Eight MiB, so not for longer than needed: what is mapped counts as the daemon's.
    fn mapped(&self) -> Result<Mapped, EngineError> {
        let length = LINES as usize * size_of::<TouchedLine>();
        Mapped::of(self.name, self.array.map().fd().as_fd(), length)
    }

    fn whole_line(&self, at: u32) -> Result<TouchedLine, EngineError> {
        let row = self.array.get(&at, 0);
        row.map(|row| row.0)
            .map_err(|error| failed(self.name, one_line(&error)))
    }
}

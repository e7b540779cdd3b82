// SPDX-License-Identifier: MIT
//! Lists that overlap in more ways than the kernel can tell apart.
//!
//! What happens to an address is never touched, only what can be said of why. Categories go first: of
//! the list that has most of them, then of the next, as far as it takes. Where lists as such overlap in
//! too many ways, of the rarest combinations only those lists are named that decide: without the others
//! the same would happen. That holds for as long as lists do what they do, so that sets are built anew
//! once one of them is switched.

use super::book::Actions;
use super::build::Part;
use aegis_abi::SetAction;
use aegis_abi::set::class;
use aegis_lists::set::{Compiled, Weight};
use aegis_lists::{ClassId, Classes, Label};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Ways that can be told apart.
pub const MOST: usize = class::LISTS as usize - 1;
/// Combinations that are named whole, where not all of them can be: those of most addresses.
const WHOLE: usize = MOST / 2;

/// What is not told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coarse {
    /// Ways in which lists and their categories overlap.
    pub ways: usize,
    /// Lists whose categories are not told apart, those with most of them first.
    pub lists: Vec<String>,
    /// Combinations of lists of which not all are named.
    pub shortened: usize,
}

impl fmt::Display for Coarse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways = self.ways;
        write!(
            f,
            "lists and categories overlap in {ways} ways, of which {MOST} can be told apart"
        )?;
        if !self.lists.is_empty() {
            let lists = self.lists.join(", ");
            write!(f, "; so one category stands for all, of {lists}")?;
        }
        if self.shortened > 0 {
            let shortened = self.shortened;
            write!(
                f,
                "; and of {shortened} combinations of lists, the rarest, only those count that decide"
            )?;
        }
        f.write_str("; what is dropped is the same")
    }
}

/// Lists laid over each other in few enough ways.
#[derive(Debug)]
pub struct Coarser {
    /// By other classes.
    pub compiled: Compiled,
    /// What those stand for.
    pub classes: Classes,
    /// What is not told apart.
    pub coarse: Coarse,
}

/// Tells less apart, so that it fits; where it cannot, as little as there is.
pub fn coarsen(
    compiled: &Compiled,
    classes: &Classes,
    parts: &[Part],
    actions: &Actions,
) -> Coarser {
    let ways = ways(compiled, classes);
    let mut telling = Telling::of(parts, actions);
    let lists = telling.fold_enough(&ways, parts);
    for whole in [WHOLE, 0] {
        if telling.count(&ways) > MOST {
            telling.name_whole(&ways, whole);
        }
    }
    let shortened = telling.shortened(&ways);
    let mut fewer = Classes::default();
    let told = |(class, labels, _): &Way| (*class, fewer.of(&telling.told(labels)));
    let told: HashMap<ClassId, ClassId> = ways.iter().map(told).collect();
    Coarser {
        compiled: compiled.reclassed(|class| told.get(&class).copied().unwrap_or_default()),
        classes: fewer,
        coarse: Coarse {
            ways: ways.len(),
            lists,
            shortened,
        },
    }
}

/// A class that has addresses, what it stands for, and how many.
type Way<'a> = (ClassId, &'a [Label], Weight);

fn ways<'a>(compiled: &Compiled, classes: &'a Classes) -> Vec<Way<'a>> {
    let used = compiled.weights.iter();
    used.map(|&(class, weight)| (class, classes.labels(class), weight))
        .collect()
}

/// How much is told of which combination.
struct Telling {
    /// The label that stands for all of its list.
    folded: HashMap<Label, Label>,
    /// Combinations that are named whole; `None`: all.
    whole: Option<HashSet<Vec<Label>>>,
    /// Who decides first, and what: whoever says most, then in the order of the configuration.
    deciding: HashMap<Label, (usize, SetAction)>,
}

impl Telling {
    /// Everything.
    fn of(parts: &[Part], actions: &Actions) -> Self {
        let labels = parts.iter().flat_map(|part| &part.labels);
        let mut says: Vec<(Label, SetAction)> = labels
            .map(|label| (*label, actions.of_label(*label)))
            .collect();
        says.sort_by_key(|(_, action)| Reverse(action.0.count_ones()));
        let ranked = says.into_iter().enumerate();
        Self {
            folded: HashMap::new(),
            whole: None,
            deciding: ranked
                .map(|(rank, (label, action))| (label, (rank, action)))
                .collect(),
        }
    }

    /// Categories of as few lists as it takes are not told apart, of those first that have most of
    /// them. Which.
    fn fold_enough(&mut self, ways: &[Way<'_>], parts: &[Part]) -> Vec<String> {
        let mut rich: Vec<&Part> = parts.iter().filter(|part| part.labels.len() > 1).collect();
        rich.sort_by_key(|part| Reverse(part.labels.len()));
        let numbers: Vec<usize> = (0..rich.len()).collect();
        let enough = numbers.partition_point(|&lists| {
            self.fold(&rich[..lists]);
            self.count(ways) > MOST
        });
        self.fold(&rich[..enough]);
        let names = rich[..enough].iter().map(|part| part.name.clone());
        names.collect()
    }

    fn fold(&mut self, parts: &[&Part]) {
        let one = |part: &&Part| -> Vec<(Label, Label)> {
            let usual = part.labels.first().copied();
            let labels = part.labels.iter();
            usual.map_or_else(Vec::new, |usual| {
                labels.map(|label| (*label, usual)).collect()
            })
        };
        self.folded = parts.iter().flat_map(one).collect();
    }

    /// Only so many combinations are named whole, those of most addresses.
    fn name_whole(&mut self, ways: &[Way<'_>], most: usize) {
        let mut weights: HashMap<Vec<Label>, (u64, u128)> = HashMap::new();
        for (_, labels, weight) in ways {
            let (v4, v6) = weights.entry(self.fold_of(labels)).or_default();
            (*v4, *v6) = (*v4 + weight.v4, v6.saturating_add(weight.v6));
        }
        let mut ranked: Vec<(Vec<Label>, (u64, u128))> = weights.into_iter().collect();
        ranked.sort_unstable_by(|(a, heavy), (b, light)| light.cmp(heavy).then_with(|| a.cmp(b)));
        let whole = ranked.into_iter().take(most).map(|(labels, _)| labels);
        self.whole = Some(whole.collect());
    }

    fn fold_of(&self, labels: &[Label]) -> Vec<Label> {
        let folded = labels.iter();
        let folded = folded.map(|label| self.folded.get(label).copied().unwrap_or(*label));
        let mut folded: Vec<Label> = folded.collect();
        folded.sort_unstable();
        folded.dedup();
        folded
    }

    /// What stands for a combination.
    fn told(&self, labels: &[Label]) -> Vec<Label> {
        let folded = self.fold_of(labels);
        match &self.whole {
            Some(whole) if !whole.contains(&folded) => self.decide(folded),
            _ => folded,
        }
    }

    /// Those without which something else would happen; where nothing does, the first.
    fn decide(&self, labels: Vec<Label>) -> Vec<Label> {
        let said = |label: Label| self.deciding.get(&label).copied().unwrap_or_default();
        let mut labels = labels;
        labels.sort_by_key(|label| said(*label).0);
        let (mut all, mut deciding) = (SetAction::NONE, Vec::new());
        for label in labels {
            let with = all.with(said(label).1);
            if with != all || deciding.is_empty() {
                deciding.push(label);
            }
            all = with;
        }
        deciding.sort_unstable();
        deciding
    }

    /// How many ways are told apart.
    fn count(&self, ways: &[Way<'_>]) -> usize {
        let told: HashSet<Vec<Label>> = ways
            .iter()
            .map(|(_, labels, _)| self.told(labels))
            .collect();
        told.len()
    }

    /// How many combinations are not named whole.
    fn shortened(&self, ways: &[Way<'_>]) -> usize {
        let folded: HashSet<Vec<Label>> = ways
            .iter()
            .map(|(_, labels, _)| self.fold_of(labels))
            .collect();
        let short = folded.iter().filter(|labels| self.told(labels) != **labels);
        short.count()
    }
}

#[cfg(test)]
mod tests;

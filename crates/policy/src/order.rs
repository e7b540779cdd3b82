// SPDX-License-Identifier: MIT
//! Which of many gives way first: what could be spoofed before what is proven, so that packets in
//! other names do not free whoever attacked in their own.

use crate::Target;
use std::collections::BTreeSet;

/// Targets by proof, then by rank.
#[derive(Clone, Debug)]
pub(crate) struct Order<R> {
    unproven: BTreeSet<(R, Target)>,
    proven: BTreeSet<(R, Target)>,
}

impl<R> Default for Order<R> {
    fn default() -> Self {
        Self {
            unproven: BTreeSet::new(),
            proven: BTreeSet::new(),
        }
    }
}

impl<R: Copy + Ord> Order<R> {
    fn of(&mut self, proven: bool) -> &mut BTreeSet<(R, Target)> {
        if proven {
            &mut self.proven
        } else {
            &mut self.unproven
        }
    }

    pub(crate) fn insert(&mut self, (proven, rank): (bool, R), target: Target) {
        self.of(proven).insert((rank, target));
    }

    pub(crate) fn remove(&mut self, (proven, rank): (bool, R), target: Target) {
        self.of(proven).remove(&(rank, target));
    }

    pub(crate) fn len(&self) -> usize {
        self.unproven.len() + self.proven.len()
    }

    /// So many, in the order in which they give way: the proven up to `over`, then the unproven,
    /// then the other proven.
    pub(crate) fn first(&self, count: usize, over: R) -> impl Iterator<Item = Target> {
        let is_spent = move |(rank, _): &&(R, Target)| *rank <= over;
        let spent = self.proven.iter().take_while(is_spent);
        let proven = self.proven.iter().skip_while(is_spent);
        let all = spent.chain(&self.unproven).chain(proven);
        all.take(count).map(|(_, target)| *target)
    }

    /// Every one up to `over`.
    pub(crate) fn up_to(&self, over: R) -> Vec<Target> {
        let spent = |ranked: &BTreeSet<(R, Target)>| -> Vec<Target> {
            let spent = ranked.iter().take_while(|(rank, _)| *rank <= over);
            spent.map(|(_, target)| *target).collect()
        };
        [spent(&self.unproven), spent(&self.proven)].concat()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Target> {
        let all = self.unproven.iter().chain(&self.proven);
        all.map(|(_, target)| *target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_spent_gives_way_first_then_the_unproven_then_the_proven() {
        let mut order = Order::default();
        assert_eq!(order.first(9, 9).count(), 0);
        let (early, late) = (target("192.0.2.1"), target("192.0.2.2"));
        let (proven, other) = (target("192.0.2.3"), target("192.0.2.4"));
        order.insert((true, 2), other);
        order.insert((true, 1), proven);
        order.insert((false, 8), late);
        order.insert((false, 7), early);
        let first =
            |order: &Order<u8>, count, over| -> Vec<Target> { order.first(count, over).collect() };
        assert_eq!(first(&order, 9, 0), [early, late, proven, other]);
        assert_eq!(first(&order, 3, 1), [proven, early, late]);
        assert_eq!(first(&order, 3, 2), [proven, other, early]);
        assert_eq!(first(&order, 0, 9), []);
        assert_eq!((order.len(), order.iter().count()), (4, 4));
        assert_eq!(order.up_to(1), [proven]);
        assert_eq!(order.up_to(7), [early, proven, other]);
        order.remove((false, 7), early);
        order.remove((true, 8), late);
        assert_eq!(first(&order, 9, 0), [late, proven, other]);
    }
}

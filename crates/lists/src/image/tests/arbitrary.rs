// SPDX-License-Identifier: MIT
//! The kernel reads what it is given: a look-up ends, and does not panic, whatever the lines say.

use super::*;
use aegis_core::address::{V4, V6};
use std::cell::Cell;

/// Lines of whoever, and how many were read.
#[derive(Debug)]
struct Anything {
    head: SetHead,
    lines: Vec<SetLine>,
    read: Cell<u32>,
}

impl SetLines for Anything {
    fn head(&self) -> &SetHead {
        &self.head
    }

    fn line(&self, at: u32) -> Option<&SetLine> {
        self.read.set(self.read.get() + 1);
        // Every line leads somewhere: what is out of reach would end the look-up.
        self.lines.get(at as usize % self.lines.len())
    }

    fn actions(&self, _: u32) -> ClassActions {
        ClassActions::NONE
    }
}

/// A word that leads on, more often than not.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        (0..8_u32, any::<u32>()).prop_map(|(depth, line)| aegis_core::set::tree::node(depth, line)),
        any::<u32>(),
        Just(0),
        Just(u32::MAX),
    ]
}

fn anything() -> impl Strategy<Value = Anything> {
    let lines = proptest::collection::vec(proptest::array::uniform16(word()), 1..20);
    (lines, proptest::array::uniform16(any::<u32>())).prop_map(|(lines, head)| Anything {
        head: zerocopy::transmute!(head),
        lines: lines.into_iter().map(SetLine).collect(),
        read: Cell::new(0),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_look_up_ends_whatever_the_lines_say(set in anything(), address: u128, marks: u64) {
        let (v4, v6) = (V4::new((address as u32).to_be_bytes()), V6::new(address.to_be_bytes()));
        let looks: [&dyn Fn() -> u32; 4] = [
            &|| look_up(&set, v4, marks),
            &|| look_up(&set, v6, marks),
            &|| place(&set, v4),
            &|| place(&set, v6),
        ];
        for look in looks {
            set.read.set(0);
            look();
            prop_assert!(set.read.get() <= 30, "{} lines", set.read.get());
        }
    }
}

// SPDX-License-Identifier: MIT
//! What holds of every key.

use super::*;
use crate::config::SECTIONS;
use std::collections::BTreeSet;

#[test]
fn names_and_variables_are_used_once_and_every_section_is_known() {
    let names: BTreeSet<_> = KEYS.iter().map(Key::name).collect();
    let variables: BTreeSet<_> = KEYS.iter().map(Key::variable).collect();
    assert_eq!((names.len(), variables.len()), (KEYS.len(), KEYS.len()));
    for key in KEYS {
        assert!(
            SECTIONS.iter().any(|section| section.name == key.section()),
            "{key:?}"
        );
        assert_eq!(Key::named(key.name()), Some(key));
    }
}

#[test]
fn keys_of_a_section_stand_together_in_the_order_of_sections() {
    let mut order: Vec<&str> = KEYS.iter().map(Key::section).collect();
    order.dedup();
    let sections: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
    assert_eq!(order, sections);
}

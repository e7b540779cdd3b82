// SPDX-License-Identifier: MIT
//! No program has become much harder for the verifier than the committed budget says.

use aegis_bench::budget;
use aegis_testbed::{Need, require};

#[test]
fn every_program_keeps_within_the_budget_of_the_verifier() {
    require!(Need::Root, Need::Kernel(5, 16));
    let programs = budget::check().unwrap();
    let complaints: Vec<String> = programs
        .iter()
        .filter_map(budget::Program::complaint)
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

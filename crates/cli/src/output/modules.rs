// SPDX-License-Identifier: MIT
//! Modules.

use super::table::{Align, Table};
use aegis_api::{Module, ModuleAnswer};

fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// Every module.
pub fn list(modules: &[Module]) -> String {
    let mut table = Table::new(["MODULE", "", "WHAT IT DOES"], [Align::Left; 3]);
    for module in modules {
        table.row([
            module.name.clone(),
            word(module.on).to_owned(),
            module.summary.clone(),
        ]);
    }
    table.render()
}

/// What `module on` and `module off` did.
pub fn switched(answer: &ModuleAnswer, on: bool) -> String {
    let word = word(on);
    match answer.changed.as_slice() {
        [] => format!("already {word}"),
        changed => format!("switched {word}: {}", changed.join(", ")),
    }
}

/// Names of those that are on, and of those that are off.
pub fn summary(modules: &[Module]) -> String {
    let names = |on: bool| -> Vec<&str> {
        let such = modules.iter().filter(|module| module.on == on);
        such.map(|module| module.name.as_str()).collect()
    };
    let side = |on: bool| {
        let names = names(on);
        (!names.is_empty()).then(|| format!("{} {}", names.join(", "), word(on)))
    };
    [side(true), side(false)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(name: &str, on: bool) -> Module {
        Module {
            name: name.to_owned(),
            on,
            summary: format!("does {name}"),
        }
    }

    #[test]
    fn modules_are_a_table_and_a_line() {
        let modules = [module("port_scan", true), module("verbose", false)];
        let expected = "\
MODULE          WHAT IT DOES
port_scan  on   does port_scan
verbose    off  does verbose";
        assert_eq!(list(&modules), expected);
        assert_eq!(summary(&modules), "port_scan on; verbose off");
    }

    #[test]
    fn a_switch_says_what_it_changed() {
        let answer = |changed: &[&str]| ModuleAnswer {
            changed: changed.iter().map(|&name| name.to_owned()).collect(),
            modules: Vec::new(),
        };
        assert_eq!(switched(&answer(&[]), true), "already on");
        let both = answer(&["port_scan", "conn_track"]);
        assert_eq!(
            switched(&both, false),
            "switched off: port_scan, conn_track"
        );
    }
}

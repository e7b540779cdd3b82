// SPDX-License-Identifier: MIT
//! Switching modules.

use super::request;
use crate::message::{Change, Effect};
use crate::model::Model;
use aegis_api::{ALL_MODULES, ModuleRequest};

/// The module whose key that is.
pub fn toggle(model: &mut Model, number: usize) -> Vec<Effect> {
    let Some(module) = model.modules.get(number) else {
        return vec![];
    };
    let on = !module.on;
    let names = vec![module.name.clone()];
    let effects = request(model, Change::Switch(ModuleRequest { names, on }));
    if !effects.is_empty() {
        // So that the same key, pressed before the daemon has answered, switches back.
        model.modules[number].on = on;
    }
    effects
}

/// All of them: off where all are on, else on. Nothing, as long as nobody knows which are on.
pub fn toggle_all(model: &mut Model) -> Vec<Effect> {
    if model.modules.is_empty() {
        return vec![];
    }
    let mut detectors = model
        .modules
        .iter()
        .filter(|module| module.name != "verbose");
    let on = !detectors.all(|module| module.on);
    let names = vec![ALL_MODULES.to_owned()];
    request(model, Change::Switch(ModuleRequest { names, on }))
}

#[cfg(test)]
mod tests;

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
    let wanted = ModuleRequest {
        name: module.name.clone(),
        on: !module.on,
    };
    request(model, Change::Switch(wanted))
}

/// All of them: off where all are on, else on.
pub fn toggle_all(model: &mut Model) -> Vec<Effect> {
    let mut detectors = model
        .modules
        .iter()
        .filter(|module| module.name != "verbose");
    let on = !detectors.all(|module| module.on);
    let name = ALL_MODULES.to_owned();
    request(model, Change::Switch(ModuleRequest { name, on }))
}

// SPDX-License-Identifier: MIT
//! Modules, switched for every connection at its next packet.

use super::Owner;
use crate::error::from_engine;
use crate::modules;
use aegis_abi::Settings;
use aegis_api::{ApiError, ModuleAnswer, ModuleList, ModuleRequest};

impl Owner {
    pub(super) fn modules(&self) -> Result<ModuleList, ApiError> {
        let settings = self
            .engine
            .settings()
            .map_err(|error| from_engine(&error))?;
        let modules = modules::list(settings.flags);
        Ok(ModuleList { modules })
    }

    pub(super) fn switch(&mut self, request: &ModuleRequest) -> Result<ModuleAnswer, ApiError> {
        let chosen = modules::chosen(&request.names)?;
        let settings = self
            .engine
            .settings()
            .map_err(|error| from_engine(&error))?;
        let flags = modules::switched(settings.flags, &chosen, request.on);
        if flags != settings.flags {
            let changed = Settings {
                flags,
                // Connections that are known are judged anew.
                generation: settings.next_generation(),
                ..settings
            };
            let written = self.engine.set_settings(&changed);
            written.map_err(|error| from_engine(&error))?;
            self.canary.soon();
            self.follow_module(flags);
        }
        let differs = |module: &modules::Definition| {
            settings.flags.has(module.flag) != flags.has(module.flag)
        };
        Ok(ModuleAnswer {
            changed: chosen
                .into_iter()
                .filter(differs)
                .map(|module| module.name.to_owned())
                .collect(),
            modules: modules::list(flags),
        })
    }
}

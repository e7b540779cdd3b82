// SPDX-License-Identifier: MIT
//! `module`: detectors, on and off.

use crate::arguments::{GlobalOptions, ModuleVerb};
use crate::failure::{Failure, exit};
use crate::output::{self, modules};
use aegis_api::ModuleRequest;

/// Takes effect at the next packet.
pub async fn run(options: &GlobalOptions, action: &ModuleVerb) -> Result<u8, Failure> {
    let (names, on) = match action {
        ModuleVerb::List => {
            let answer = options.client()?.modules().await?;
            output::answer(options.json, &answer, || modules::list(&answer.modules))?;
            return Ok(exit::DONE);
        }
        ModuleVerb::On { names } => (names.clone(), true),
        ModuleVerb::Off { names } => (names.clone(), false),
    };
    let request = ModuleRequest { names, on };
    let answer = options.client()?.switch(&request).await?;
    output::answer(options.json, &answer, || modules::switched(&answer, on))?;
    Ok(exit::DONE)
}

// SPDX-License-Identifier: MIT
//! `module`: detectors, on and off.

use crate::arguments::{GlobalOptions, ModuleVerb};
use crate::failure::{Failure, exit};
use crate::output::{self, modules};
use aegis_api::ModuleRequest;

/// Takes effect at the next packet.
pub async fn run(options: &GlobalOptions, action: &ModuleVerb) -> Result<u8, Failure> {
    let (name, on) = match action {
        ModuleVerb::List => {
            let answer = options.client()?.modules().await?;
            output::answer(options.json, &answer, || modules::list(&answer.modules))?;
            return Ok(exit::DONE);
        }
        ModuleVerb::On { name } => (name.clone(), true),
        ModuleVerb::Off { name } => (name.clone(), false),
    };
    let request = ModuleRequest { name, on };
    let answer = options.client()?.switch(&request).await?;
    output::answer(options.json, &answer, || modules::switched(&answer, on))?;
    Ok(exit::DONE)
}

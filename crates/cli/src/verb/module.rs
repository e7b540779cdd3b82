// SPDX-License-Identifier: MIT
//! `module`: detectors, on and off.

use crate::arguments::{GlobalOptions, ModuleVerb};
use crate::failure::{Failure, exit};
use crate::output::{self, modules};

/// Takes effect at the next packet.
pub async fn run(options: &GlobalOptions, action: &ModuleVerb) -> Result<u8, Failure> {
    let Some(request) = action.request() else {
        let answer = options.client()?.modules().await?;
        output::answer(options.json, &answer, || modules::list(&answer.modules))?;
        return Ok(exit::DONE);
    };
    let answer = options.client()?.switch(&request).await?;
    output::answer(options.json, &answer, || {
        modules::switched(&answer, request.on)
    })?;
    Ok(exit::DONE)
}

// SPDX-License-Identifier: MIT
//! `feeds`: lists that others keep. One action a file, but for those that only ask.

mod begun;
mod load;
mod offline;
mod test;
mod update;

use crate::arguments::{FeedsVerb, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::output::{self, lists};
use aegis_api::{ListAction, ListReleaseRequest, ListRemoveRequest, ListSwitchRequest};

/// Runs an action.
pub async fn run(options: &GlobalOptions, action: &FeedsVerb) -> Result<u8, Failure> {
    match action {
        FeedsVerb::Update { name } => return update::run(options, name.as_deref()).await,
        FeedsVerb::Load(arguments) => return load::run(options, arguments).await,
        FeedsVerb::Test(arguments) => return test::run(options, arguments).await,
        FeedsVerb::Release { name } => return release(options, name).await,
        FeedsVerb::List => {
            let answer = options.client()?.lists().await?;
            output::answer(options.json, &answer, || lists::list(&answer))?;
        }
        FeedsVerb::Stats => {
            let answer = options.client()?.lists().await?;
            output::answer(options.json, &answer, || lists::stats(&answer))?;
        }
        FeedsVerb::Show { name } => {
            let answer = options.client()?.list(name).await?;
            output::answer(options.json, &answer, || lists::show(&answer))?;
        }
        FeedsVerb::Remove { name } => {
            let request = ListRemoveRequest { name: name.clone() };
            let answer = options.client()?.remove_list(&request).await?;
            output::answer(options.json, &answer, || format!("{name} is removed"))?;
        }
        FeedsVerb::Enable { name, action } => {
            switch(options, name, true, *action).await?;
        }
        FeedsVerb::Disable { name } => switch(options, name, false, None).await?,
    }
    Ok(exit::DONE)
}

async fn switch(
    options: &GlobalOptions,
    name: &str,
    on: bool,
    action: Option<ListAction>,
) -> Result<(), Failure> {
    let request = ListSwitchRequest {
        name: name.to_owned(),
        enabled: Some(on),
        action,
    };
    let answer = options.client()?.switch_list(&request).await?;
    output::answer(options.json, &answer, || lists::switched(&answer))
}

async fn release(options: &GlobalOptions, name: &str) -> Result<u8, Failure> {
    let client = options.client()?;
    let request = ListReleaseRequest {
        name: name.to_owned(),
    };
    let begun = client.release_list(&request).await?;
    begun::wait(options, &client, &begun).await
}

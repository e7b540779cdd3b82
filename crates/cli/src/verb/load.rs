// SPDX-License-Identifier: MIT
//! `load`: a prompt. It is a client of the daemon that guards the interfaces; where there is none, it
//! runs one in its own process, which filters for as long as the prompt is there.

use super::daemon;
use crate::arguments::{Daemon, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::output;
use crate::prompt::{Ended, Guard, Prompt};
use aegis_api::{Client, ClientError, Instance, InstanceError};
use aegis_daemon::{Logs, Options, Standing};
use aegis_policy::config::Confine;
use std::path::Path;

/// Until `quit`, the end of the lines, or SIGTERM.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let (instance, own) = match running(options).await? {
        Some(instance) => (instance, None),
        None => {
            let mut own = daemon::plan(options, &Daemon::default())?;
            // What confines a daemon would confine the prompt in its process: a person's, with
            // their history and their files.
            own.config.confine = Confine::Off;
            (own.instance.clone(), Some(own))
        }
    };
    let client = Client::new(&instance);
    let standing = GlobalOptions {
        instance: Some(instance.name().to_owned()),
        ..options.clone()
    };
    let mut prompt = Prompt::open(standing, client.clone())?;
    match own {
        None => as_client(&mut prompt, instance.name()).await,
        Some(own) => {
            let logging = &own.config.logging;
            let logs = Logs::start_at_prompt(logging, &own.instance, prompt.log())?;
            let own = own.options(options, logs);
            as_guard(&mut prompt, own, &client).await
        }
    }
}

/// The daemon that is meant, if it runs.
pub(super) async fn running(options: &GlobalOptions) -> Result<Option<Instance>, Failure> {
    let instance = match options.instance() {
        Ok(instance) => instance,
        Err(InstanceError::None { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match Client::new(&instance).status().await {
        Ok(_) => Ok(Some(instance)),
        Err(ClientError::NoDaemon { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn as_client(prompt: &mut Prompt, name: &str) -> Result<u8, Failure> {
    tell(
        prompt,
        &format!("the daemon {name} filters; `help` lists the verbs, `quit` ends this prompt"),
    );
    let ended = prompt.run().await;
    tell(
        prompt,
        &format!("the prompt has ended; the daemon {name} goes on filtering"),
    );
    Ok(code(prompt, ended))
}

async fn as_guard(prompt: &mut Prompt, own: Options, client: &Client) -> Result<u8, Failure> {
    let interfaces = own.config.interfaces.join(", ");
    let pins = own.pin_dir();
    let mut guard = Guard::start(own)?;
    tokio::select! {
        ready = guard.ready(client) => ready?,
        () = prompt.told_to_stop() => {
            guard.stop().await?;
            return Ok(exit::FAILED);
        }
    }
    let greeting = format!("{interfaces} filtered by this prompt, until it ends");
    tell(
        prompt,
        &format!("{greeting}; `help` lists the verbs, `quit` ends it"),
    );
    let ended = prompt.run().await;
    if ended == Ended::Lost {
        // A connection that broke must not take the firewall away with it.
        prompt.told_to_stop().await;
    }
    guard.stop().await?;
    output::note(&format!("{interfaces}: {}", aftermath(&pins).await?));
    Ok(code(prompt, ended))
}

/// What has become of the filter: how a daemon stops is a matter of its configuration.
pub(super) async fn aftermath(pins: &Path) -> Result<&'static str, Failure> {
    let standing = Standing::find(pins).await.map_err(Failure::engine)?;
    Ok(if standing.is_some_and(|standing| standing.filters()) {
        "its programs stay attached; `aegis-cli detach` ends them"
    } else {
        "the filter has ended with this process, which owned it"
    })
}

/// Scripts need no company.
fn tell(prompt: &Prompt, text: &str) {
    if prompt.is_typed_at() {
        output::note(text);
    }
}

fn code(prompt: &Prompt, ended: Ended) -> u8 {
    match ended {
        Ended::Asked | Ended::Lost => prompt.code(),
        Ended::Signalled => exit::FAILED,
    }
}

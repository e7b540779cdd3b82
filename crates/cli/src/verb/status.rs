// SPDX-License-Identifier: MIT
//! `status`: what is enforced.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output::{self, status, status::check};
use aegis_api::Status;
use aegis_daemon::{Options, Standing, pin_folder, pinned_instances};

/// Exit code 0 only where everything is enforced.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let answer = ask_or_look(options).await?;
    output::answer(options.json, &answer, || status::render(&answer))?;
    Ok(if answer.healthy {
        exit::DONE
    } else {
        exit::FAILED
    })
}

/// One line, and the exit code of a monitoring plug-in.
pub async fn check(options: &GlobalOptions) -> Result<u8, Failure> {
    let (state, line) = match ask_or_look(options).await {
        Ok(answer) => check::of_status(&answer),
        Err(failure) => check::of_failure(&failure),
    };
    output::line(false, &line, || line.clone())?;
    Ok(state as u8)
}

/// The daemon's answer; where there is none, whether programs filter on.
async fn ask_or_look(options: &GlobalOptions) -> Result<Status, Failure> {
    match ask(options).await {
        Err(failure) if failure.exit_code() == exit::NO_DAEMON => {
            Err(match orphaned(options).await.as_slice() {
                [] => failure,
                found => failure.besides(&found.join("; ")),
            })
        }
        answer => answer,
    }
}

async fn ask(options: &GlobalOptions) -> Result<Status, Failure> {
    Ok(options.client()?.status().await?)
}

/// What instances without a daemon have attached.
async fn orphaned(options: &GlobalOptions) -> Vec<String> {
    let bpffs = Options::bpffs_from_environment();
    let mut names = Vec::new();
    for name in pinned_instances(&bpffs) {
        let standing = Standing::find(&pin_folder(&bpffs, &name)).await;
        // Who may not look is told of the daemon alone.
        let Ok(Some(standing)) = standing else {
            continue;
        };
        let guards = |wanted: &String| {
            let named = |link: &aegis_daemon::StandingLink| link.interface.as_ref() == Some(wanted);
            standing.links().iter().any(named)
        };
        let meant = match &options.instance {
            Some(instance) => *instance == name,
            None => options.interfaces.iter().all(guards),
        };
        if meant && standing.filters() {
            names.push(left(&name, &standing));
        }
    }
    names
}

/// What an instance left filtering, and what of it is gone.
fn left(name: &str, standing: &Standing) -> String {
    let gone = standing.links().iter().filter(|link| link.ids.is_none());
    let gone = gone.map(|link| {
        let (hook, index) = (link.hook.label(), link.index);
        let interface = link.interface.clone();
        let interface = interface.unwrap_or_else(|| format!("interface {index}, which is gone"));
        format!(", but {hook} is not attached to {interface}")
    });
    let gone: String = gone.collect();
    format!("programs of {name} filter on by the policy of its last moment{gone}")
}

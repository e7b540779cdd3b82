// SPDX-License-Identifier: MIT
//! `status`: what is enforced.

use crate::arguments::GlobalOptions;
use crate::failure::{Failure, exit};
use crate::output::{self, status};
use aegis_api::Status;
use aegis_daemon::{Options, Standing, pin_folder, pinned_instances};

/// Exit code 0 only where everything is enforced.
pub async fn run(options: &GlobalOptions) -> Result<u8, Failure> {
    let answer = match ask(options).await {
        Ok(answer) => answer,
        Err(failure) if failure.exit_code() == exit::NO_DAEMON => {
            return Err(match orphaned(options).await.as_slice() {
                [] => failure,
                names => failure.besides(&format!(
                    "programs of {} filter on by the policy of its last moment",
                    names.join(", ")
                )),
            });
        }
        Err(failure) => return Err(failure),
    };
    output::answer(options.json, &answer, || status::render(&answer))?;
    Ok(if answer.healthy {
        exit::DONE
    } else {
        exit::FAILED
    })
}

async fn ask(options: &GlobalOptions) -> Result<Status, Failure> {
    Ok(options.client()?.status().await?)
}

/// Instances whose programs filter without a daemon.
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
            names.push(name);
        }
    }
    names
}

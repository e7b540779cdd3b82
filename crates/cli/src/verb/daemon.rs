// SPDX-License-Identifier: MIT
//! `daemon`: guards interfaces until it is told to stop.

use crate::arguments::{Daemon, GlobalOptions};
use crate::failure::{Failure, exit};
use crate::{output, session, target};
use aegis_api::Instance;
use aegis_daemon::Options;
use aegis_policy::AutoBan;

/// Runs in the foreground.
pub async fn run(options: &GlobalOptions, arguments: &Daemon) -> Result<u8, Failure> {
    if options.interfaces.is_empty() {
        let message =
            "no interface to guard; name one: aegis-cli -i eth0 daemon (`ip link` lists them)";
        return Err(Failure::usage(message));
    }
    let mut interfaces = options.interfaces.clone();
    let mut seen = std::collections::BTreeSet::new();
    interfaces.retain(|interface| seen.insert(interface.clone()));
    let run_dir = Instance::run_dir_from_environment();
    let instance = match &options.instance {
        Some(name) => Instance::named(name, &run_dir)?,
        None => Instance::of_interfaces(&interfaces, &run_dir)?,
    };
    let options = Options {
        instance,
        interfaces,
        mode: options.mode(),
        tc: options.tc(),
        xdp_object: options.ebpf_path.clone(),
        tc_object: options.tc_path.clone(),
        max_flows: room(arguments.max_flows)?,
        grace: target::span(&arguments.grace, "--grace")?,
        auto_ban: auto_ban(arguments),
        session_peer: session::peer(),
        bpffs: Options::bpffs_from_environment(),
    };
    output::log_to_stderr();
    aegis_daemon::run(options).await?;
    Ok(exit::DONE)
}

/// The kernel sets the room aside at once: 16 million connections take 2.4 GiB a family.
const MOST_FLOWS: u32 = 1 << 24;

fn room(flows: u32) -> Result<u32, Failure> {
    if (1..=MOST_FLOWS).contains(&flows) {
        return Ok(flows);
    }
    let message = format!("--max-flows {flows} is not between 1 and {MOST_FLOWS}; 65536 is usual");
    Err(Failure::usage(message))
}

fn auto_ban(arguments: &Daemon) -> AutoBan {
    let usual = AutoBan::default();
    AutoBan {
        enabled: !arguments.no_autoban,
        max_entries: arguments.autoban_max.unwrap_or(usual.max_entries),
        ..usual
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_for_connections_has_bounds() {
        assert_eq!(room(65_536).expect("usual"), 65_536);
        for odd in [0, MOST_FLOWS + 1] {
            let refused = room(odd).expect_err("out of bounds");
            assert_eq!(refused.exit_code(), exit::USAGE);
            assert!(refused.to_string().contains("--max-flows"), "{refused}");
        }
    }

    #[test]
    fn nobody_is_banned_automatically_where_that_is_asked_for() {
        let arguments = |no_autoban, autoban_max| Daemon {
            max_flows: 1,
            grace: "0".to_owned(),
            autoban_max,
            no_autoban,
        };
        assert_eq!(auto_ban(&arguments(false, None)), AutoBan::default());
        assert!(!auto_ban(&arguments(true, None)).enabled);
        assert_eq!(auto_ban(&arguments(false, Some(3))).max_entries, 3);
    }
}

// SPDX-License-Identifier: MIT
//! What the command line sets, in terms of the keys of a configuration.

use crate::arguments::{Daemon, GlobalOptions};
use crate::failure::Failure;
use aegis_daemon::Configuration;
use aegis_policy::config::{Given, Mistake};

/// The configuration that these arguments mean.
///
/// # Errors
/// A usage failure for values that are wrong, on the command line and in the environment.
pub fn configuration(
    options: &GlobalOptions,
    daemon: Option<&Daemon>,
) -> Result<Configuration, Failure> {
    let mut given = of_all_verbs(options).map_err(Failure::usage)?;
    if let Some(daemon) = daemon {
        given.extend(of_daemon(daemon).map_err(Failure::usage)?);
    }
    Ok(Configuration::new(given, options.config.clone())?)
}

/// `--set` first: an option of its own is stronger.
fn of_all_verbs(options: &GlobalOptions) -> Result<Vec<Given>, Mistake> {
    let assignments = options.set.iter().map(|text| Given::assignment(text));
    let mut given: Vec<Given> = assignments.collect::<Result<_, _>>()?;
    let mut seen = std::collections::BTreeSet::new();
    let interfaces = options.interfaces.iter().filter(|name| seen.insert(*name));
    let interfaces: Vec<&str> = interfaces.map(String::as_str).collect();
    if !interfaces.is_empty() {
        given.push(Given::option(
            "--iface",
            "interface",
            &interfaces.join(","),
        )?);
    }
    if let Some(mode) = options.xdp_mode {
        given.push(Given::option("--xdp-mode", "attach.mode", mode.word())?);
    }
    if let Some(mode) = options.tc_mode {
        given.push(Given::option("--tc-mode", "attach.tc", mode.word())?);
    }
    if options.no_tc {
        given.push(Given::option("--no-tc", "attach.tc", "off")?);
    }
    if options.load_feeds {
        given.push(Given::option("--load-feeds", "feeds.enabled", "true")?);
    }
    Ok(given)
}

fn of_daemon(daemon: &Daemon) -> Result<Vec<Given>, Mistake> {
    let number = |number: u32| number.to_string();
    let options = [
        (
            "--max-flows",
            "attach.max_flows",
            daemon.max_flows.map(number),
        ),
        ("--grace", "attach.grace", daemon.grace.clone()),
        (
            "--autoban-max",
            "autoban.max_entries",
            daemon.autoban_max.map(number),
        ),
        (
            "--no-autoban",
            "autoban.enabled",
            daemon.no_autoban.then(|| "false".to_owned()),
        ),
        (
            "--log-format",
            "logging.json",
            daemon.log_format.map(|format| format.word().to_owned()),
        ),
    ];
    let given = options
        .into_iter()
        .filter_map(|(option, key, text)| text.map(|text| Given::option(option, key, &text)));
    given.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use aegis_policy::config::{Config, Effective, Layers, Tc};
    use clap::Parser;

    fn config(line: &str) -> Result<Config, Mistake> {
        let arguments = Arguments::try_parse_from(line.split_whitespace());
        let arguments = arguments.expect("it is a valid command line");
        let mut given = of_all_verbs(&arguments.options)?;
        if let crate::arguments::Verb::Daemon(daemon) = &arguments.verb {
            given.extend(of_daemon(daemon)?);
        }
        let layers = Layers {
            options: &given,
            ..Layers::default()
        };
        let effective = Effective::merge(&layers).expect("the values go together");
        Ok(effective.config().clone())
    }

    #[test]
    fn options_of_their_own_are_stronger_than_assignments() {
        let line = "aegis-cli -i a -i b -i a --tc-mode clsact --no-tc --set interface=c \
                    --set port_scan.ports=9 daemon --max-flows 1000 --grace 0 --no-autoban \
                    --log-format json --load-feeds";
        let config = config(line).expect("every value is right");
        assert_eq!(config.interfaces, ["a", "b"]);
        assert_eq!(
            (config.attach.tc, config.attach.max_flows),
            (Tc::Off, 1_000)
        );
        assert!(config.attach.grace.is_zero() && !config.auto_ban.enabled);
        assert_eq!((config.port_scan.ports, config.logging.json), (9, true));
        assert!(config.feeds.enabled);
    }

    #[test]
    fn without_options_the_defaults_hold() {
        assert_eq!(config("aegis-cli daemon"), Ok(Config::default()));
    }

    #[test]
    fn values_out_of_bounds_name_the_option() {
        for flows in ["0", "16777217"] {
            let line = format!("aegis-cli daemon --max-flows {flows}");
            let refused = config(&line).expect_err("out of bounds").to_string();
            assert!(refused.starts_with("option --max-flows: "), "{refused}");
        }
    }
}

// SPDX-License-Identifier: MIT
//! Modules by name.

use aegis_abi::Flags;
use aegis_api::{ALL_MODULES, ApiError, ErrorCode, Module};

/// A module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// Its switch.
    pub flag: Flags,
    summary: &'static str,
}

const fn module(name: &'static str, flag: Flags, summary: &'static str) -> Definition {
    Definition {
        name,
        flag,
        summary,
    }
}

const VERBOSE: &str = "verbose";

/// Every module, in the order of their keys in the terminal interface.
const MODULES: [Definition; 6] = [
    module(
        "port_scan",
        Flags::PORT_SCAN,
        "counts the ports a source tries, and lets scanners cool down",
    ),
    module(
        "rate_limit",
        Flags::RATE_LIMIT,
        "bounds SYN, UDP and ICMP by source and by host, with SYN cookies",
    ),
    module(
        "threat_feeds",
        Flags::THREATS,
        "drops whom lists name, impossible sources, LAND and answers of amplifiers",
    ),
    module(
        "conn_track",
        Flags::CONN_TRACK,
        "drops what belongs to no known connection",
    ),
    module(
        "scan_detect",
        Flags::SCAN_DETECT,
        "drops TCP flags that no stack sends",
    ),
    module(VERBOSE, Flags::VERBOSE, "reports packets that pass too"),
];

/// The modules that names mean, in the order of the table; all of them have to be known.
pub fn chosen(names: &[String]) -> Result<Vec<Definition>, ApiError> {
    let is_known = |name: &&String| {
        *name == ALL_MODULES || MODULES.iter().any(|module| module.name == name.as_str())
    };
    if names.is_empty() {
        return Err(unknown("no module is named"));
    }
    if let Some(name) = names.iter().find(|name| !is_known(name)) {
        return Err(unknown(&format!("there is no module {name:?}")));
    }
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let means =
        |module: &&Definition| has(module.name) || (has(ALL_MODULES) && module.name != VERBOSE);
    Ok(MODULES.iter().filter(means).copied().collect())
}

fn unknown(message: &str) -> ApiError {
    let known: Vec<&str> = MODULES.iter().map(|module| module.name).collect();
    let next = format!("choose among {} and {ALL_MODULES}", known.join(", "));
    ApiError::new(ErrorCode::InvalidRequest, message).next(next)
}

/// Flags with these modules on or off.
pub fn switched(flags: Flags, chosen: &[Definition], on: bool) -> Flags {
    chosen.iter().fold(flags, |flags, module| {
        if on {
            flags.with(module.flag)
        } else {
            flags.without(module.flag)
        }
    })
}

/// Every module, as the flags have it.
pub fn list(flags: Flags) -> Vec<Module> {
    let told = |module: &Definition| Module {
        name: module.name.to_owned(),
        on: flags.has(module.flag),
        summary: module.summary.to_owned(),
    };
    MODULES.iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_abi::Settings;

    fn on(flags: Flags) -> Vec<String> {
        let modules = list(flags).into_iter();
        modules
            .filter(|module| module.on)
            .map(|module| module.name)
            .collect()
    }

    #[test]
    fn all_modules_but_the_chatty_one_are_on_until_somebody_says_otherwise() {
        let all = chosen(&[ALL_MODULES.to_owned()]).expect("a name");
        assert_eq!(all.len(), 5);
        assert_eq!(
            switched(Flags::default(), &all, true),
            Settings::DEFAULT.flags
        );
        let flags = Settings::DEFAULT
            .flags
            .with(Flags::LOOSE)
            .with(Flags::VERBOSE);
        let off = switched(flags, &all, false);
        assert_eq!(on(off), ["verbose"]);
        assert!(off.has(Flags::LOOSE), "what is no module is left alone");
    }

    #[test]
    fn names_that_are_not_all_known_mean_nothing() {
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            chosen(&names).map(|modules| modules.iter().map(|module| module.name).collect())
        };
        let both: Result<Vec<_>, _> = of(&["verbose", "port_scan", "verbose"]);
        assert_eq!(both, Ok(vec!["port_scan", "verbose"]));
        assert_eq!(of(&["all", "verbose"]).map(|all: Vec<_>| all.len()), Ok(6));
        assert!(of(&["port_scan", "portscan"]).is_err());
        assert!(of(&[]).is_err());
    }

    #[test]
    fn one_module_is_switched_without_the_others() {
        let one = chosen(&["scan_detect".to_owned()]).expect("a name");
        let off = switched(Settings::DEFAULT.flags, &one, false);
        assert_eq!(
            on(off),
            ["port_scan", "rate_limit", "threat_feeds", "conn_track"]
        );
        let refused = chosen(&["portscan".to_owned()]).expect_err("no such name");
        assert!(
            refused.to_string().contains("port_scan, rate_limit"),
            "{refused}"
        );
    }
}

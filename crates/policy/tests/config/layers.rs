// SPDX-License-Identifier: MIT
//! Options, environment, file and defaults.

use aegis_policy::AutoBan;
use aegis_policy::config::{
    Config, Effect, Effective, File, Given, KEYS, Layers, Mode, Origin, Tc,
};
use std::time::Duration;

const NAME: &str = "/etc/aegis/config.toml";

fn file(text: &str) -> File {
    File::read(NAME, text.as_bytes()).expect("the file is right")
}

fn environment(variables: &[(&str, &str)]) -> Vec<Given> {
    Given::environment(variables.iter().copied()).expect("the variables are right")
}

#[test]
fn an_option_beats_the_environment_beats_the_file_beats_the_default() {
    let file = file(
        "port_scan.ports = 10\n[attach]\nmode = \"generic\"\ntc = \"clsact\"\n[rates]\nsyn_source = 5\n",
    );
    let environment = environment(&[
        ("AEGIS_PORT_SCAN_PORTS", "20"),
        ("AEGIS_ATTACH_TC", "auto"),
        ("HOME", "/"),
    ]);
    let options = [
        Given::option("--no-tc", "attach.tc", "off").unwrap(),
        Given::assignment("port_scan.ports=29").unwrap(),
        Given::assignment("port_scan.ports = 30").unwrap(),
    ];
    let layers = Layers {
        options: &options,
        environment: &environment,
        file: Some(&file),
    };
    let effective = Effective::merge(&layers).unwrap();
    let config = effective.config();
    assert_eq!((config.port_scan.ports, config.attach.tc), (30, Tc::Off));
    assert_eq!(
        (config.attach.mode, config.rates.syn_source.per_second),
        (Mode::Generic, 5)
    );
    let from = |name| effective.origin(name).map(Origin::to_string);
    assert_eq!(from("port_scan.ports").as_deref(), Some("--set"));
    assert_eq!(from("attach.tc").as_deref(), Some("--no-tc"));
    assert_eq!(
        from("attach.mode").as_deref(),
        Some("/etc/aegis/config.toml:3")
    );
    assert_eq!(from("port_scan.window").as_deref(), Some("default"));
    let layers = Layers {
        options: &[],
        ..layers
    };
    let effective = Effective::merge(&layers).unwrap();
    assert_eq!(effective.config().port_scan.ports, 20);
    assert_eq!(
        effective.origin("port_scan.ports").unwrap().to_string(),
        "AEGIS_PORT_SCAN_PORTS"
    );
}

#[test]
fn without_anything_the_defaults_hold() {
    let effective = Effective::merge(&Layers::default()).unwrap();
    assert_eq!(effective.config(), &Config::default());
    assert_eq!(effective.config().auto_ban, AutoBan::default());
}

#[test]
fn lists_have_commas_in_variables() {
    let given = environment(&[
        ("AEGIS_INTERFACE", "eth0, wg0"),
        ("AEGIS_ALLOWLIST_IPS", "192.0.2.1,2001:db8::/32"),
        ("AEGIS_MODULES_VERBOSE", ""),
    ]);
    let effective = Effective::merge(&Layers {
        environment: &given,
        ..Layers::default()
    })
    .unwrap();
    assert_eq!(effective.config().interfaces, ["eth0", "wg0"]);
    assert_eq!(effective.config().allowlist.len(), 2);
    assert_eq!(effective.origin("modules.verbose"), Some(&Origin::Default));
}

#[test]
fn a_variable_of_a_section_that_is_no_key_is_a_mistake_and_others_are_not_ours() {
    let wrong = [
        ("AEGIS_MODULES_PORT_SCAM", "true"),
        ("AEGIS_PORT_SCAN_PORTS", "many"),
    ];
    let mistakes = Given::environment(wrong).unwrap_err();
    assert_eq!(
        mistakes.to_string(),
        "environment variable AEGIS_MODULES_PORT_SCAM: there is no key modules.port_scam: did you mean modules.port_scan?\n\
         environment variable AEGIS_PORT_SCAN_PORTS: port_scan.ports: it must not be \"many\": give a whole number from 1 to 400 (ports)"
    );
    let others = [
        ("AEGIS_BPFFS", "/x"),
        ("AEGIS_RUN_DIR", "/y"),
        ("AEGIS_BLESS", "1"),
        ("AEGIS_TESTBED", ""),
    ];
    assert_eq!(Given::environment(others), Ok(Vec::new()));
}

#[test]
fn options_that_are_wrong_say_so() {
    for (text, part) in [
        ("port_scan.ports", "it must be KEY=VALUE"),
        ("port_scan.prots=1", "did you mean port_scan.ports?"),
        ("port_scan.ports=1e9", "give a whole number"),
        ("logging.level=loud", "one of \"off\", \"error\""),
    ] {
        let said = Given::assignment(text).unwrap_err().to_string();
        assert!(
            said.starts_with("option --set: ") && said.contains(part),
            "{said}"
        );
    }
}

#[test]
fn values_that_contradict_each_other_are_refused_wherever_they_come_from() {
    let file = file("[autoban]\nproven_ttl_max = \"5m\"\n");
    let file = Some(&file);
    let said = Effective::merge(&Layers {
        file,
        ..Layers::default()
    })
    .unwrap_err()
    .to_string();
    assert_eq!(
        said,
        "/etc/aegis/config.toml:2:1: autoban.proven_ttl is 10m, and autoban.proven_ttl_max is only 5m: shorten autoban.proven_ttl, or raise autoban.proven_ttl_max"
    );
    let options = [Given::assignment("autoban.proven_ttl=1m").unwrap()];
    let layers = Layers {
        options: &options,
        file,
        ..Layers::default()
    };
    assert!(Effective::merge(&layers).is_ok());
}

#[test]
fn a_file_that_nothing_would_be_written_to_is_a_mistake() {
    let file = file("[logging]\nfile = \"/var/log/mine.log\"\nevents_format = \"ecs\"\n");
    let file = Some(&file);
    let said = Effective::merge(&Layers {
        file,
        ..Layers::default()
    })
    .unwrap_err()
    .to_string();
    assert_eq!(
        said,
        "/etc/aegis/config.toml:2:1: logging.file is set, and logging.target is not, so that nothing comes of it: set logging.target to \"file\"\n\
         /etc/aegis/config.toml:3:1: logging.events_format is set, and logging.events is not, so that nothing comes of it: set logging.events to \"file\""
    );
    // Whoever says where to has thought of it.
    let options = [
        Given::assignment("logging.target=stderr").unwrap(),
        Given::assignment("logging.events=log").unwrap(),
    ];
    let layers = Layers {
        options: &options,
        file,
        ..Layers::default()
    };
    assert!(Effective::merge(&layers).is_ok());
}

#[test]
fn paths_are_absolute_and_name_a_file() {
    for (path, wrong) in [
        ("aegis.log", "is not an absolute path"),
        ("/var/log/", "names a folder"),
        ("/var/log/..", "names a folder"),
        ("/var/\u{1b}log", "has a character that no terminal shows"),
        (&format!("/{}", "x".repeat(4_000)), "is too long for a path"),
    ] {
        let said = Given::assignment(&format!("logging.file={path}")).unwrap_err();
        assert!(said.message.ends_with(wrong), "{said}");
    }
}

#[test]
fn a_difference_says_what_changed_and_a_reload_takes_what_can_be_taken() {
    let mut other = Config::default();
    other.port_scan.window = Duration::from_secs(90);
    other.attach.max_flows = 2_048;
    other.allowlist = vec!["192.0.2.1".parse().unwrap()];
    let changed = Config::default().difference(&other);
    let said: Vec<String> = changed.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "attach.max_flows was 65536 and is 2048",
            "port_scan.window was \"5m\" and is \"1m30s\"",
            "allowlist.ips was [] and is [\"192.0.2.1\"]",
        ]
    );
    let effects: Vec<_> = changed
        .iter()
        .map(|changed| changed.key.takes_effect())
        .collect();
    assert_eq!(effects, [Effect::Restart, Effect::AtOnce, Effect::AtOnce]);
    let reloaded = Config::default().reloaded(&other);
    assert_eq!(reloaded.attach, Config::default().attach);
    assert_eq!(
        (reloaded.port_scan, reloaded.allowlist),
        (other.port_scan, other.allowlist)
    );
}

#[test]
fn every_key_can_be_given_as_its_default_is_shown() {
    for key in KEYS {
        let text = format!("{} = {}", key.name(), key.default_value());
        let file = file(&text);
        assert_eq!(file.value(key), Some(&key.default_value()), "{text}");
    }
}

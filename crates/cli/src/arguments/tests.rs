// SPDX-License-Identifier: MIT
//! Command lines.

use super::options::XdpMode;
use super::*;
use clap::CommandFactory;

fn parsed(line: &str) -> Arguments {
    Arguments::try_parse_from(line.split_whitespace()).expect("it is a valid command line")
}

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn options_may_stand_before_or_after_the_verb() {
    for line in [
        "aegis-cli -i eth0 -i wg0 --json status",
        "aegis-cli status -i eth0 --iface wg0 --json",
    ] {
        let options = parsed(line).options;
        assert_eq!(options.interfaces, ["eth0", "wg0"], "{line}");
        assert!(options.json, "{line}");
    }
    assert!(parsed("aegis-cli -i eth0 --no-tc daemon").options.no_tc);
    let options = parsed("aegis-cli -i a daemon --xdp-mode generic").options;
    assert_eq!(options.xdp_mode, Some(XdpMode::Generic));
}

#[test]
fn part_of_a_peers_traffic_goes_by_position_or_by_name() {
    let part = |line| match parsed(line).verb {
        Verb::Block(block) => block.part,
        other => panic!("{other:?}"),
    };
    let by_position = part("aegis-cli block 192.0.2.1 22 tcp");
    assert_eq!(
        (by_position.port.as_deref(), by_position.protocol.as_deref()),
        (Some("22"), Some("tcp"))
    );
    let by_name = part("aegis-cli block 192.0.2.1 --proto tcp --port 22");
    assert_eq!(by_name.port_option.as_deref(), Some("22"));
    assert_eq!(by_name.protocol_option.as_deref(), Some("tcp"));
    let both = "aegis-cli block 192.0.2.1 22 --port 23";
    assert!(Arguments::try_parse_from(both.split_whitespace()).is_err());
}

#[test]
fn connections_are_chosen_by_filters_and_named_by_their_ids() {
    let line =
        "aegis-cli flows --state established --peer 192.0.2.0/24 --port 22 --sort rate -r -n 5";
    let Verb::Flows(flows) = parsed(line).verb else {
        panic!("it lists connections")
    };
    assert_eq!(flows.filter.state.as_deref(), Some("established"));
    assert_eq!(flows.filter.peer.as_deref(), Some("192.0.2.0/24"));
    assert_eq!(flows.sort.as_deref(), Some("rate"));
    assert_eq!(
        (flows.reverse, flows.limit, flows.follow),
        (true, Some(5), false)
    );
    for wrong in [
        "aegis-cli flows --sort size",
        "aegis-cli flows --interval 1s",
    ] {
        assert!(
            Arguments::try_parse_from(wrong.split_whitespace()).is_err(),
            "{wrong}"
        );
    }
    let Verb::Kill(kill) = parsed("aegis-cli kill tcp/192.0.2.1:5/192.0.2.2:22").verb else {
        panic!("it ends connections")
    };
    assert_eq!(kill.flow.as_deref(), Some("tcp/192.0.2.1:5/192.0.2.2:22"));
}

#[test]
fn the_daemon_is_told_how_much_it_may_remember_and_ban() {
    let daemon = |line| match parsed(line).verb {
        Verb::Daemon(daemon) => daemon,
        other => panic!("{other:?}"),
    };
    let plain = daemon("aegis-cli -i eth0 daemon");
    assert_eq!((plain.max_flows, plain.grace), (None, None));
    assert_eq!((plain.autoban_max, plain.no_autoban), (None, false));
    let set = daemon("aegis-cli -i eth0 daemon --max-flows 1000 --grace 0 --autoban-max 3");
    assert_eq!((set.max_flows, set.autoban_max), (Some(1_000), Some(3)));
    let both = "aegis-cli -i eth0 daemon --no-autoban --autoban-max 3";
    assert!(Arguments::try_parse_from(both.split_whitespace()).is_err());
}

#[test]
fn modules_are_switched_by_name() {
    let verb = parsed("aegis-cli module off conn_track").verb;
    let Verb::Module {
        action: ModuleVerb::Off { names },
    } = verb
    else {
        panic!("it switches a module off")
    };
    assert_eq!(names, ["conn_track"]);
    assert!(Arguments::try_parse_from(["aegis-cli", "module", "toggle", "x"]).is_err());
}

#[test]
fn help_lists_the_exit_codes() {
    let help = Arguments::command().render_long_help().to_string();
    for code in [
        "0  done",
        "1  failed",
        "2  usage",
        "3  no daemon",
        "4  refused",
        "5  not found",
        "6  not permitted",
    ] {
        assert!(help.contains(code), "{code}");
    }
}

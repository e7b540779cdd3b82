// SPDX-License-Identifier: MIT
//! An interface: what meets its packets now, and how Aegis would.

use super::{Finding, Level};
use aegis_engine::facts::{Device, Host, xdp};

/// Bytes of a frame beyond which it takes several buffers: a page without what XDP and the stack
/// keep for themselves, and an Ethernet header with a tag. Drivers differ by a few bytes.
const ONE_BUFFER: u32 = 3_498;

pub(super) fn findings(device: &Device, host: &Host) -> Vec<Finding> {
    let name = device.name.as_str();
    let mut findings = vec![link(device)];
    findings.extend(native(device));
    findings.extend(size(device));
    findings.extend(program(device));
    findings.extend(departing(device));
    findings.extend(offloads(name, device.offloads.as_deref()));
    findings.extend(
        device
            .queues
            .map(|queues| spread(name, queues, host.processors)),
    );
    findings
}

fn link(device: &Device) -> Finding {
    let driver = device.driver.as_deref().unwrap_or("an unknown driver");
    let name = &device.name;
    if device.known_link {
        let what = format!("{driver}, MTU {}", device.mtu);
        return Finding::ok(name, what, "its frames begin with Ethernet or IP");
    }
    let what = format!("link type {} (ARPHRD), {driver}", device.arphrd);
    let why =
        "its frames begin with what the parser does not know; guard the interface that carries IP";
    Finding::new(Level::Problem, name, what, why).mended_by("ip link")
}

/// XDP in the driver.
fn native(device: &Device) -> Vec<Finding> {
    let name = &device.name;
    let Some(features) = device.xdp_features else {
        let why =
            "only trying tells whether the driver has XDP; `status` then says which mode it is";
        return vec![Finding::new(
            Level::Note,
            name,
            "the kernel does not list XDP features (6.3)",
            why,
        )];
    };
    if features & xdp::BASIC == 0 {
        let what = "the driver has no native XDP";
        let why = "packets are met in the stack, after memory was spent on them: floods cost more";
        return vec![Finding::new(Level::Warning, name, what, why)];
    }
    let mut findings = vec![Finding::ok(
        name,
        "native XDP",
        "packets are met in the driver",
    )];
    if device.driver.as_deref() == Some("veth") {
        let what = "a veth loses what XDP sends back, unless its other end has an XDP program too";
        let why = "SYN cookies get lost; where that matters, have the stack send them";
        let remedy = format!("aegis-cli -i {name} --xdp-mode generic daemon");
        findings.push(Finding::new(Level::Note, name, what, why).mended_by(remedy));
    }
    findings
}

fn size(device: &Device) -> Option<Finding> {
    let native = device
        .xdp_features
        .is_some_and(|features| features & xdp::BASIC != 0);
    let several = device
        .xdp_features
        .is_some_and(|f| f & xdp::SEVERAL_BUFFERS != 0);
    if device.mtu <= ONE_BUFFER || several || !native {
        return None;
    }
    let (name, mtu) = (&device.name, device.mtu);
    let why = "the driver takes packets of one buffer only, so that XDP would run in the stack";
    let remedy = format!("ip link set dev {name} mtu {ONE_BUFFER}");
    Some(Finding::new(Level::Warning, name, format!("MTU {mtu}"), why).mended_by(remedy))
}

fn program(device: &Device) -> Option<Finding> {
    let (id, program) = device.xdp_program.as_ref()?;
    let name = &device.name;
    let program = program.as_deref().unwrap_or("unnamed");
    if program.starts_with("aegis_") {
        let what = format!("guarded by {program} (id {id})");
        return Some(Finding::ok(name, what, "an Aegis daemon has it"));
    }
    let what = format!("the XDP program {program:?} (id {id}) is there");
    let why = "an interface has one; Aegis replaces no stranger's and refuses to start";
    let remedy = format!("ip link set dev {name} xdp off");
    Some(Finding::new(Level::Problem, name, what, why).mended_by(remedy))
}

fn departing(device: &Device) -> Option<Finding> {
    let strangers = device.tcx_programs.iter();
    let strangers: Vec<&str> = strangers
        .map(String::as_str)
        .filter(|program| !program.starts_with("aegis_"))
        .collect();
    if strangers.is_empty() {
        return None;
    }
    let what = format!("other programs at TCX egress: {}", strangers.join(", "));
    let why = "harmless: Aegis goes first, and what it passes goes on to them";
    Some(Finding::new(Level::Note, &device.name, what, why))
}

/// Offloads that XDP cannot see through.
fn offloads(name: &str, active: Option<&[String]>) -> Vec<Finding> {
    let Some(active) = active else {
        let why = "LRO and hardware GRO would have to be off, where there are any";
        return vec![Finding::new(
            Level::Note,
            name,
            "the kernel does not list offloads (5.7)",
            why,
        )];
    };
    let troubles = [
        (
            "rx-lro",
            "lro",
            "most drivers refuse XDP with it: packets were joined before they are met",
        ),
        ("rx-gro-hw", "rx-gro-hw", "some drivers refuse XDP with it"),
        (
            "rx-vlan-hw-parse",
            "rxvlan",
            "tags are taken off before XDP meets a packet; Aegis judges what is inside all the same",
        ),
    ];
    let is_on = |&(feature, ..): &(&str, &str, &str)| active.iter().any(|name| name == feature);
    let found = troubles.into_iter().filter(is_on);
    found
        .map(|(feature, option, why)| {
            let level = match feature {
                "rx-lro" => Level::Warning,
                _ => Level::Note,
            };
            let remedy = format!("ethtool -K {name} {option} off");
            Finding::new(level, name, format!("{feature} is on"), why).mended_by(remedy)
        })
        .collect()
}

fn spread(name: &str, queues: u32, processors: usize) -> Finding {
    let what = format!("{queues} receive queues for {processors} processors");
    if (queues as usize) < processors {
        let why = "a flood keeps as many processors busy as there are queues, and no others";
        let remedy = format!("ethtool -L {name} combined {processors}");
        Finding::new(Level::Note, name, what, why).mended_by(remedy)
    } else {
        Finding::ok(name, what, "packets are spread over all processors")
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::verdict;
    use super::*;

    const NATIVE: u64 = xdp::BASIC;

    fn card() -> Device {
        Device {
            name: "eth0".to_owned(),
            driver: Some("ixgbe".to_owned()),
            known_link: true,
            arphrd: 1,
            mtu: 1_500,
            xdp_features: Some(NATIVE),
            offloads: Some(Vec::new()),
            queues: Some(4),
            ..Device::default()
        }
    }

    fn of(device: &Device) -> Vec<Finding> {
        let host = Host {
            processors: 4,
            ..Host::default()
        };
        findings(device, &host)
    }

    #[test]
    fn a_good_card_is_good() {
        let found = of(&card());
        assert!(
            found.iter().all(|finding| finding.level == Level::Ok),
            "{found:#?}"
        );
    }

    #[test]
    fn what_the_driver_lacks_is_told() {
        let of_features = |xdp_features| {
            of(&Device {
                xdp_features,
                ..card()
            })
        };
        assert_eq!(
            verdict(&of_features(Some(0)), "no native XDP").0,
            Level::Warning
        );
        assert_eq!(
            verdict(&of_features(None), "does not list XDP").0,
            Level::Note
        );
        let veth = of(&Device {
            driver: Some("veth".to_owned()),
            ..card()
        });
        let remedy = Some("aegis-cli -i eth0 --xdp-mode generic daemon");
        assert_eq!(verdict(&veth, "loses what XDP"), (Level::Note, remedy));
    }

    #[test]
    fn a_large_mtu_takes_several_buffers() {
        let jumbo = Device {
            mtu: 9_000,
            ..card()
        };
        let expected = (Level::Warning, Some("ip link set dev eth0 mtu 3498"));
        assert_eq!(
            verdict(&of(&jumbo), "MTU 9000"),
            (Level::Ok, None),
            "the link itself"
        );
        assert!(
            of(&jumbo)
                .iter()
                .any(|f| (f.level, f.remedy.as_deref()) == expected)
        );
        let able = Device {
            xdp_features: Some(NATIVE | xdp::SEVERAL_BUFFERS),
            ..jumbo
        };
        assert!(of(&able).iter().all(|finding| finding.level == Level::Ok));
    }

    #[test]
    fn a_strangers_program_is_a_problem_and_our_own_is_not() {
        let with = |name: &str| {
            let xdp_program = Some((7, Some(name.to_owned())));
            of(&Device {
                xdp_program,
                ..card()
            })
        };
        let expected = (Level::Problem, Some("ip link set dev eth0 xdp off"));
        assert_eq!(verdict(&with("xdp_pass"), "\"xdp_pass\" (id 7)"), expected);
        assert_eq!(verdict(&with("aegis_ingress"), "guarded by").0, Level::Ok);
        let tcx_programs = vec!["aegis_egress".to_owned(), "cil_to_netdev".to_owned()];
        let beside = of(&Device {
            tcx_programs,
            ..card()
        });
        assert_eq!(
            verdict(&beside, "TCX egress: cil_to_netdev"),
            (Level::Note, None)
        );
    }

    #[test]
    fn offloads_and_queues_have_their_commands() {
        let offloads = ["rx-lro", "rx-gro-hw", "rx-vlan-hw-parse"].map(str::to_owned);
        let found = of(&Device {
            offloads: Some(offloads.to_vec()),
            queues: Some(1),
            ..card()
        });
        assert_eq!(
            verdict(&found, "rx-lro"),
            (Level::Warning, Some("ethtool -K eth0 lro off"))
        );
        let hardware = (Level::Note, Some("ethtool -K eth0 rx-gro-hw off"));
        assert_eq!(verdict(&found, "rx-gro-hw"), hardware);
        assert_eq!(
            verdict(&found, "rx-vlan").1,
            Some("ethtool -K eth0 rxvlan off")
        );
        let queues = (Level::Note, Some("ethtool -L eth0 combined 4"));
        assert_eq!(verdict(&found, "1 receive queues"), queues);
    }

    #[test]
    fn an_interface_that_carries_no_ip_cannot_be_guarded() {
        let found = of(&Device {
            known_link: false,
            arphrd: 801,
            ..card()
        });
        assert_eq!(verdict(&found, "link type 801").0, Level::Problem);
    }
}

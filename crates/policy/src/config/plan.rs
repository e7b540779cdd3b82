// SPDX-License-Identifier: MIT
//! What a configuration comes to, with a value for every key.

use super::{Confine, CrowdSec, Feeds, Fragments, Geo, Logging, Missing, Mode, OnStop, Tc};
use crate::{AutoBan, Target};
use aegis_abi::names::capacity;
use aegis_abi::{Flags, Rate, Settings, Timeouts};
use std::time::Duration;

const SECOND_NS: u64 = 1_000_000_000;

/// So many at once, and from then on so many a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// A second.
    pub per_second: u32,
    /// At once.
    pub burst: u32,
}

impl Allowance {
    fn of(rate: Rate) -> Self {
        let count = |number: Option<u64>| u32::try_from(number.unwrap_or(1)).unwrap_or(u32::MAX);
        let spare = rate.tolerance_ns.checked_div(rate.interval_ns);
        Self {
            per_second: count(SECOND_NS.checked_div(rate.interval_ns)),
            burst: count(spare.map(|spare| spare + 1)),
        }
    }

    fn rate(self) -> Rate {
        Rate::per_second(self.per_second, self.burst)
    }
}

/// How programs are attached, and what with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attach {
    /// Arriving packets.
    pub mode: Mode,
    /// Departing packets.
    pub tc: Tc,
    /// Interfaces that are not there at the start.
    pub missing: Missing,
    /// How long after the start connections are picked up that began unseen.
    pub grace: Duration,
    /// Proven connections that there is room for, a family.
    pub max_flows: u32,
}

/// How long connections are known after their last packet; see [`Timeouts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// TCP, established.
    pub tcp_established: Duration,
    /// TCP, while it ends.
    pub tcp_closing: Duration,
    /// UDP and other protocols with ports.
    pub udp: Duration,
    /// ICMP echo.
    pub icmp: Duration,
    /// What only one side has taken part in.
    pub half_open: Duration,
}

/// What may be begun, and told, how often; see [`Settings`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// SYNs, a source.
    pub syn_source: Allowance,
    /// SYNs without connections, a processor.
    pub syn_host: Allowance,
    /// Unsolicited UDP, a source.
    pub udp_source: Allowance,
    /// Unsolicited UDP, a processor.
    pub udp_host: Allowance,
    /// Unsolicited ICMP, a source.
    pub icmp_source: Allowance,
    /// Unsolicited ICMP, a processor.
    pub icmp_host: Allowance,
    /// Infrastructure packets.
    pub infrastructure: Allowance,
    /// Events, a source and reason.
    pub event_source: Allowance,
    /// Events, a reason and processor.
    pub event_reason: Allowance,
}

/// When a source has gone too far, and what that means for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortScan {
    /// Ports that it may try in the window.
    pub ports: u32,
    /// The window.
    pub window: Duration,
    /// How long it cools down the first time.
    pub cool_down: Duration,
    /// Packets over a rate in the window that it is forgiven.
    pub flood_refusals: u32,
}

/// Frames that try what is enforced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    /// How often, beside after each change; zero: not at all.
    pub every: Duration,
}

/// Which groups may use the daemon's sockets; empty: none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sockets {
    /// May change what is enforced.
    pub control_group: String,
    /// May look.
    pub read_group: String,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            control_group: String::new(),
            read_group: "aegis".to_owned(),
        }
    }
}

/// A value for every key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Names of interfaces to guard.
    pub interfaces: Vec<String>,
    /// Later fragments.
    pub later_fragments: Fragments,
    /// What becomes of the filter when its daemon is stopped.
    pub on_stop: OnStop,
    /// Whether a file that has changed is read again unasked.
    pub reload_on_change: bool,
    /// Privileges of the daemon.
    pub confine: Confine,
    /// The modules that are on.
    pub modules: Flags,
    /// How programs are attached.
    pub attach: Attach,
    /// When connections are forgotten.
    pub timeouts: Lifetimes,
    /// What may be begun how often.
    pub rates: Rates,
    /// Who has gone too far.
    pub port_scan: PortScan,
    /// Bans for those who have.
    pub auto_ban: AutoBan,
    /// Lists of others.
    pub feeds: Feeds,
    /// Where addresses are, and which places are let through.
    pub geo: Geo,
    /// Decisions of others.
    pub crowdsec: CrowdSec,
    /// What tries it.
    pub canary: Canary,
    /// Who may ask the daemon.
    pub sockets: Sockets,
    /// What is logged.
    pub logging: Logging,
    /// Who is never banned nor limited.
    pub allowlist: Vec<Target>,
}

impl Config {
    /// The switches that modules are.
    pub const MODULES: Flags = Flags::PORT_SCAN
        .with(Flags::RATE_LIMIT)
        .with(Flags::THREATS)
        .with(Flags::CONN_TRACK)
        .with(Flags::SCAN_DETECT)
        .with(Flags::VERBOSE);

    /// The settings to write where `running` is what the kernel has: what no key is about stays,
    /// and the generation rises by one if anything else differs.
    #[must_use]
    pub fn settings(&self, running: &Settings) -> Settings {
        let settings = Settings {
            flags: self.flags(running.flags),
            timeouts: self.timeouts.kernel(),
            scan_window_ns: nanos(self.port_scan.window),
            cool_down_ns: nanos(self.port_scan.cool_down),
            scan_ports: self.port_scan.ports,
            flood_refusals: self.port_scan.flood_refusals,
            ..self.rates.over(running)
        };
        let generation = match settings == *running {
            true => running.generation,
            false => running.next_generation(),
        };
        Settings {
            generation,
            ..settings
        }
    }

    /// The same with those modules on that are on in these flags.
    #[must_use]
    pub fn with_modules_of(self, flags: Flags) -> Self {
        let modules = Flags(flags.0 & Self::MODULES.0);
        Self { modules, ..self }
    }

    fn flags(&self, running: Flags) -> Flags {
        let ours = Self::MODULES.with(Flags::DROP_LATER_FRAGMENTS);
        let flags = running.without(ours).with(self.modules);
        match self.later_fragments {
            Fragments::Pass => flags,
            Fragments::Drop => flags.with(Flags::DROP_LATER_FRAGMENTS),
        }
    }
}

impl Lifetimes {
    fn of(kernel: &Timeouts) -> Self {
        Self {
            tcp_established: Duration::from_nanos(kernel.tcp_established),
            tcp_closing: Duration::from_nanos(kernel.tcp_closing),
            udp: Duration::from_nanos(kernel.udp),
            icmp: Duration::from_nanos(kernel.icmp),
            half_open: Duration::from_nanos(kernel.half_open),
        }
    }

    fn kernel(&self) -> Timeouts {
        Timeouts {
            tcp_established: nanos(self.tcp_established),
            tcp_closing: nanos(self.tcp_closing),
            udp: nanos(self.udp),
            icmp: nanos(self.icmp),
            half_open: nanos(self.half_open),
        }
    }
}

impl Rates {
    fn of(settings: &Settings) -> Self {
        Self {
            syn_source: Allowance::of(settings.syn_source),
            syn_host: Allowance::of(settings.syn_host),
            udp_source: Allowance::of(settings.udp_source),
            udp_host: Allowance::of(settings.udp_host),
            icmp_source: Allowance::of(settings.icmp_source),
            icmp_host: Allowance::of(settings.icmp_host),
            infrastructure: Allowance::of(settings.infrastructure),
            event_source: Allowance::of(settings.event_source),
            event_reason: Allowance::of(settings.event_reason),
        }
    }

    /// Those settings with these rates.
    fn over(&self, settings: &Settings) -> Settings {
        Settings {
            syn_source: self.syn_source.rate(),
            syn_host: self.syn_host.rate(),
            udp_source: self.udp_source.rate(),
            udp_host: self.udp_host.rate(),
            icmp_source: self.icmp_source.rate(),
            icmp_host: self.icmp_host.rate(),
            infrastructure: self.infrastructure.rate(),
            event_source: self.event_source.rate(),
            event_reason: self.event_reason.rate(),
            ..*settings
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        let settings = Settings::DEFAULT;
        Self {
            interfaces: Vec::new(),
            later_fragments: Fragments::Pass,
            on_stop: OnStop::Detach,
            reload_on_change: false,
            confine: Confine::Auto,
            modules: Flags(settings.flags.0 & Self::MODULES.0),
            attach: Attach::default(),
            timeouts: Lifetimes::of(&settings.timeouts),
            rates: Rates::of(&settings),
            port_scan: PortScan {
                ports: settings.scan_ports,
                window: Duration::from_nanos(settings.scan_window_ns),
                cool_down: Duration::from_nanos(settings.cool_down_ns),
                flood_refusals: settings.flood_refusals,
            },
            auto_ban: AutoBan::default(),
            feeds: Feeds::default(),
            geo: Geo::default(),
            crowdsec: CrowdSec::default(),
            canary: Canary {
                every: Duration::from_secs(60),
            },
            sockets: Sockets::default(),
            logging: Logging::default(),
            allowlist: Vec::new(),
        }
    }
}

impl Default for Attach {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            tc: Tc::Auto,
            missing: Missing::Refuse,
            grace: Duration::from_secs(10),
            max_flows: capacity::FLOWS,
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_kernel_interface() {
        let settings = Config::default().settings(&Settings::DEFAULT);
        assert_eq!(settings, Settings::DEFAULT);
    }

    #[test]
    fn a_change_raises_the_generation_and_leaves_what_no_key_is_about() {
        let running = Settings {
            seed: 7,
            generation: 41,
            grace_until_ns: 9,
            ephemeral_from: 1_024,
            flags: Settings::DEFAULT.flags.with(Flags::LOOSE),
            ..Settings::DEFAULT
        };
        let mut config = Config::default();
        assert_eq!(config.settings(&running), running);
        config.later_fragments = Fragments::Drop;
        config.modules = Flags::VERBOSE;
        config.rates.syn_source.per_second = 5;
        let flags = Flags::LOOSE
            .with(Flags::VERBOSE)
            .with(Flags::DROP_LATER_FRAGMENTS);
        let expected = Settings {
            generation: 42,
            flags,
            syn_source: Rate::per_second(5, 200),
            ..running
        };
        assert_eq!(config.settings(&running), expected);
        assert_eq!(config.settings(&expected), expected);
    }

    #[test]
    fn the_generation_is_never_zero() {
        let running = Settings {
            generation: u32::MAX,
            ..Settings::DEFAULT
        };
        let mut config = Config::default();
        config.port_scan.ports = 9;
        assert_eq!(config.settings(&running).generation, 1);
    }
}

// SPDX-License-Identifier: MIT
//! A guarded host that one neighbour scans and another one visits, each on a link of its own.

use aegis_testbed::peers::{FetchReport, NmapReport, PortState};
use aegis_testbed::{Counters, Daemon, Fetcher, HttpServer, Lab, Link, Nmap, Port, Result, Scan};
use aegis_tests::guarded::Guarded;
use serde_json::Value;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Behind some of these a service listens; nmap asks the well-known ones first.
pub const OPEN: [u16; 5] = [22, 80, 443, 631, 993];
/// The visitor asks this often.
const VISITS: Duration = Duration::from_millis(100);
/// How long user space may take to ban whom the kernel told of.
const BANNED: Duration = Duration::from_secs(10);

/// Where the attacker is over IPv6: a ban on its network must not hit the guarded host.
const AFAR: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xaf, 0, 0, 0, 0, 7);

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

impl Family {
    pub fn of(self, port: &Port) -> IpAddr {
        match self {
            Self::V4 => port.v4().into(),
            Self::V6 => port.v6().into(),
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }
}

/// The attacker is on `lab.link`, the visitor on `calm`; the host guards both links.
pub struct Watched {
    pub lab: Guarded,
    pub calm: Link,
    pub family: Family,
    _servers: Vec<HttpServer>,
}

/// What a scan was answered, what it moved, and how the visitor fared meanwhile.
pub struct Found {
    pub report: NmapReport,
    pub visits: FetchReport,
    /// Counters of what arrived over the family, by reason, as they moved.
    pub moved: Counters,
    /// Packets that arrived on both links.
    pub arrived: u64,
}

impl Watched {
    pub fn start(family: Family) -> Result<Self> {
        Self::prepared(family, |_| Ok(()))
    }

    /// The same with something done to the visitor's link before the daemon starts.
    pub fn prepared(family: Family, prepare: impl FnOnce(&Link) -> Result<()>) -> Result<Self> {
        let watched = Self::neighbouring(family, prepare)?;
        come_from_afar(&watched.lab.link)?;
        Ok(watched)
    }

    /// The same with an attacker in the very network of the guarded host, over IPv6 too.
    pub fn neighbouring(family: Family, prepare: impl FnOnce(&Link) -> Result<()>) -> Result<Self> {
        let lab = Lab::new()?;
        let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
        let visitor = lab.host("visitor")?;
        // Every closed port answers, however fast it is asked.
        host.set_sysctl("net.ipv4.icmp_ratelimit", "0")?;
        host.set_sysctl("net.ipv6.icmp.ratelimit", "0")?;
        let link = lab.veth(&attacker, "eth0", &host, "eth0");
        let link = link.quiet().without_offloads().up()?;
        let calm = lab.veth(&visitor, "eth0", &host, "eth1");
        let calm = calm.quiet().without_offloads().up()?;
        prepare(&calm)?;
        let daemon = Daemon::on(&host, "eth0").interface("eth1");
        let daemon = daemon.options(&["--set", "attach.grace=0s"]).start()?;
        let servers = OPEN.map(|port| HttpServer::start(&host, port));
        Ok(Self {
            lab: Guarded::of(lab, link, daemon)?,
            calm,
            family,
            _servers: servers.into_iter().collect::<Result<_>>()?,
        })
    }

    /// A scan of the guarded host by the attacker: each port once.
    pub fn nmap(&self, scan: Scan, ports: &str) -> Nmap<'_> {
        let target = self.family.of(&self.lab.link.b);
        let nmap = Nmap::new(&self.lab.attacker, target, scan);
        nmap.ports(ports).retries(0)
    }

    /// Runs a scan while the visitor keeps coming.
    pub fn watch(&self, nmap: &Nmap<'_>) -> Result<Found> {
        let (before, carried) = (self.arriving()?, self.carried()?);
        let server = (self.family.of(&self.calm.b), OPEN[1]).into();
        let visitor = Fetcher::start(self.calm.a.host(), server, VISITS)?;
        let report = nmap.run()?;
        let visits = visitor.stop();
        let mut moved = self.arriving()?;
        moved.iter_mut().for_each(|(reason, count)| {
            *count -= before.get(reason).unwrap_or(&0);
        });
        moved.retain(|_, count| *count > 0);
        Ok(Found {
            report,
            visits,
            moved,
            arrived: self.carried()? - carried,
        })
    }

    fn carried(&self) -> Result<u64> {
        Ok(self.lab.link.b.packets()?.received + self.calm.b.packets()?.received)
    }

    /// What arrived, by reason; nothing arrives over the other family.
    fn arriving(&self) -> Result<Counters> {
        let prefix = format!("xdp_ingress/{}/", self.family.label());
        let counters = self.lab.steady()?;
        let arriving = counters.iter().filter_map(|(name, count)| {
            let reason = name.strip_prefix(&prefix)?;
            Some((reason.to_owned(), *count))
        });
        Ok(arriving.collect())
    }

    /// What is banned, once so many are: the target, the part, and what for.
    #[track_caller]
    pub fn bans(&self, count: usize) -> Result<Vec<[String; 3]>> {
        let began = Instant::now();
        loop {
            let list = self.lab.daemon.json(&["list"])?;
            let bans = list["bans"].as_array().expect("bans are a list");
            if bans.len() >= count || began.elapsed() > BANNED {
                return Ok(bans.iter().map(ban).collect());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What an address is banned as: itself, or its network.
    pub fn source(&self, address: IpAddr) -> String {
        match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                format!("{}/64", Ipv6Addr::from_bits(network))
            }
        }
    }

    pub fn attacker(&self) -> IpAddr {
        match self.family {
            Family::V4 => self.lab.link.a.v4().into(),
            Family::V6 => AFAR.into(),
        }
    }

    pub fn visitor(&self) -> IpAddr {
        self.family.of(&self.calm.a)
    }

    pub fn why(&self, address: IpAddr) -> Result<Value> {
        self.lab.daemon.json(&["why", &address.to_string()])
    }
}

/// Has the attacker speak IPv6 from a network of its own.
fn come_from_afar(link: &Link) -> Result<()> {
    let (attacker, host) = (link.a.host(), link.b.host());
    attacker.add_address(link.a.name(), &format!("{AFAR}/64"))?;
    let near = format!("{}/128", link.b.v6());
    let out = ["dev", link.a.name(), "src", &AFAR.to_string()];
    attacker.ip(&[&["-6", "route", "replace", &near][..], &out].concat())?;
    let back = ["via", &link.a.v6().to_string(), "dev", link.b.name()];
    host.ip(&[
        &["-6", "route", "replace", &format!("{AFAR}/128")][..],
        &back,
    ]
    .concat())?;
    Ok(())
}

fn ban(ban: &Value) -> [String; 3] {
    let text = |value: &Value| value.as_str().expect("it is text").to_owned();
    let causes = ban["causes"].as_array().expect("causes are a list");
    let causes: Vec<String> = causes.iter().map(|cause| text(&cause["origin"])).collect();
    [text(&ban["target"]), text(&ban["part"]), causes.join(" ")]
}

impl Found {
    pub fn count(&self, reason: &str) -> u64 {
        self.moved.get(reason).copied().unwrap_or(0)
    }

    /// The visitor got every page, and each packet that arrived moved one of these counters.
    #[track_caller]
    pub fn is_accounted_for(&self, reasons: &[&str]) {
        let visits = &self.visits;
        assert!(visits.successes > 0 && visits.failures == 0, "{visits:?}");
        let total: u64 = self.moved.values().sum();
        assert_eq!(total, self.arrived, "{:?}", self.moved);
        let odd = |reason: &&String| !reasons.contains(&reason.as_str());
        let odd: Vec<&String> = self.moved.keys().filter(odd).collect();
        assert!(odd.is_empty(), "{odd:?} of {:?}", self.moved);
    }

    /// Ports of which nmap knows for sure what they are: open, and closed.
    pub fn learnt(&self) -> (u64, u64) {
        let open = self.report.open.len() as u64;
        (open, self.report.count(PortState::Closed))
    }
}

// SPDX-License-Identifier: MIT
//! A guarded host with a local API of CrowdSec, which its daemon asks every second.

use aegis_testbed::{CrowdSec, Daemon, Lab, Result};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::until;
use serde_json::Value;

/// The daemon's name at the local API, as bouncer and as machine.
const NAME: &str = "aegis";

/// The host. The daemon ends before the local API does.
pub struct Watched {
    pub guarded: Guarded,
    pub lapi: CrowdSec,
}

impl Watched {
    /// What `decided` does happens before the daemon starts.
    pub fn start(decided: impl FnOnce(&CrowdSec) -> Result<()>) -> Result<Self> {
        let lab = Lab::new()?;
        let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
        let pair = lab.veth(&attacker, "eth0", &host, "eth0");
        let link = pair.quiet().without_offloads().up()?;
        let lapi = CrowdSec::start(&host)?;
        let (key, password) = (lapi.bouncer(NAME)?, lapi.machine(NAME)?);
        decided(&lapi)?;
        let options = options(&lapi.url(), &key, &password);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let daemon = Daemon::on(&host, "eth0").options(&options).start()?;
        let guarded = Guarded::of(lab, link, daemon)?;
        Ok(Self { guarded, lapi })
    }

    /// What `status` says of CrowdSec.
    pub fn status(&self) -> Result<Value> {
        Ok(self.guarded.daemon.json(&["status"])?["crowdsec"].take())
    }

    /// The narrowest decision on an address; null where there is none.
    pub fn decision(&self, address: &str) -> Result<Value> {
        let why = self.guarded.daemon.json(&["why", address])?;
        let decisions = why["decisions"].as_array();
        Ok(decisions
            .and_then(|all| all.last())
            .cloned()
            .unwrap_or_default())
    }

    /// Waits until an address is banned.
    pub fn banned(&self, address: &str) -> Result<()> {
        self.standing(address, "banned")
    }

    /// Waits until it is not.
    pub fn free(&self, address: &str) -> Result<()> {
        self.standing(address, "free")
    }

    fn standing(&self, address: &str, expected: &str) -> Result<()> {
        let why = || self.guarded.daemon.json(&["why", address]);
        until(&format!("{address}: {expected}"), why, |why| {
            why["standing"] == expected
        })
        .map(drop)
    }

    pub fn drops(&self, what: &str, source: &str, counter: &str) -> Result<()> {
        self.guarded.drops(what, &self.guarded.syn(source), counter)
    }

    pub fn passes(&self, what: &str, source: &str) -> Result<()> {
        self.guarded
            .passes(what, &self.guarded.syn(source), super::DEFAULT)
    }
}

fn options(url: &str, key: &str, password: &str) -> Vec<String> {
    let keys = [
        "enabled=true".to_owned(),
        "interval=1s".to_owned(),
        "alerts=true".to_owned(),
        format!("url={url}"),
        format!("key_file={key}"),
        format!("machine={NAME}"),
        format!("password_file={password}"),
    ];
    let set = keys
        .into_iter()
        .flat_map(|key| ["--set".to_owned(), format!("crowdsec.{key}")]);
    set.collect()
}

// SPDX-License-Identifier: MIT
//! CrowdSec's local API: Debian's program, with a configuration, a database and an address of its own, without a word
//! to anybody beyond its host.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cleanup::{self, Deferred};
use crate::error::{Doing, Error, Result};
use crate::host::Host;
use crate::process::{Process, find_tool};

/// Where it listens, on the host's loopback.
const PORT: u16 = 8080;
/// How long it may take from start to its first answer.
const START: Duration = Duration::from_secs(20);
/// As which machine `cscli` asks.
const CSCLI: &str = "testbed";
const PASSWORD: &str = "not-a-secret";
/// What `cargo xtask setup` unpacks, in the folder of what is built.
const UNPACKED: &str = "tools/crowdsec/usr/bin";

/// A local API that runs. Dropping it ends it and removes all that it wrote.
#[derive(Debug)]
pub struct CrowdSec {
    host: Host,
    folder: PathBuf,
    process: Option<Process>,
    _cleanup: Deferred,
}

impl CrowdSec {
    /// Starts one on the loopback of a host, and waits until it answers.
    ///
    /// # Errors
    /// [`Error::MissingTool`] where it was not unpacked, [`Error::Failed`] with what `cscli` says, [`Error::Timeout`]
    /// when it does not answer.
    pub fn start(host: &Host) -> Result<Self> {
        let folder = cleanup::run_root().join(cleanup::unique_name("crowdsec"));
        let doomed = folder.clone();
        let cleanup = cleanup::defer(move || drop(fs::remove_dir_all(&doomed)));
        let mut lapi = Self {
            host: host.clone(),
            folder,
            process: None,
            _cleanup: cleanup,
        };
        lapi.configure()?;
        let credentials = lapi.path("credentials.yaml");
        lapi.cscli(&[
            "machines",
            "add",
            CSCLI,
            "--password",
            PASSWORD,
            "-f",
            &credentials,
            "-u",
            &lapi.url(),
        ])?;
        lapi.run()?;
        Ok(lapi)
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{PORT}")
    }

    /// Makes a key for a bouncer; the file that it is in.
    ///
    /// # Errors
    /// As [`CrowdSec::cscli`].
    pub fn bouncer(&self, name: &str) -> Result<String> {
        let key = self.cscli(&["bouncers", "add", name, "-o", "raw"])?;
        self.write(&format!("{name}.key"), &key)
    }

    /// Makes a machine that may send alerts; the file that its password is in.
    ///
    /// # Errors
    /// As [`CrowdSec::cscli`].
    pub fn machine(&self, name: &str) -> Result<String> {
        self.cscli(&[
            "machines",
            "add",
            name,
            "--password",
            PASSWORD,
            "-f",
            "/dev/null",
        ])?;
        self.write(&format!("{name}.password"), &format!("{PASSWORD}\n"))
    }

    /// Runs `cscli`, which must succeed; what it printed.
    ///
    /// # Errors
    /// [`Error::Failed`] with what it says.
    pub fn cscli(&self, args: &[&str]) -> Result<String> {
        let (program, config) = (binary("cscli")?, self.path("config.yaml"));
        let all = [&["-c", &config], args].concat();
        Ok(self.host.run(&program, &all)?.success()?.stdout)
    }

    /// What it has been told of, as `cscli alerts list` shows it, with that on which nobody decided.
    ///
    /// # Errors
    /// As [`CrowdSec::cscli`]; [`Error::Unreadable`] where it is no JSON.
    pub fn alerts(&self) -> Result<Vec<Value>> {
        let said = self.cscli(&["alerts", "list", "-a", "-o", "json"])?;
        let alerts: Option<Vec<Value>> =
            serde_json::from_str(&said).map_err(|_| Error::Unreadable {
                what: "what cscli lists".to_owned(),
                text: said,
            })?;
        Ok(alerts.unwrap_or_default())
    }

    /// Kills it; what it decided stays in its database.
    ///
    /// # Errors
    /// [`Error::Io`] where it has ended.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(process) = self.process.take() {
            process.signal(libc::SIGKILL)?;
            process.wait(START)?;
        }
        Ok(())
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    /// As [`CrowdSec::start`].
    pub fn run(&mut self) -> Result<()> {
        let (program, config) = (binary("crowdsec")?, self.path("config.yaml"));
        let process = self.host.spawn(&program, &["-c", &config, "-no-cs"])?;
        let began = Instant::now();
        while !self.answers()? {
            if began.elapsed() > START || !process.is_running() {
                return Err(Error::Timeout {
                    what: "CrowdSec's first answer".to_owned(),
                    waited: began.elapsed(),
                    seen: format!("{}{}", process.stdout(), process.stderr()),
                });
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.process = Some(process);
        Ok(())
    }

    fn answers(&self) -> Result<bool> {
        let there = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
        let connect = || TcpStream::connect_timeout(&there, Duration::from_secs(1)).is_ok();
        self.host.enter(connect)
    }

    fn configure(&self) -> Result<()> {
        for folder in ["data", "hub", "etc", "plugins", "notifications"] {
            let folder = self.folder.join(folder);
            fs::create_dir_all(&folder).doing(|| format!("create {}", folder.display()))?;
        }
        self.write("simulation.yaml", "simulation: false\n")?;
        self.write("hub/.index.json", "{}\n")?;
        self.write("profiles.yaml", PROFILES)?;
        let config = CONFIG.replace("FOLDER", &self.folder.display().to_string());
        self.write("config.yaml", &config.replace("PORT", &PORT.to_string()))?;
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<String> {
        let path = self.folder.join(name);
        fs::write(&path, text).doing(|| format!("write {}", path.display()))?;
        Ok(path.display().to_string())
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

/// True where CrowdSec can be run.
#[must_use]
pub fn is_there() -> bool {
    binary("crowdsec").is_ok() && binary("cscli").is_ok()
}

/// The unpacked program, else one that is installed.
fn binary(name: &str) -> Result<String> {
    // target/<profile>/deps/<test>
    let here = std::env::current_exe().doing(|| "find this executable".to_owned())?;
    let mut unpacked = here.ancestors().skip(1).take(4);
    let unpacked = unpacked.find_map(|folder| {
        let program = folder.join(UNPACKED).join(name);
        program.is_file().then_some(program)
    });
    let found = unpacked.map_or_else(|| find_tool(name), Ok);
    found.map(|path: PathBuf| Path::display(&path).to_string())
}

/// Nobody is asked for a blocklist or told of attacks, and nothing but its own folder is read or written.
const CONFIG: &str = "\
common:
  daemonize: false
  log_media: stdout
  log_level: info
config_paths:
  config_dir: FOLDER/etc
  data_dir: FOLDER/data
  simulation_path: FOLDER/simulation.yaml
  hub_dir: FOLDER/hub
  index_path: FOLDER/hub/.index.json
  notification_dir: FOLDER/notifications
  plugin_dir: FOLDER/plugins
db_config:
  type: sqlite
  db_path: FOLDER/data/crowdsec.db
  use_wal: true
api:
  client:
    credentials_path: FOLDER/credentials.yaml
  server:
    listen_uri: 127.0.0.1:PORT
    profiles_path: FOLDER/profiles.yaml
prometheus:
  enabled: false
";

/// As CrowdSec ships it: alerts that ask for it become bans of four hours.
const PROFILES: &str = "\
name: default_ip_remediation
filters:
 - Alert.Remediation == true && Alert.GetScope() == \"Ip\"
decisions:
 - type: ban
   duration: 4h
on_success: break
";
